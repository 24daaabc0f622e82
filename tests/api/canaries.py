"""A small home in which every guarded field of a person, a house and a unit says something that can be found again."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from hub import pipeline
from hub.settings import read_settings
from hub.site import Site
from schemas.declarations import Declarations, load_declarations
from schemas.readers.purposes import Role
from schemas.readers.registers import Field, FieldType, Register, Sensitivity
from schemas.standardisers import STANDARDISER_FIELDS
from stores.home import Home, create_home
from stores.opening import open_stores
from stores.progress import SilentProgress
from tests.api.asked import Asked, Asker, Asking, Known, ask, let_in
from tests.api.calling import Served
from tests.api.handing import TERMS
from tests.api.readable import own_ids, rows
from tests.hub.sharing.asking import Hub
from tests.schemas.contracts import small, write_contract

COMMITTEE, CODE, BESIDE = "德华社区居委会", "310114102002", "司徒鸬鹚"
VILLAGE = "南翔镇鹦哥村947128组"
PLANTED: Mapping[str, Mapping[str, str]] = {
    "person": {
        "name": "欧阳翡翠",
        "sex": "female",
        "birth_date": "1987-06-05",
        "id_number": "31011419870605432X",
        "phone": "13917654321",
        "hukou_area": "652901",
        "birth_place": "canarybirthplace",
        "postcode": "201877",
        "occupation": "canaryoccupation",
        "first_name": "Canaryfirst",
        "last_name": "Canarylast",
        "other_number": "CN7700123456",
        "email": "canary@nest.example",
        "address": "7 Canary Wharf Lane",
        "locality": "canarylocality",
    },
    "house": {
        "address": "南翔镇嘉浜路731904弄(黄鹂新苑)812738支弄644519号523367幢417182单元388274层941753室",
        "area_m2": "771364.37",
        "rooms": "618473",
        "certificate_no": "CANARYCERTIFICATE7391",
    },
    "unit": {"name": "上海雀鸣餐饮有限公司", "phone": "13817651234", "address": "9 Canary Alley"},
}
"""Raw values by register and mapped field; those of open fields are no canaries."""
GIVEN = {
    "person": {name: PLANTED["person"][name] for name in ("name", "id_number")},
    "house": {"address": PLANTED["house"]["address"]},
    "unit": {"name": PLANTED["unit"]["name"]},
}
"""What is looked up of them by register."""
REGISTERED = {
    "登记编号": "JZ00000001",
    "姓名": PLANTED["person"]["name"],
    "证件号码": PLANTED["person"]["id_number"],
    "居住地址": PLANTED["house"]["address"],
    "居委会": COMMITTEE,
    "登记日期": "2026-05-01",
    "有效期至": "2027-04-30",
    "更新时间": "2026-05-01 08:00:00",
}


def guarded(register: Register) -> list[Field]:
    """The fields that are not open; yes and no can be told by too many to be found again."""
    return [
        each
        for each in register.fields
        if each.sensitivity is not Sensitivity.OPEN and each.type is not FieldType.BOOLEAN
    ]


def canary_declarations(overlay: Path) -> Declarations:
    """The shipped declarations with a feed of the town teams that carries every guarded field of all registers."""
    content = small()
    schema = content["schema"][0]
    [key] = [each for each in schema["properties"] if each["name"] == "nr"]
    registers = load_declarations().registers.values()
    filled = {each.id: [*_filled(each)] for each in registers}
    schema["properties"] = [
        key,
        *(_column(f"{register}_{each.name}", each) for register, fields in filled.items() for each in fields),
        _column("house_committee"),
        _column("day", logicalType="date"),
    ]
    terms = {each["property"]: each for each in content["customProperties"]}
    needs = {"person": "name", "house": "address", "unit": "name"}
    terms["records"]["value"] = [
        {"role": each.id, "register": each.id, "needs": [needs[each.id]], "fields": _mapped(each, filled[each.id])}
        for each in sorted(registers, key=lambda each: list(needs).index(each.id))
    ]
    terms["facts"]["value"] = [
        {"kind": kind, "subject": subject, "object": "house", "validFrom": "day", "observedOn": "day"}
        for kind, subject in (("field_visit", "person"), ("unit_seen", "unit"))
    ]
    write_contract(overlay, content)
    return load_declarations(overlay)


def _filled(register: Register) -> Iterator[Field]:
    """The fields that a feed can carry and that are guarded, or without which there would be no record."""
    wanted = {each.derived_from or each.name for each in guarded(register)} | PLANTED[register.id].keys()
    return (each for each in register.fields if each.name in wanted)


def _column(name: str, field: Field | None = None, **more: Any) -> dict[str, Any]:
    text = {"name": name, "logicalType": "string", "physicalType": "VARCHAR", "description": name}
    coded = (
        {"customProperties": [{"property": "codes", "value": {each: each for each in field.codes}}]} if field else {}
    )
    return {**text, "classification": "identifying", **(coded if field and field.codes else {}), **more}


def _mapped(register: Register, fields: Sequence[Field]) -> dict[str, Any]:
    columns = {
        each.name: {"columns": [f"{register.id}_{each.name}"], "standardiser": _standardiser(register, each)}
        for each in fields
    }
    code = {"columns": ["house_committee"], "standardiser": "committee"}
    return {**columns, "community_code": code} if register.id == "house" else columns


def _standardiser(register: Register, field: Field) -> str:
    if field.type is not FieldType.TEXT:
        return field.type.value
    derived = {each.name for each in register.fields if each.derived_from == field.name}
    if field.standardiser == "text" and derived:
        return next(name for name, yields in STANDARDISER_FIELDS.items() if derived == set(yields))
    return field.standardiser


def canary_home(folder: Path) -> tuple[Home, Declarations]:
    """A home that holds the person of all canaries, seen and registered in the house and beside the unit of all."""
    declarations = canary_declarations(folder / "schemas")
    whole = {f"{register}_{name}": value for register, said in PLANTED.items() for name, value in said.items()}
    beside = {"person_name": BESIDE, "house_address": VILLAGE, "unit_name": "上海路人餐饮有限公司"}
    visits = [
        {"nr": f"V{number}", "day": "2026-06-20", "house_committee": COMMITTEE, **row}
        for number, row in enumerate((whole, beside))
    ]
    feeds = [
        written(declarations, folder, "visits", visits),
        written(declarations, folder, "residence_registration", [REGISTERED]),
    ]
    home = create_home(folder / "home", kind="synthetic")
    settings = read_settings(home, {})
    with open_stores(home, "test", settings=settings.warehouse, tell=lambda _: None) as stores:
        pipeline.run(feeds, Site(home, stores.warehouse, stores.operational, declarations, settings, SilentProgress()))
    return home, declarations


def written(declarations: Declarations, folder: Path, feed: str, content: Sequence[Mapping[str, str]]) -> Path:
    """The rows as a full dump of the feed."""
    file = folder / f"{feed}_full_20260630_0001.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as writing:
        writer = csv.DictWriter(writing, [each.name for each in declarations.contracts[feed].columns], restval="")
        writer.writeheader()
        writer.writerows(content)
    return file


def known_in(api: Served) -> Known:
    """What the home of all canaries knows, after the population office has disputed a name and a feed was handed in."""

    [(person, beside, house, unit)] = rows(
        api.hub,
        """SELECT person.entity_id, beside.entity_id, house.entity_id, unit.entity_id
           FROM person, person beside, house, unit
           WHERE person.name = $person AND beside.name = $beside AND house.address = $house AND unit.name = $unit""",
        person=PLANTED["person"]["name"],
        beside=BESIDE,
        house=PLANTED["house"]["address"],
        unit=PLANTED["unit"]["name"],
    )
    here = frozenset({CODE})
    at = dict.fromkeys((person, house, "visits:V0", "residence_registration:JZ00000001"), here)
    places = {**at, **dict.fromkeys((unit, beside), frozenset[str]())}
    office = Asker("population_office", (Role.SERVICE,), purpose="record_correction", case="2026-1")
    team = Asker("town_teams", (Role.SERVICE,), purpose="feed_delivery")
    let_in(api.hub, [office, team])
    own = own_ids(api.hub, "population_office").of([person])[0]
    said = f'{{"kind": "fact", "id": "{own}", "field": "name", "why": "no"}}'
    new = asking_of("post", "disputes", said)
    dispute = ask(api, office, new, **{"Idempotency-Key": "dispute-1"}).json()["dispute"]
    delivered = asking_of(
        "post", "deliveries/visits?" + "&".join(f"{name}={each}" for name, each in TERMS.items()), "x"
    )
    receipt = ask(api, team, delivered, **{"Idempotency-Key": "delivery-1", "Content-Type": "text/csv"}).json()
    return Known(person, house, unit, beside, places, dispute, receipt["receipt"])


def asking_of(method: str, path: str, body: str) -> Asking:
    return Asking((method, path), path, _undecided, body)


def _undecided(asker: Asker) -> Asked:
    raise AssertionError("nobody looks at what it asks of the door")


Canaries = Mapping[str, frozenset[str]]
"""Values that can be found again, by item (`person.phone`)."""


def canaries_in(hub: Hub, declarations: Declarations) -> Canaries:
    """What the snapshot says in each guarded field, of the person, the houses and the unit that were planted."""
    found: dict[str, frozenset[str]] = {}
    for register in declarations.registers.values():
        fields = guarded(register)
        told = rows(hub, f"SELECT {', '.join(f'{each.name}::VARCHAR' for each in fields)} FROM {register.id}")
        for field, values in zip(fields, zip(*told, strict=True), strict=True):
            found[f"{register.id}.{field.name}"] = frozenset(each for each in values if each is not None)
    return found


def found_in(text: str, canaries: Canaries) -> set[str]:
    """Items of which a value stands in the text, in whatever way it was written down.

    What is made of Latin letters and digits counts as a word of its own, for ids and times may hold it.
    """
    plain = re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), unquote(text))
    return {item for item, values in canaries.items() if any(_stands_in(plain, each) for each in values)}


def _stands_in(text: str, value: str) -> bool:
    if value not in text:
        return False
    return not value.isascii() or re.search(rf"(?<![0-9A-Za-z.]){re.escape(value)}(?![0-9A-Za-z])", text) is not None
