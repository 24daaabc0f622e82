"""Own ids: each department knows an entity by another name, which only the hub can lead back to the entity.

An own id is one AES-256 block over the 80 bits of the entity id and 48 zero bits, under a key of this department and
register alone; docs/own-ids.md has the construction and its limits.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.sharing.entity_ids import ENTITY_ID

Bytes = npt.NDArray[np.uint8]

CROCKFORD = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# The register, the version of the key in two places, and 128 bits in 26 places of 5, the first two bits being zero.
OWN = re.compile(r"[PHU][0-9A-HJKMNP-TV-Z]{2}[0-7][0-9A-HJKMNP-TV-Z]{25}")
LETTER, BITS, BLOCK, ID_BYTES = 5, 128, 16, 10
NEWEST_POSSIBLE = (1 << 2 * LETTER) - 1
CODES: Bytes = np.frombuffer(CROCKFORD, np.uint8)
PLACES: Bytes = np.zeros(256, np.uint8)
PLACES[CODES] = np.arange(len(CODES), dtype=np.uint8)


class Standing(Protocol):
    """Where an entity id leads (`hub.reading.lineage.Standing`)."""

    @property
    def lead(self) -> str | None:
        """The entity to read on as, None where it has ended or several have the same claim."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The other entities that hold what once was the id's."""


@dataclass(frozen=True)
class OwnStanding:
    """Where an own id leads, in the department's own ids of now."""

    lead: str | None
    parts: tuple[str, ...]


@dataclass(frozen=True)
class OwnIds:
    """The own ids of one department; `keys` are the home's keys by version, the highest of which makes new ids."""

    department: str
    keys: Mapping[int, bytes]

    def of(self, entities: Sequence[str]) -> list[str]:
        """The department's ids of these entities, in order; ValueError where one is no entity id."""
        wrong = next((each for each in entities if not ENTITY_ID.fullmatch(each)), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is no entity id")
        found = [""] * len(entities)
        for letter, at in _grouped(entities, lambda each: each[0]).items():
            version = self._newest
            head = letter + _version_text(version)
            content = _bytes_of([entities[each][1:] for each in at], bits=ID_BYTES * 8)
            blocks = np.pad(content, ((0, 0), (0, BLOCK - ID_BYTES)))
            sealed = self._cipher(version, letter).encryptor().update(blocks.tobytes())
            texts = _texts_of(np.frombuffer(sealed, np.uint8).reshape(-1, BLOCK))
            for place, text in zip(at, texts, strict=True):
                found[place] = head + text
        return found

    def entities(self, own_ids: Sequence[str]) -> list[str | None]:
        """The entity ids that these stand for, in order.

        None for whatever this department was never given: made up, another department's, or of a key that is no more.
        An id may be whole and stand for nothing in a snapshot: answer that as None is answered.
        """
        found: list[str | None] = [None] * len(own_ids)
        whole = [each if OWN.fullmatch(each) else "" for each in own_ids]
        for head, at in _grouped(whole, lambda each: each[:3]).items():
            version = _version_of(head)
            if version not in self.keys:
                continue
            sealed = _bytes_of([whole[each][3:] for each in at], bits=BITS)
            opened = self._cipher(version, head[0]).decryptor().update(sealed.tobytes())
            blocks = np.frombuffer(opened, np.uint8).reshape(-1, BLOCK)
            is_own: list[bool] = (blocks[:, ID_BYTES:].max(axis=1) == 0).tolist()
            texts = _texts_of(np.ascontiguousarray(blocks[:, :ID_BYTES]))
            for place, text, own in zip(at, texts, is_own, strict=True):
                found[place] = head[0] + text if own else None
        return found

    def redirected(self, own_id: str, standing: Callable[[str], Standing | None]) -> OwnStanding | None:
        """Where an id that this department was given leads now, in ids of the newest key; None for any other."""
        [entity] = self.entities([own_id])
        found = standing(entity) if entity is not None else None
        if found is None:
            return None
        lead = None if found.lead is None else self.of([found.lead])[0]
        return OwnStanding(lead, tuple(self.of(found.parts)))

    @cached_property
    def _newest(self) -> int:
        return max(self.keys)

    @cached_property
    def _ciphers(self) -> dict[tuple[int, str], Cipher[ECB]]:
        return {}

    def _cipher(self, version: int, letter: str) -> Cipher[ECB]:
        """One block for one id: what is wrong with ECB, that equal blocks look equal, is what an id must do."""
        cipher = self._ciphers.get((version, letter))
        if cipher is None:
            purpose = f"own ids\0{letter}\0{self.department}".encode()
            key = HKDF(SHA256(), length=32, salt=None, info=purpose).derive(self.keys[version])
            cipher = self._ciphers[version, letter] = Cipher(AES256(key), ECB())
        return cipher


def _grouped(texts: Sequence[str], head: Callable[[str], str]) -> Mapping[str, list[int]]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        if text:
            places[head(text)].append(place)
    return places


def _version_text(version: int) -> str:
    return chr(CROCKFORD[version >> LETTER]) + chr(CROCKFORD[version & (1 << LETTER) - 1])


def _version_of(head: str) -> int:
    first, second = (int(PLACES[ord(each)]) for each in head[1:3])
    return first << LETTER | second


def _bytes_of(texts: Sequence[str], *, bits: int) -> Bytes:
    """The last `bits` bits of each text, five of them a letter, as rows of bytes."""
    letters = np.frombuffer("".join(texts).encode("ascii"), np.uint8).reshape(len(texts), -1)
    spread = np.unpackbits(PLACES[letters][:, :, None], axis=2)[:, :, 8 - LETTER :]
    return np.packbits(spread.reshape(len(texts), -1)[:, -bits:], axis=1)


def _texts_of(content: Bytes) -> list[str]:
    """Rows of bytes as texts of five bits a letter, with zero bits in front to fill the first."""
    bits = np.unpackbits(content, axis=1)
    bits = np.pad(bits, ((0, 0), (-bits.shape[1] % LETTER, 0)))
    places = np.packbits(bits.reshape(len(content), -1, LETTER), axis=2)[:, :, 0] >> 8 - LETTER
    letters = np.ascontiguousarray(CODES[places])
    texts: list[str] = letters.view(f"S{letters.shape[1]}")[:, 0].astype(str).tolist()
    return texts
