"""Rounds numbers of people who may only be counted, so that two answers subtracted do not tell of one person."""

import hmac
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from schemas.items import COUNT
from stores.home import Home


@dataclass(frozen=True)
class Rounding:
    """To multiples of `base`; `key` is the home's alone, `what` the reading whose numbers they are.

    Fixed random rounding, as statistical offices do it (Stats NZ's to base 3, Statistics Canada's to base 5): up or
    down by chance, so that the mean is right; the chance is fixed by the cell and its number, so that asking again
    teaches nothing. Sums of rounded numbers do not add up to rounded sums.
    """

    base: int
    key: bytes = field(repr=False)
    what: str

    def rounded(self, table: pa.Table, shows: Mapping[str, Collection[str]]) -> pa.Table:
        """The table with its columns of whole numbers that show counts alone rounded.

        What else a row says names its cells, whatever the date or the snapshot.
        """
        counting = [
            each for each in table.schema if pa.types.is_integer(each.type) and _counts(shows.get(each.name, ()))
        ]
        others = table.drop_columns([each.name for each in counting]).to_pylist()
        rows = [json.dumps(row, ensure_ascii=False, default=str, sort_keys=True) for row in others]
        for each in counting:
            exact = table[each.name].to_pylist()
            told = [self._of(number, each.name, row) for number, row in zip(exact, rows, strict=True)]
            table = table.set_column(table.column_names.index(each.name), each, pa.array(told, each.type))
        return table

    def _of(self, number: int | None, column: str, row: str) -> int | None:
        if number is None or number % self.base == 0:
            return number
        cell = "\x1f".join((self.what, column, row, str(number))).encode()
        chance = int.from_bytes(hmac.digest(self.key, cell, "sha256")[:8], "big") / 2**64
        down = number - number % self.base
        return down + self.base if chance * self.base < number % self.base else down


def rounding_of(home: Home, base: int, what: str) -> Rounding:
    """How the home rounds what this reading counts."""
    return Rounding(base, hmac.digest(home.key("identity"), b"rounding of counts", "sha256"), what)


def _counts(items: Collection[str]) -> bool:
    return bool(items) and all(each.endswith(f".{COUNT}") for each in items)
