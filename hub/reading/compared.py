"""What the comparisons of a linkage model show: every field that they read, and the ties that they follow."""

from collections.abc import Iterable

from schemas.checks.crossing import names_in
from schemas.declarations import Declarations
from schemas.items import ENTITY
from schemas.readers.linkage import LinkageModel, LinkContext


def compared_items(model: LinkageModel, declarations: Declarations) -> frozenset[str]:
    """Items behind the comparisons of two records; a column that preparation adds may hold any field."""
    register = declarations.registers[model.id]
    items: set[str] = set()
    for column in model.columns:
        read = names_in(column.value)
        names = read if read <= register.field_names else register.field_names
        items |= {f"{register.id}.{name}" for name in names}
    for context in model.contexts:
        items |= {f"{context.of}.{ENTITY}"} | _ties(context, declarations)
    return frozenset(items)


def given_items(model: LinkageModel, given: Iterable[str], declarations: Declarations) -> frozenset[str]:
    """Items behind a comparison with values of these fields; `house.address` is compared through ties to houses."""
    items: set[str] = set()
    for name in given:
        of = name.partition(".")[0] if "." in name else None
        items.add(f"{model.id}.{name}" if of is None else name)
        for context in model.contexts:
            if context.of == of:
                items |= _ties(context, declarations)
    return frozenset(items)


def _ties(context: LinkContext, declarations: Declarations) -> set[str]:
    return {each.type for each in declarations.graph.types.values() if set(each.kinds) & set(context.kinds)}
