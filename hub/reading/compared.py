"""What the comparisons of a linkage model show: every field that they read, and the ties that they follow."""

from schemas.checks.crossing import names_in
from schemas.declarations import Declarations
from schemas.items import ENTITY
from schemas.readers.linkage import LinkageModel


def compared_items(model: LinkageModel, declarations: Declarations) -> frozenset[str]:
    """Items behind the comparisons of two records; a column that preparation adds may hold any field."""
    register = declarations.registers[model.id]
    items: set[str] = set()
    for column in model.columns:
        read = names_in(column.value)
        names = read if read <= register.field_names else register.field_names
        items |= {f"{register.id}.{name}" for name in names}
    for context in model.contexts:
        ties = {each.type for each in declarations.graph.types.values() if set(each.kinds) & set(context.kinds)}
        items |= {f"{context.of}.{ENTITY}", *ties}
    return frozenset(items)
