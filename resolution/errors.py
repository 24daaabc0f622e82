"""Errors of resolution: whoever runs or trains the hub must act."""


class ResolutionError(Exception):
    """Records that cannot be resolved; the message says what, where and what to do."""


class UntrainedError(ResolutionError):
    """Levels without a weight: neither learnt from the records nor fixed in the linkage file."""

    def __init__(self, register: str, levels: list[str]) -> None:
        self.levels = tuple(levels)
        super().__init__(
            f"linkage/{register}.yml: no weight for {', '.join(levels)}: train on more records (`hub train`), "
            "or fix m and u of these levels in the file"
        )


class UnknownRecordError(ResolutionError):
    """A record that the snapshot does not hold."""


class QueryError(ResolutionError):
    """A record that cannot be looked up as it was given; whoever gave it must act."""
