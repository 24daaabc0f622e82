"""The policies: valid, agreed with by a second opinion, and such that hardly a mistake in them would go unseen."""

import json
import random
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import cedarpy
import pytest

from hub.sharing.cedar import PolicySet
from hub.sharing.policies import Rules, Situation, compile_rules
from schemas.declarations import Declarations, load_declarations
from schemas.errors import DeclarationError
from tests.hub.sharing.mutants import mutants
from tests.hub.sharing.second_opinion import may_show
from tests.hub.sharing.situations import changed_one_by_one, every_combination, opened
from tests.trials import IS_FULL, trials, write_down

Case = tuple[Situation, str]
SHIPPED = load_declarations()
BATCH = 500


def differing(rules: Rules, declarations: Declarations, cases: Iterable[Case]) -> Case | None:
    """The first case on which policies and second opinion differ."""
    rest = iter(cases)
    while batch := list(islice(rest, BATCH)):
        for (situation, item), ruling in zip(batch, rules.rule(batch), strict=True):
            if ruling.allowed != may_show(situation, item, rules.items[item], declarations):
                return situation, item
    return None


def sample(cases: Sequence[Case], count: int) -> list[Case]:
    return random.Random(7).sample(cases, min(count, len(cases)))


def test_a_second_opinion_agrees_on_every_combination() -> None:
    cases = list(every_combination(SHIPPED))
    assert len(cases) >= 100_000
    tried = sample(cases, trials(few=6_000, full=len(cases)))
    assert differing(compile_rules(SHIPPED), SHIPPED, tried) is None
    write_down({"trial": "decisions, shipped purposes", "decided": len(tried), "different": 0})


def test_a_second_opinion_agrees_where_one_thing_changes() -> None:
    declarations = opened(SHIPPED)
    cases = list(changed_one_by_one())
    tried = sample(cases, trials(few=4_000, full=len(cases)))
    assert differing(compile_rules(declarations), declarations, tried) is None
    write_down({"trial": "decisions, one thing changed", "decided": len(tried), "different": 0})


def test_the_cases_hold_refusals_and_permits_of_every_policy() -> None:
    declarations = opened(SHIPPED)
    rules = compile_rules(declarations)
    tried = sample(list(changed_one_by_one()), 8_000)
    deciding = {ruling.policy for ruling in rules.rule(tried)}
    assert deciding == {*rules.policies.policies, None}


def test_mistakes_in_the_policies_are_seen() -> None:
    declarations = opened(SHIPPED)
    rules = compile_rules(declarations)
    bodies = bodies_of(declarations)
    made = list(mutants(bodies))
    tried = made if IS_FULL else random.Random(7).sample(made, trials(few=24, full=len(made)))
    cases = sample(list(changed_one_by_one()), 20_000)
    missed = [told for told, changed in tried if differing(with_policies(rules, changed), declarations, cases) is None]
    write_down(
        {"trial": "mutated policies", "mutants": len(tried), "caught": len(tried) - len(missed), "missed": missed}
    )
    assert len(missed) <= 0.05 * len(tried), missed


def bodies_of(declarations: Declarations) -> dict[str, dict[str, object]]:
    texts = [file.read_text(encoding="utf-8") for file in declarations.tree.glob("policies/*.cedar")]
    static = [json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"] for text in texts]
    return {body["annotations"]["id"]: body for each in static for body in each.values()}


def with_policies(rules: Rules, bodies: dict[str, dict[str, object]]) -> Rules:
    joined = json.dumps({"staticPolicies": bodies, "templates": {}, "templateLinks": []})
    parsed = PolicySet(rules.policies.policies, cedarpy.PolicySet.from_json_str(joined), rules.policies.entities)
    return Rules(rules.purposes, rules.items, parsed)


GOOD = '@id("x")\n@en("x")\n@zh("x")\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('permit (principal == Role::"analist", action, resource);', "analist"),
        ('permit (principal, action == Action::"look", resource);', "look"),
        ("permit (principal, action, resource) when { context.purpos.made_up };", "purpos"),
        ('permit (principal, action, resource) when { resource == Item::"person.nam" };', "is not declared"),
        ('permit (principal, action, resource) when { context.purpose == Purpose::"fun" };', "is not declared"),
        ("permit (principal, action, resource", "unexpected"),
    ],
)
def test_a_policy_that_names_what_nothing_declares_does_not_load(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(DeclarationError, match=told):
        compile_rules(laid_over(tmp_path, GOOD + text))


def test_a_policy_says_its_name_and_reason_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError) as refused:
        compile_rules(laid_over(tmp_path, '@en("x")\npermit (principal, action, resource);'))
    assert {problem.message for problem in refused.value.problems} == {"has no @id", "has no @zh"}
    with pytest.raises(DeclarationError, match="the name of two policies"):
        compile_rules(
            laid_over(tmp_path, GOOD.replace("x", "case-number", 1) + "permit (principal, action, resource);")
        )


def test_the_same_policies_are_parsed_once() -> None:
    assert compile_rules(SHIPPED).policies is compile_rules(load_declarations()).policies


def laid_over(folder: Path, text: str) -> Declarations:
    (folder / "policies").mkdir(exist_ok=True)
    (folder / "policies" / "tried.cedar").write_text(text, encoding="utf-8")
    return load_declarations(folder)
