"""The keys of own ids: one file of the home, read by its owner alone, with every version that ever counted.

The operational database keeps a fingerprint of each version: a file that is lost or another's is noticed, and no
department is ever answered with ids that mean nothing to it.
"""

import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from pathlib import Path

from hub.sharing.own_ids import NEWEST_POSSIBLE
from stores.durable import write_durably
from stores.errors import SettingsError
from stores.home import Home
from stores.operational.accounts import AccountError, Accounts, Change
from stores.secret_files import read_secret

KEY_BYTES = 32


def own_id_key_file(home: Home) -> Path:
    """Where the keys are: a version and its key in each line."""
    return home.keys / "own-ids.keys"


def read_own_id_keys(home: Home, known: Mapping[int, str]) -> Mapping[int, bytes]:
    """The keys that count, by version; `known` are their fingerprints.

    Raises SettingsError where there are none yet, or the file does not hold what it should.
    """
    if not known:
        raise SettingsError(f"{home.root} has no keys of own ids yet: `hub account renew-own-ids` makes the first")
    held = _read(own_id_key_file(home))
    for version, fingerprint in known.items():
        if version not in held or not hmac.compare_digest(fingerprint_of(held[version]), fingerprint):
            raise SettingsError(
                f"{own_id_key_file(home)} does not hold version {version} of the keys of own ids as it was made: "
                "restore it from the backup of the keys; without it no department's ids can be read"
            )
    return {version: held[version] for version in known}


def renew_own_id_keys(home: Home, accounts: Accounts, change: Change) -> int:
    """Makes a key with which new ids are made from now on, and returns its version; ids of before stay readable.

    The file is on disk before the version counts: one that was cut off in between is made anew.
    """
    known = accounts.own_id_keys()
    held = dict(read_own_id_keys(home, known)) if known else {}
    version = max(known, default=0) + 1
    if version > NEWEST_POSSIBLE:
        raise AccountError(f"own ids can name {NEWEST_POSSIBLE} versions of their key, and all are used")
    held[version] = os.urandom(KEY_BYTES)
    lines = (f"{each} {b64encode(key).decode()}\n" for each, key in sorted(held.items()))
    write_durably(own_id_key_file(home), "".join(lines).encode())
    accounts.add_own_id_key(version, fingerprint_of(held[version]), change)
    # Whoever watches the file reads it again, now that the version counts.
    os.utime(own_id_key_file(home))
    return version


def fingerprint_of(key: bytes) -> str:
    """What tells a key from others and says nothing about it."""
    return hmac.digest(key, b"fingerprint of a key of own ids", "sha256")[:8].hex()


def _read(file: Path) -> dict[int, bytes]:
    held: dict[int, bytes] = {}
    for number, line in enumerate(read_secret(file, "the keys of own ids").splitlines(), start=1):
        version, _, text = line.partition(" ")
        try:
            held[int(version)] = key = b64decode(text, validate=True)
        except (ValueError, NotBase64):
            key = b""
        if len(key) != KEY_BYTES:
            # The line itself is not repeated, nor is what reading it raised.
            raise SettingsError(f"{file}, line {number}: is no version with its key: restore the file from the backup")
    return held
