"""The interface as OpenAPI 3.1 tells it: as the framework derives it from the routes, made exact."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import Problem


class HubApp(FastAPI):
    """FastAPI, whose description has the problems as well, and nothing that cannot be sent."""

    def openapi(self) -> dict[str, Any]:
        """The interface, derived once."""
        if not self.openapi_schema:
            schema = get_openapi(
                title=self.title, version=self.version, description=self.description, routes=self.routes
            )
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            named = problem.pop("$defs")
            schema.setdefault("components", {}).setdefault("schemas", {}).update(named | {"Problem": problem})
            for operations in schema["paths"].values():
                for operation in operations.values():
                    operation["parameters"] = [without_null(each) for each in operation.get("parameters", [])]
            self.openapi_schema = schema
        return self.openapi_schema


def without_null(schema: Any) -> Any:
    """The schema of something that may be left out, but not be null: a header, a query or a form has no such thing."""
    if isinstance(schema, list):
        return [without_null(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kinds = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    if len(kinds) == 1:
        schema = {**{name: each for name, each in schema.items() if name != "anyOf"}, **kinds[0]}
    return {name: without_null(each) for name, each in schema.items() if name != "default" or each is not None}
