"""Errors of the stores: whoever runs the hub must act."""


class StoreError(Exception):
    """A store that cannot be opened, read or written; the message says what, where and what to do."""


class HomeError(StoreError):
    """A folder that is not the home it should be."""


class WarehouseError(StoreError):
    """A warehouse that refuses a statement or cannot be opened."""


class ArchiveError(StoreError):
    """An archive copy that is missing, altered or whose key has been destroyed."""
