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
