"""The only module that imports cedarpy: policies, validated and parsed once, that rule on one item at a time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cedarpy

from schemas.errors import DeclarationError, Problem

TOLD = ("en", "zh")


@dataclass(frozen=True)
class Policy:
    """One policy: its name, whether it permits or forbids, and why in English and Chinese."""

    id: str
    permits: bool
    en: str
    zh: str


@dataclass(frozen=True)
class Ruling:
    """Whether an item may be shown, and the policy that decided; None where no policy permits it."""

    allowed: bool
    policy: str | None


@dataclass(frozen=True, eq=False)
class PolicySet:
    """Parsed policies beside the entities that they speak of."""

    policies: Mapping[str, Policy]
    parsed: cedarpy.PolicySet
    entities: cedarpy.Entities

    def rule(self, requests: Sequence[Mapping[str, Any]]) -> list[Ruling]:
        """The ruling on each request; raises RuntimeError where a policy failed, so that nothing is let through."""
        found = cedarpy.is_authorized_batch([dict(each) for each in requests], self.parsed, self.entities)
        return [self._ruling(each) for each in found]

    def _ruling(self, result: cedarpy.AuthzResult) -> Ruling:
        if result.diagnostics.errors:
            raise RuntimeError(f"a policy could not be evaluated: {'; '.join(result.diagnostics.errors)}")
        deciding = set(result.diagnostics.reasons)
        return Ruling(bool(result.allowed), next((each for each in self.policies if each in deciding), None))


@lru_cache(maxsize=16)
def parse_policies(texts: tuple[tuple[Path, str], ...], schema: str, entities: str) -> PolicySet:
    """The policies of these files; raises DeclarationError with every mistake that the schema or a reader finds."""
    parsed_schema = cedarpy.Schema.from_str(schema)
    problems: list[Problem] = []
    policies: dict[str, Policy] = {}
    bodies: dict[str, Any] = {}
    for file, text in texts:
        mistakes = cedarpy.validate_policies(text, parsed_schema).errors
        problems += [Problem(file, each.policy_id, each.error) for each in mistakes]
        if mistakes:
            continue
        for body in _bodies(text):
            policy = _policy(body)
            problems += [Problem(file, policy.id, told) for told in _mistakes(policy, policies)]
            policies[policy.id], bodies[policy.id] = policy, body
    if problems:
        raise DeclarationError(problems)
    joined = json.dumps({"staticPolicies": bodies, "templates": {}, "templateLinks": []})
    return PolicySet(
        policies, cedarpy.PolicySet.from_json_str(joined), cedarpy.Entities.from_json_str(entities, parsed_schema)
    )


def _bodies(text: str) -> list[dict[str, Any]]:
    """Policies in the order of the text."""
    static = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    return [static[name] for name in sorted(static, key=lambda name: int(name.removeprefix("policy")))]


def _policy(body: Mapping[str, Any]) -> Policy:
    told = body.get("annotations", {})
    return Policy(told.get("id") or "", body["effect"] == "permit", *(told.get(name) or "" for name in TOLD))


def _mistakes(policy: Policy, others: Mapping[str, Policy]) -> list[str]:
    mistakes = [f"has no @{name}" for name in ("id", *TOLD) if not getattr(policy, name)]
    return [*mistakes, "is the name of two policies"] if policy.id in others else mistakes
