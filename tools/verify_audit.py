"""Verifies an audit log without the hub: `python verify_audit.py FOLDER --key KEY [--checkpoint FILE]...`.

This one file, Python 3.11 and its standard library are all it needs. Written apart from the hub's own verifier and
sharing nothing with it. Exits 0 where all fits, 1 where not.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

# The curve of RFC 8032, section 5.1.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)

NOTE = re.compile(
    r"^(?P<text>[^\n]+\n(?P<size>0|[1-9][0-9]{0,15})\n(?P<root>[A-Za-z0-9+/]{43}=)\n)\n(?P<signed>(?:— .+\n)+)",
    re.MULTILINE,
)
FULL = re.compile(r"audit-(\d{12})-(\d{12})\.jsonl")


class Broken(Exception):  # noqa: N818
    """The log, a checkpoint or the key is not what it should be."""


class Key(NamedTuple):
    """Whose signature is asked for."""

    name: str
    id: bytes
    public: bytes


def main() -> int:
    """Reads the arguments, tells what was found."""
    parser = argparse.ArgumentParser(description="Verify an audit log of a district hub.")
    parser.add_argument("folder", type=Path, help="the folder `audit` of a home, or a copy of it")
    parser.add_argument("--key", required=True, help="the log's public key, as a line name+id+base64 or a file with it")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], help="a file of kept checkpoints")
    arguments = parser.parse_args()
    try:
        print(verify(arguments.folder, arguments.key, arguments.checkpoint))
    except (Broken, OSError, UnicodeDecodeError) as error:
        print(f"NOT VERIFIED: {error}", file=sys.stderr)
        return 1
    return 0


def verify(folder: Path, key_text: str, kept: list[Path]) -> str:
    """A sentence about a log that fits all its checkpoints; raises Broken at what does not fit."""
    key = read_key(Path(key_text).read_text() if Path(key_text).is_file() else key_text)
    wanted: dict[int, set[bytes]] = {}
    for path in [folder / "checkpoint", *kept]:
        for size, root in read_checkpoints(path, key):
            wanted.setdefault(size, set()).add(root)
    leaves: list[bytes] = []
    sets: set[str] = set()
    for number, line in enumerate(read_records(folder), start=1):
        record = read_record(line, number)
        if isinstance(record.get("entities"), dict):
            sets.add(str(record["entities"].get("sha256")))
        leaves.append(hashlib.sha256(b"\x00" + line).digest())
    for size, roots in sorted(wanted.items()):
        if size > len(leaves):
            raise Broken(
                f"the log has {len(leaves)} records, but {size} were signed: its end was cut, or it was put back"
            )
        if roots != {root_of(leaves[:size])}:
            raise Broken(f"the first {size} records are not those that were signed")
    for name in sets:
        path = folder / "entities" / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != name:
            raise Broken(f"{path} is missing or was changed")
    covered = max(wanted)
    return (
        f"VERIFIED: {len(leaves)} records, {covered} of them under a signed checkpoint "
        f"({len(kept)} kept files), {len(sets)} sets of ids."
    )


def read_key(text: str) -> Key:
    """The key of a line name+id+base64."""
    name, _, rest = text.strip().partition("+")
    number, _, encoded = rest.partition("+")
    content = base64.b64decode(encoded)
    told = hashlib.sha256(name.encode() + b"\n" + content).digest()[:4]
    if content[:1] != b"\x01" or len(content) != 33 or told.hex() != number:
        raise Broken("the key is none: it reads name+id+base64")
    return Key(name, told, content[1:])


def read_checkpoints(path: Path, key: Key) -> Iterator[tuple[int, bytes]]:
    """Size and root of every checkpoint in the file."""
    found = False
    for note in NOTE.finditer(path.read_text(encoding="utf-8")):
        found = True
        if not any(is_signed(note["text"], line, key) for line in note["signed"].splitlines()):
            raise Broken(f"{path}: the checkpoint of {note['size']} records is not signed by {key.name}")
        yield int(note["size"]), base64.b64decode(note["root"])
    if not found:
        raise Broken(f"{path} holds no checkpoint")


def is_signed(text: str, line: str, key: Key) -> bool:
    """Whether a signature line is the key's and fits the text."""
    _, name, encoded = [*line.split(" "), "", ""][:3]
    content = base64.b64decode(encoded)
    return (name, content[:4]) == (key.name, key.id) and is_signature(key.public, text.encode(), content[4:])


def read_records(folder: Path) -> Iterator[bytes]:
    """Every line of the log, the full files first; a line that was not finished is left out."""
    after = 0
    for path in sorted(folder.glob("audit-*.jsonl")):
        named = FULL.fullmatch(path.name)
        if named is None or int(named[1]) != after + 1:
            raise Broken(f"{path}: the file with record {after + 1} should stand in its place")
        lines = path.read_bytes().split(b"\n")[:-1]
        after = int(named[2])
        if len(lines) != after - int(named[1]) + 1:
            raise Broken(f"{path} has {len(lines)} records")
        yield from lines
    if (folder / "audit.jsonl").exists():
        yield from (folder / "audit.jsonl").read_bytes().split(b"\n")[:-1]


def read_record(line: bytes, number: int) -> dict[str, Any]:
    """The record in a line, which must carry its number."""
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict) or record.get("sequence") != number:
        raise Broken(f"line {number} of the log is not record {number}")
    return record


def root_of(nodes: list[bytes]) -> bytes:
    """The Merkle tree hash of RFC 6962, section 2.1, from the hashes of the leaves, level by level."""
    if not nodes:
        return hashlib.sha256().digest()
    while len(nodes) > 1:
        pairs = [hashlib.sha256(b"\x01" + nodes[at] + nodes[at + 1]).digest() for at in range(0, len(nodes) - 1, 2)]
        nodes = pairs + (nodes[-1:] if len(nodes) % 2 else [])
    return nodes[0]


def is_signature(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this is the Ed25519 signature of the message (RFC 8032, section 5.1.7)."""
    key, start = _point(public), _point(signature[:32])
    number = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or start is None or number >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    generator = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    assert generator is not None
    left = _times(number, generator)
    right = _plus(start, _times(int.from_bytes(digest, "little") % ORDER, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def _point(encoded: bytes) -> Point | None:
    """The point with this encoding, in extended coordinates (RFC 8032, section 5.1.3)."""
    number = int.from_bytes(encoded, "little")
    y, sign = number % 2**255, number >> 255
    if len(encoded) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x % 2 != sign else x
    return x, y, 1, x * y % P


def _plus(one: Point, other: Point) -> Point:
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % P, (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    result = NEUTRAL
    while number:
        if number & 1:
            result = _plus(result, point)
        point, number = _plus(point, point), number >> 1
    return result


if __name__ == "__main__":
    sys.exit(main())
