"""Links of OpenAPI: to which operation an answer leads, and what of the answer that one is asked with."""

from collections.abc import Mapping
from typing import Any


def leads_to(operation: str, told: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """A link to the operation of this id; parameters by name, as runtime expressions of OpenAPI 3.1."""
    return {"operationId": operation, "description": told, "parameters": dict(parameters)}


def links(status: int, **named: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """The links of an answer with this status, for a route's `responses`."""
    return {status: {"links": named}}
