"""The page of policies."""

from hub.sharing.cedar import Policy
from hub.sharing.policies import compile_rules
from schemas.declarations import Declarations
from tools.markdown import code, page, table

INTRODUCTION = (
    "What every reading is decided by, in the order in which a refusal names them. Declared in `schemas/policies/` in "
    "[Cedar](https://docs.cedarpolicy.com); the text there is the definition. Whatever no policy permits is refused "
    "(`nothing-permits`), and what one forbids no other lets through. 访问规则。"
)


def policies_page(declarations: Declarations) -> str:
    """All policies: what forbids, then what permits; then every item that they decide about."""
    rules = compile_rules(declarations)
    policies = list(rules.policies.policies.values())
    items = table(["item", "sensitivity"], [(code(name), level) for name, level in rules.items.items()])
    return page(
        "Policies 访问规则",
        INTRODUCTION,
        [
            "## What is forbidden",
            _table([each for each in policies if not each.permits]),
            "## What is permitted",
            _table([each for each in policies if each.permits]),
            "## Items",
            items,
        ],
    )


def _table(policies: list[Policy]) -> str:
    return table(["policy", "reason", "中文"], [(code(each.id), each.en, each.zh) for each in policies])
