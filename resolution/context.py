"""What the steps after clustering need: the warehouse they read and write, and the declarations they follow."""

from typing import Protocol

from schemas.declarations import Declarations
from stores.warehouse import Warehouse


class Resolved(Protocol):
    """A run whose records are resolved to entities."""

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse with `standard`, `resolved.member` and `resolved.link` filled."""

    @property
    def declarations(self) -> Declarations:
        """The declarations in force."""

    @property
    def is_full(self) -> bool:
        """Whether everything is built anew.

        If not, the temporary table `touched_entity` (register, number, entity_id) names the entities with a record that
        came, went, moved or was rewritten since the last results, those without records now too.
        """
