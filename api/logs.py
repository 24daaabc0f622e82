"""The service's log: JSON lines on standard output, of which nobody's data can become a part.

Only what this package says is written as it says it. Of other loggers' records the fixed words are, never their
arguments nor the text of an exception.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

OURS = "hub."


class JsonLines(logging.Formatter):
    """One record, one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a JSON object."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"at": at, "level": record.levelname.lower(), "log": record.name}
        line["event"] = record.getMessage() if record.name.startswith(OURS) else str(record.msg)
        if record.exc_info is not None and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        line |= getattr(record, "said", {})
        return json.dumps(line, ensure_ascii=False)


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": JsonLines}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stdout"}},
    "root": {"level": "WARNING", "handlers": ["out"]},
    "loggers": {"hub": {"level": "INFO"}},
}
"""For `logging.config.dictConfig`, in each process."""
