"""A contract that contradicts itself or a register is refused, with the place and what was expected."""

from pathlib import Path
from typing import Any

import pytest

from tests.schemas.contracts import Content, Spoil, column, small, term, told

LIST = {
    "logicalType": "array",
    "items": {
        "logicalType": "object",
        "properties": [
            {
                "name": "who",
                "logicalType": "string",
                "physicalType": "string",
                "description": "w",
                "classification": "open",
            }
        ],
    },
}


def _use(content: Content, name: str, use: str, reason: str | None = "because") -> None:
    terms: list[dict[str, Any]] = [{"property": "use", "value": use}]
    if reason is not None:
        terms.append({"property": "reason", "value": reason})
    column(content, name)["customProperties"] = terms


def _add(content: Content, name: str, **more: object) -> None:
    place = {
        "name": name,
        "logicalType": "string",
        "physicalType": "VARCHAR",
        "description": "d",
        "classification": "open",
    }
    content["schema"][0]["properties"].append(place | more)


def _derive(content: Content, expression: str, name: str = "guess") -> None:
    content["customProperties"].append(
        {"property": "derived", "value": [{"name": name, "meaning": "m", "expression": expression}]}
    )


def _record(content: Content, place: int = 0) -> Content:
    found: Content = term(content, "records")[place]
    return found


def _fact(content: Content) -> Content:
    found: Content = term(content, "facts")[0]
    return found


def _consume_unused(content: Content) -> None:
    _add(content, "kwh")
    _use(content, "kwh", "consumed")


def _derive_from_dropped(content: Content) -> None:
    _add(content, "mood")
    _use(content, "mood", "dropped")
    _derive(content, 'upper("mood")')
    _fact(content)["value"] = "guess"


def _each_without_items(content: Content) -> None:
    column(content, "seen").update(logicalType="array")
    _record(content)["each"] = "seen"
    term(content, "records").reverse()


def _each_with_other_keys(content: Content) -> None:
    column(content, "seen").update(LIST)
    _record(content).update(each="seen", fields={"name": {"columns": ["whom"], "standardiser": "person_name"}})
    _fact(content)["value"] = "gender"
    term(content, "records").reverse()


def _protected_item(content: Content) -> None:
    column(content, "seen").update(
        LIST | {"items": {**LIST["items"], "properties": [{**LIST["items"]["properties"][0], "name": "religion"}]}}
    )  # type: ignore[dict-item, index]


