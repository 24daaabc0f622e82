"""Which records of one entity the recorded values can bring together: the ceiling for any linkage."""

from collections.abc import Iterable

import numpy as np

from synthetic.text import Flags, Ints


def combined(*columns: Ints, missing: Flags) -> Ints:
    """One number per combination of values, -1 where a part is missing."""
    rows = np.flatnonzero(~missing)
    keys = np.zeros(len(rows), dtype=np.int64)
    for column in columns:
        _, number = np.unique(column[rows], return_inverse=True)
        _, keys = np.unique(keys * (int(number.max(initial=0)) + 1) + number, return_inverse=True)
    whole = np.full(len(missing), -1)
    whole[rows] = keys
    return whole


def groups(entity: Ints, keys: Iterable[Ints]) -> Ints:
    """For each record the lowest record that it is connected to by keys that only one entity holds."""
    blocks = [_blocks(entity, key) for key in keys]
    label = np.arange(len(entity))
    changed = True
    while changed:
        before = label.copy()
        for members, first in blocks:
            if len(members):
                lowest = np.minimum.reduceat(label[members], first)
                label[members] = np.repeat(lowest, np.diff(np.r_[first, len(members)]))
        changed = bool((label != before).any())
    return label


def _blocks(entity: Ints, key: Ints) -> tuple[Ints, Ints]:
    """Records that share a key which no record of another entity has, and where each such block begins."""
    rows = np.flatnonzero(key >= 0)
    rows = rows[np.argsort(key[rows], kind="stable")]
    if not len(rows):
        return rows, rows
    first = np.flatnonzero(np.r_[True, key[rows][1:] != key[rows][:-1]])
    size = np.diff(np.r_[first, len(rows)])
    alone = np.minimum.reduceat(entity[rows], first) == np.maximum.reduceat(entity[rows], first)
    kept = np.repeat(alone & (size > 1), size)
    members = rows[kept]
    sizes = size[alone & (size > 1)]
    return members, np.cumsum(sizes) - sizes


def pairs(*columns: Ints) -> int:
    """How many pairs of rows are equal in all columns."""
    keys = combined(*columns, missing=np.zeros(len(columns[0]), dtype=bool))
    count = np.bincount(keys)
    return int((count * (count - 1) // 2).sum())
