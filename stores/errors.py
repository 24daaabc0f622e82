"""Errors of the stores: whoever runs the hub must act."""


class StoreError(Exception):
    """A store that cannot be opened, read or written; the message says what, where and what to do."""


class HomeError(StoreError):
    """A folder that is not the home it should be."""


class SettingsError(StoreError):
    """A setting that cannot be used, or a secret that is not as it should be: whoever set it must act."""


class HomeBusyError(HomeError):
    """Another command writes to the home; when it has ended the same command may be given again."""


class WarehouseError(StoreError):
    """A warehouse that refuses a statement or cannot be opened."""


class ArchiveError(StoreError):
    """An archive copy that is missing, altered or whose key has been destroyed."""


class MachineError(StoreError):
    """The machine stopped the work, not the data: what was cut off is done again by the same command."""


class NoRoomError(MachineError):
    """The disk is full, or too full to begin."""


class MemoryLimitError(MachineError):
    """The work does not fit into the memory that it may use."""


class DamageError(MachineError):
    """The warehouse holds a damaged block: the next command makes it anew from the archive."""