CASES: dict[str, tuple[Spoil, str]] = {
    "unmapped column": (lambda c: _add(c, "extra"), "column extra: is mapped to no field and no fact"),
    "unknown column": (
        lambda c: _record(c)["fields"]["name"].update(columns=["heard"]),
        "column heard: is mapped but not declared",
    ),
    "column twice": (lambda c: _add(c, "seen"), "column seen: is declared 2 times"),
    "kept but mapped": (lambda c: _use(c, "place", "kept"), "column place: is kept and yet mapped"),
    "kept without reason": (lambda c: _use(c, "nr", "kept", None), "column nr: is kept without a reason"),
    "dropped without reason": (lambda c: _use(c, "seen", "dropped", None), "column seen: is dropped without a reason"),
    "dropped but mapped": (lambda c: _use(c, "seen", "dropped"), "column seen: is dropped and yet mapped"),
    "consumed by nothing": (_consume_unused, "column kwh: is consumed, but no derived column"),
    "derived from dropped": (_derive_from_dropped, "column mood: is dropped, so nothing can be derived from it"),
    "derived for nothing": (lambda c: _derive(c, "'x'"), "derived.guess: is mapped to no field and no fact"),
    "derived from nowhere": (lambda c: _derive(c, 'upper("nope")'), 'derived.guess: "nope" is no column of the feed'),
    "protected derived": (lambda c: _derive(c, "'x'", "religion"), "a protected attribute is never derived"),
    "rule on nothing": (
        lambda c: c["schema"][0]["quality"][0].update(query='SELECT count(*) FROM ${table} WHERE NOT ("nope" > 1)'),
        'quality.day_is_given: "nope" is no column',
    ),
    "rule on dropped": (lambda c: _use(c, "day", "dropped"), "quality.day_is_given: uses day, which is dropped"),
    "rule twice": (
        lambda c: c["schema"][0]["quality"].append(c["schema"][0]["quality"][0]),
        "quality.day_is_given: is declared 2 times",
    ),
    "no key": (lambda c: column(c, "nr").update(primaryKey=False), "no column is the primary key"),
    "optional key": (lambda c: column(c, "nr").update(required=False), "is part of the key and must be required"),
    "dropped key": (lambda c: _use(c, "nr", "dropped"), "is key, version or operation and cannot be dropped"),
    "unknown version": (
        lambda c: c["customProperties"].append({"property": "versionColumn", "value": "changed"}),
        "versionColumn: changed is no column",
    ),
    "operation without codes": (
        lambda c: c["customProperties"].append({"property": "operationColumn", "value": "nr"}),
        "operationColumn and operations are given together",
    ),
    "sheet of a csv": (
        lambda c: c["servers"][0]["customProperties"].append({"property": "sheet", "value": "one"}),
        "servers: csv is described by delimiter, encoding",
    ),
    "pattern": (
        lambda c: c["servers"][0]["customProperties"][0].update(value="visits_(?P<mode>"),
        "servers.filePattern: is no regular expression",
    ),
    "group of the pattern": (
        lambda c: c["servers"][0]["customProperties"][0].update(value="visits_(?P<day>.*)"),
        "its groups are date, mode, sequence",
    ),
    "unknown register": (
        lambda c: _record(c).update(register="animal"),
        "animal is no register; there are person, house",
    ),
    "unknown field": (
        lambda c: _record(c)["fields"].update(age={"columns": ["day"], "standardiser": "integer"}),
        "fields.age: is no field of person; fields to fill are name, sex",
    ),
    "derived field": (
        lambda c: _record(c)["fields"].update(name_key={"columns": ["seen"], "standardiser": "text"}),
        "fields.name_key: is derived and never mapped",
    ),
    "unknown standardiser": (
        lambda c: _record(c)["fields"]["name"].update(standardiser="magic"),
        "fields.name: magic is no standardiser",
    ),
    "standardiser of another field": (
        lambda c: _record(c, 1)["fields"]["address"].update(standardiser="uscc"),
        "uscc also yields uscc_valid, which house does not derive from address",
    ),
    "need not filled": (lambda c: _record(c)["needs"].append("phone"), "records.person.needs: phone is not filled"),
    "role twice": (lambda c: _record(c, 1).update(role="person"), "records.person: is declared 2 times"),
    "main role in a list": (lambda c: _record(c).update(each="seen"), "the first role is the row itself"),
    "list without items": (_each_without_items, "seen does not declare the items of its list"),
    "unknown item": (_each_with_other_keys, "whom is no key of the entries of seen"),
    "codes missing": (
        lambda c: column(c, "gender").pop("customProperties"),
        "gender needs codes that lead to male, female",
    ),
    "code unknown": (
        lambda c: column(c, "gender")["customProperties"][0]["value"].update(X="third"),
        "gender leads to the code third; there are male, female",
    ),
    "unknown role": (lambda c: _fact(c).update(object="unit"), "facts.0 (visit): unit is no role of the feed"),
    "unknown date": (lambda c: _fact(c).update(validTo="gone"), "column gone: is mapped but not declared"),
    "condition never true": (
        lambda c: _fact(c).update(onlyWhere={"gender": ["M"]}),
        "gender is never M; its codes are female, male",
    ),
    "group without head": (lambda c: _fact(c).update(group="nr"), "group and groupHead are given together"),
    "fact with itself": (lambda c: _fact(c).update(object="person"), "a fact between two rows needs a group"),
    "protected item": (_protected_item, "its entries carry religion, a protected attribute"),
}


def test_small_contract_has_no_problems(tmp_path: Path) -> None:
    assert told(tmp_path, small()) == ""


@pytest.mark.parametrize("case", CASES)
def test_contradiction_is_told(tmp_path: Path, case: str) -> None:
    spoil, expected = CASES[case]
    content = small()
    spoil(content)
    assert expected in told(tmp_path, content)


@pytest.mark.parametrize(
    "name",
    [
        "民族",
        "宗教信仰",
        "政治面貌",
        "婚育情况",
        "健康状况",
        "残疾等级",
        "血型",
        "指纹编号",
        "ethnicity",
        "Religion",
        "bloodType",
        "party_member",
        "health-status",
        "is_disabled",
        "Fingerprint ID",
    ],
)
def test_column_named_as_a_protected_attribute_must_be_dropped(tmp_path: Path, name: str) -> None:
    content = small()
    _add(content, name)
    _use(content, name, "kept")
    assert f"column {name}: carries" in told(tmp_path, content)
    _use(content, name, "dropped")
    assert told(tmp_path, content) == ""


@pytest.mark.parametrize("name", ["trace", "terrace", "price", "行政区划", "healthy_option", "graceful"])
def test_column_that_only_looks_protected_may_be_kept(tmp_path: Path, name: str) -> None:
    content = small()
    _add(content, name)
    _use(content, name, "kept")
    assert told(tmp_path, content) == ""
