"""Signed checkpoints of the audit log, in the form that the field reads: c2sp.org/tlog-checkpoint, a signed note.

A note is three lines (origin, number of records, root), an empty line, and a signature line.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.errors import AuditError

ED25519 = b"\x01"
NOTE = re.compile(
    r"^(?P<text>(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,15})\n(?P<root>[A-Za-z0-9+/]{43}=)\n)"
    r"\n(?P<signatures>(?:— [^ \n]+ [A-Za-z0-9+/=]+\n)+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Checkpoint:
    """What was signed: so many records of this log have this root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note's text, which is what is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class VerifierKey:
    """The public key that a log's checkpoints are held against; it may be given to anybody."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes by which a signature line tells which key made it."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"


def parse_key(text: str) -> VerifierKey:
    """The key of a line `name+id+base64`; raises AuditError where it is no such line."""
    name, _, rest = text.strip().partition("+")
    number, _, encoded = rest.partition("+")
    try:
        content = base64.b64decode(encoded, validate=True)
        key = VerifierKey(name, content[1:])
        fits = content[:1] == ED25519 and len(content) == 33 and key.id.hex() == number
    except binascii.Error:
        fits = False
    if not (name and fits):
        raise AuditError(f"{text.strip()[:120]!r} is no public key of an audit log: it reads name+id+base64")
    return key


def verifier_key(name: str, seed: bytes) -> VerifierKey:
    """The public half of the key with this seed."""
    return VerifierKey(name, Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


def signed(checkpoint: Checkpoint, seed: bytes) -> str:
    """The checkpoint as a note that the log itself has signed."""
    key = verifier_key(checkpoint.origin, seed)
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(checkpoint.text.encode())
    return f"{checkpoint.text}\n— {key.name} {base64.b64encode(key.id + signature).decode()}\n"


def read_notes(text: str, key: VerifierKey, place: str) -> list[Checkpoint]:
    """The checkpoints of one note or of many one after another; raises AuditError where this key signed not all.

    Lines between notes are passed over: a note that was cut off while it was written is followed by whole ones.
    """
    found = [_opened(note, key, place) for note in NOTE.finditer(text)]
    if not found:
        raise AuditError(f"{place} holds no checkpoint of an audit log")
    return found


def _opened(note: "re.Match[str]", key: VerifierKey, place: str) -> Checkpoint:
    checkpoint = Checkpoint(note["origin"], int(note["size"]), base64.b64decode(note["root"]))
    public = Ed25519PublicKey.from_public_bytes(key.public)
    for line in note["signatures"].splitlines():
        _, name, encoded = line.split(" ")
        try:
            content = base64.b64decode(encoded, validate=True)
            if (name, content[:4]) == (key.name, key.id):
                public.verify(content[4:], note["text"].encode())
                return checkpoint
        except (binascii.Error, InvalidSignature):
            break
    raise AuditError(f"{place}: the checkpoint of {checkpoint.size:,} records was not signed by {key.name}'s key")
