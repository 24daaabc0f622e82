"""Errors of deliveries.

FeedError
├── UnrecognisedFileError  whoever runs the hub: name the file or write a sidecar
├── RefusedDeliveryError   the department: hand the delivery in again, corrected
└── ConservationError      the hub's developers: a row was lost or counted twice
"""


class FeedError(Exception):
    """A delivery that does not come in; the message says what, where and what to do."""


class UnrecognisedFileError(FeedError):
    """A file of which nobody can say to which feed, mode, date and sequence it belongs."""


class RefusedDeliveryError(FeedError):
    """A delivery that cannot be read as its contract says."""


class ConservationError(FeedError):
    """The rows of a delivery and what became of them do not add up; nothing of it was applied."""
