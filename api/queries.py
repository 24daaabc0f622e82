"""What an address may ask for beside its path: what is declared, once, and nothing else.

What is not declared would be left aside unseen, and stand with whatever it says of somebody in the logs on its way.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from fastapi import FastAPI, Request

from api.asking import template_of
from api.problems import Refusal


async def only_declared(request: Request) -> None:
    """Refuses a request whose query holds a name that its route does not declare, or one of them twice."""
    if not request.scope["query_string"]:
        return
    given = [name for name, _ in request.query_params.multi_items()]
    declared = _declared(request.app).get((template_of(request.scope), request.method.lower()), {})
    misfits = [
        {"place": f"#/query/{name}" if name in declared else "#/query/*", "rule": "not_declared_or_repeated"}
        for name in dict.fromkeys(given)
        if name not in declared or (given.count(name) > 1 and declared[name] != "array")
    ]
    if misfits:
        raise Refusal("invalid-input", said={"misfits": misfits[:20]})


@lru_cache(maxsize=4)
def _declared(app: FastAPI) -> Mapping[tuple[str, str], Mapping[str, str]]:
    """Names and types of what each operation takes in its query."""
    return {
        (path, method): {
            each["name"]: _type_of(each["schema"]) for each in operation.get("parameters", []) if each["in"] == "query"
        }
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
    }


def _type_of(schema: Mapping[str, Any]) -> str:
    kinds = [schema, *schema.get("anyOf", [])]
    return "array" if any(each.get("type") == "array" for each in kinds) else "single"
