"""The interface as it is declared: every text and number has bounds, every object its members and no more."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from api.problems import TYPES
from tests.api.calling import Served, problem_of

# A form may hold more than is known (RFC 6749, 3.2), a public key what its kind wants (RFC 7517).
OPEN = {"/paths/~1v1~1token/post/requestBody/content/application~1x-www-form-urlencoded/schema", "KeySet/keys/items"}


@pytest.fixture(scope="module")
def interface(api: Served) -> Mapping[str, Any]:
    found: Mapping[str, Any] = api.client.get("/v1/openapi.json").json()
    return found


def schemas(node: Any, place: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema of the interface, with its place."""
    if isinstance(node, dict):
        if isinstance(node.get("type"), str) and "in" not in node:
            yield place, node
        for name, each in node.items():
            if name not in ("const", "enum", "example", "default"):
                yield from schemas(each, f"{place}/{str(name).replace('/', '~1')}")
    elif isinstance(node, list):
        for number, each in enumerate(node):
            yield from schemas(each, f"{place}/{number}")


def is_open(place: str) -> bool:
    return any(place.endswith(each) for each in OPEN) or "/KeySet/properties/keys/items" in place


def is_closed(schema: Mapping[str, Any]) -> bool:
    """Whether it has named members alone, or so many of one kind at most."""
    is_of_one_kind = isinstance(schema.get("additionalProperties"), dict) or "patternProperties" in schema
    return schema.get("additionalProperties") is False or (is_of_one_kind and "maxProperties" in schema)


def test_it_is_openapi_3_1(interface: Mapping[str, Any]) -> None:
    assert interface["openapi"].startswith("3.1.")
    assert all(path.startswith("/v1/") for path in interface["paths"])
    assert set(interface["components"]["securitySchemes"]) == {"token"}


def test_every_text_and_list_and_number_is_bounded(interface: Mapping[str, Any]) -> None:
    bounds = {
        "string": ("maxLength", "enum", "const", "format"),
        "array": ("maxItems",),
        "integer": ("minimum", "enum"),
    }
    loose = [
        place
        for place, schema in schemas(interface)
        if schema["type"] in bounds and not set(bounds[schema["type"]]) & set(schema)
    ]
    assert loose == []


def test_every_object_says_what_it_holds(interface: Mapping[str, Any]) -> None:
    loose = [
        place
        for place, schema in schemas(interface)
        if schema["type"] == "object" and not is_closed(schema) and not is_open(place)
    ]
    assert loose == []


def test_every_operation_tells_its_problems_and_has_a_name(interface: Mapping[str, Any]) -> None:
    operations = [each for path in interface["paths"].values() for each in path.values()]
    assert len({each["operationId"] for each in operations}) == len(operations)
    for each in operations:
        assert each["responses"]["default"]["content"]["application/problem+json"]["schema"] == {
            "$ref": "#/components/schemas/Problem"
        }
        assert each["summary"] and each["tags"]
    assert "HTTPValidationError" not in interface["components"]["schemas"]


def test_every_type_of_problem_is_documented_where_it_leads(api: Served) -> None:
    listed = api.client.get("/v1/problems").json()["problems"]
    assert [each["type"].rpartition("/")[2] for each in listed] == list(TYPES)
    for each in listed:
        assert api.client.get(each["type"]).json() == each
        assert any("\u4e00" <= letter <= "\u9fff" for letter in each["title_zh"])
    assert problem_of(api.client.get("/v1/problems/nothing")) == "no-such-address"
    assert problem_of(api.client.get("/v1/problems/310110199001011234")) == "invalid-input"
