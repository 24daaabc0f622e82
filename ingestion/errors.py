"""Errors of deliveries: one root, children by who must act; messages say what, where and what to do."""


def printable(text: str) -> str:
    """The text for people: signs that cannot be printed, or that act on a terminal, are escaped."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


class FeedError(Exception):
    """A delivery that does not come in; the message says what, where and what to do, and is printable throughout."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class UnrecognisedFileError(FeedError):
    """Nobody can say which feed, mode, date and sequence a file is: whoever runs the hub names it or its sidecar."""


class RefusedDeliveryError(FeedError):
    """A delivery that cannot be read as its contract says: the department hands it in again, corrected."""


class SourceError(FeedError):
    """A department's database that cannot be read: whoever runs the hub or the department acts; nothing came in."""


class NotWaitingError(FeedError):
    """A delivery to be approved that does not wait: whoever named it must act; nothing was approved."""


class ConservationError(FeedError):
    """Rows in and what became of them do not add up: the developers must act; nothing was applied."""
