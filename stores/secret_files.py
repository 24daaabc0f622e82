"""Secrets in files of their own: read only where nobody but their owner can."""

import stat
from pathlib import Path

from stores.errors import SettingsError


def read_secret(path: Path, what: str) -> str:
    """The one text in the file; raises SettingsError where it is missing, empty, or open to others."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}: it should hold {what}") from error
    except UnicodeDecodeError:
        # The decoder's own words quote the secret.
        raise SettingsError(f"{path} is not text: it should hold {what}") from None
    if mode & 0o077:
        raise SettingsError(f"{path} may be read by others (mode {mode:o}): chmod 600 it")
    if not text:
        raise SettingsError(f"{path} is empty: it should hold {what}")
    return text
