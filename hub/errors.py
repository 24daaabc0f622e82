"""Errors of the hub, by who must act; the command line turns each into a message and an exit code in one table."""


class HubError(Exception):
    """Root of the errors that the hub itself raises; the message says what, where and what to do."""


class UsageError(HubError):
    """What was asked cannot be understood: whoever typed it must act."""


class AccessDenied(HubError):  # noqa: N818
    """The door is shut for this reading; carries the rule that decided and its reason."""

    def __init__(self, rule: str, reason: str) -> None:
        self.rule = rule
        self.reason = reason
        super().__init__(f"refused by rule {rule}: {reason}")


class CredentialsRefused(HubError):  # noqa: N818
    """Whoever asks has not proved who they are; `code` is what OAuth calls it, `reason` is for the log alone."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"not accepted: {code}")


class NothingThereError(UsageError):
    """What was named is not there, or not for whoever asks; which of the two is never told."""


class TooLittleError(UsageError):
    """A match was given too little to tell one entity from all others."""


class AuditError(HubError):
    """The audit log cannot be written or does not hold together; nothing leaves until it does."""


class PublishError(HubError):
    """A snapshot that was built does not equal the warehouse; the current one stays in place."""
