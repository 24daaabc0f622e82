"""Policies with one thing wrong: an effect flipped, a condition dropped, a set widened, a comparison turned."""

from collections.abc import Iterator
from typing import Any

Body = dict[str, Any]
TURNED = {"==": ("!=",), "!=": ("==",), "<": ("<=", ">"), ">": (">=", "<"), "&&": ("||",), "||": ("&&",)}
OTHERS = {
    "Role": ("analyst", "steward", "trainee", "administrator"),
    "Department": ("housing", "population_office", "utilities"),
    "Sensitivity": ("open", "identifying"),
    "Purpose": ("everything", "stewardship"),
    "Item": ("LIVES_AT", "KIN_OF"),
    "Home": ("real", "synthetic"),
    "Action": ("ask", "export", "path"),
}


def mutants(bodies: dict[str, Body]) -> Iterator[tuple[str, dict[str, Body]]]:
    """Each set of policies with one mutation, and what was done."""
    for name, body in bodies.items():
        yield f"{name}: gone", {other: each for other, each in bodies.items() if other != name}
        for told, changed in _of_policy(body):
            yield f"{name}: {told}", {**bodies, name: changed}


def _of_policy(body: Body) -> Iterator[tuple[str, Body]]:
    yield "flipped", {**body, "effect": "forbid" if body["effect"] == "permit" else "permit"}
    if body["principal"]["op"] != "All":
        yield "any role", {**body, "principal": {"op": "All"}}
        entity = body["principal"]["entity"]
        for other in OTHERS["Role"]:
            if other != entity["id"]:
                yield f"role {other}", {**body, "principal": {"op": "==", "entity": {"type": "Role", "id": other}}}
    if body["action"]["op"] != "All":
        yield "any verb", {**body, "action": {"op": "All"}}
        listed = body["action"].get("entities", [])
        for place in range(len(listed)):
            yield (
                f"verb {place} less",
                {**body, "action": {"op": "in", "entities": listed[:place] + listed[place + 1 :]}},
            )
    for place, condition in enumerate(body["conditions"]):
        rest = body["conditions"][:place], body["conditions"][place + 1 :]
        yield f"condition {place} gone", {**body, "conditions": rest[0] + rest[1]}
        turned = {**condition, "kind": "when" if condition["kind"] == "unless" else "unless"}
        yield f"condition {place} turned", {**body, "conditions": [*rest[0], turned, *rest[1]]}
        for told, changed in _of_expression(condition["body"]):
            yield told, {**body, "conditions": [*rest[0], {**condition, "body": changed}, *rest[1]]}


def _of_expression(expression: Any) -> Iterator[tuple[str, Any]]:
    [(operator, parts)] = expression.items()
    yield from _of_operator(operator, parts)
    if operator == "Set":
        yield from _of_set(parts)
    elif operator == "Value" and isinstance(parts, dict):
        yield from _of_entity(parts["__entity"])
    elif operator not in ("Value", "Var", ".", "Record"):
        for key, part in parts.items():
            for told, changed in _of_expression(part):
                yield f"{operator} {told}", {operator: {**parts, key: changed}}


def _of_operator(operator: str, parts: Any) -> Iterator[tuple[str, Any]]:
    for other in TURNED.get(operator, ()):
        yield f"{operator} to {other}", {other: parts}
    if operator in ("&&", "||"):
        yield f"{operator} left", parts["left"]
        yield f"{operator} right", parts["right"]
    if operator == "!":
        yield "not not", parts["arg"]


def _of_set(parts: list[Any]) -> Iterator[tuple[str, Any]]:
    for place in range(len(parts)):
        yield f"set less {place}", {"Set": parts[:place] + parts[place + 1 :]}
    for entity in _others(parts):
        yield f"set with {entity['id']}", {"Set": [*parts, {"Value": {"__entity": entity}}]}


def _of_entity(entity: dict[str, str]) -> Iterator[tuple[str, Any]]:
    for other in OTHERS.get(entity["type"], ()):
        if other != entity["id"]:
            yield f"value {other}", {"Value": {"__entity": {**entity, "id": other}}}


def _others(parts: list[Any]) -> list[dict[str, str]]:
    entities = [part["Value"]["__entity"] for part in parts if "__entity" in part.get("Value", {})]
    named = {entity["id"] for entity in entities}
    kinds = {entity["type"] for entity in entities}
    return [{"type": kind, "id": other} for kind in kinds for other in OTHERS.get(kind, ()) if other not in named]
