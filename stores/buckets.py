"""Token buckets that processes share: one small file, mapped into each of them.

A limit that each worker kept for itself would depend on which of them a connection happens to reach, and a server for
this alone (as libraries for shared limits want) would be one more that can be away.
"""

import fcntl
import mmap
import os
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from threading import Lock

SLOTS = 1 << 20
_SLOT = struct.Struct("<dd")  # how much is missing from full, and when that was so by the clock


@dataclass(frozen=True)
class Rate:
    """How much may be taken at once, and how much comes back each second."""

    capacity: float
    per_second: float


@dataclass
class Buckets:
    """One bucket per key; two keys may, with a probability of one to a million, share theirs.

    `secret` is the hub's alone: nobody can choose a key that shares somebody else's bucket. `clock` tells seconds; a
    file that outlasts the machine's last start wants the time of day.
    """

    file: Path
    rate: Rate
    secret: bytes = field(repr=False)
    clock: Callable[[], float] = time.monotonic
    _lock: Lock = field(default_factory=Lock, init=False)

    def __post_init__(self) -> None:
        self._descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._descriptor, SLOTS * _SLOT.size)
        self._slots = mmap.mmap(self._descriptor, SLOTS * _SLOT.size)

    def take(self, key: str, amount: float = 1.0) -> float:
        """Takes this much and returns 0; where there is not as much, takes nothing and returns the seconds to wait.

        More than the bucket holds is taken once it is full, and is then owed.
        """
        rate, now = self.rate, self.clock()
        with self._held(key) as place:
            missing = self._missing(place, now)
            wanted = min(amount, rate.capacity)
            if missing + wanted > rate.capacity:
                return (missing + wanted - rate.capacity) / rate.per_second
            _SLOT.pack_into(self._slots, place, missing + amount, now)
            return 0.0

    def give_back(self, key: str, amount: float = 1.0) -> None:
        """Puts back what was taken for nothing."""
        now = self.clock()
        with self._held(key) as place:
            _SLOT.pack_into(self._slots, place, max(0.0, self._missing(place, now) - amount), now)

    def close(self) -> None:
        """Lets the file go."""
        self._slots.close()
        os.close(self._descriptor)

    def _missing(self, place: int, now: float) -> float:
        missing: float
        at: float
        missing, at = _SLOT.unpack_from(self._slots, place)
        return max(0.0, missing - max(0.0, now - at) * self.rate.per_second)

    @contextmanager
    def _held(self, key: str) -> Iterator[int]:
        digest = blake2b(key.encode(), key=self.secret, digest_size=8).digest()
        place = int.from_bytes(digest, "big") % SLOTS * _SLOT.size
        # The lock of the file is a process's, so that it ends with it; among its threads the other one counts.
        with self._lock:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX, _SLOT.size, place)
            try:
                yield place
            finally:
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN, _SLOT.size, place)
