"""Errors of the analysts' copy, by who must act."""

from hub.errors import HubError


class AnalysisError(HubError):
    """Root of the errors of the analysts' copy."""


class TooRevealingError(AnalysisError):
    """A copy in which more persons are unique than is declared, or values are shared by too few: nothing leaves."""


class ReleaseError(AnalysisError):
    """A release that is missing, expired or not what was written: ask for a new one."""
