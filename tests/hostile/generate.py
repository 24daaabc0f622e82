"""Makes bad files: sound deliveries in any format, damaged by a seed; each with the rows that the damage left alone."""

import csv
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.readers.contracts import FileFormat
from tests.hostile.counter import CSV, JSONL, PARQUET, XLSX
from tests.hostile.workbooks import SHEET, cells_of, with_declared_size, with_parts, workbook
from tests.ingestion.village import HEADER, row

HAN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗嘉定区曹安公路弄号室上海市新村东方小明华伟艾力"
BITS = [
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\x1e",
    b"\x1a",
    b"{",
    b"}",
    b"\\",
    b"'",
    b";",
    b"\xe7\x8e",
    b"''",
]
XML_BITS = [
    b"<",
    b">",
    b"/",
    b"</row>",
    b"<row>",
    b'<c r="B2">',
    b"</c>",
    b"<v>",
    b"&",
    b'"',
    b"=",
    b"<!--",
    b"\0",
    b"9999999",
]
MIB = 1 << 20
Row = dict[str, str]


@dataclass(frozen=True)
class BadFile:
    """A damaged file; `whole` are the rows that the damage left alone, `touched` says how many others it may hold."""

    form: FileFormat
    damage: str
    content: bytes
    whole: tuple[Row, ...]
    touched: int


@dataclass
class Draft:
    """A file being damaged: its bytes, where each row lies in them, and which rows were touched."""

    content: bytes
    spans: list[tuple[int, int]]
    touched: set[int]

    def edit(self, start: int, end: int, put: bytes, *, touches: bool = True) -> None:
        """Replaces bytes; rows that begin or end within or at them count as touched."""
        for number, (first, last) in enumerate(self.spans):
            if touches and first <= end and last >= start:
                self.touched.add(number)
        self.content = self.content[:start] + put + self.content[end:]

        def moved(place: int) -> int:
            return place + len(put) - (end - start) if place >= end else min(place, start)

        self.spans = [(moved(first), moved(last)) for first, last in self.spans]


Damage = Callable[[Draft, random.Random], None]


def bad_file(seed: int) -> BadFile:
    """The bad file of this seed."""
    dice = random.Random(seed)
    rows = [_person(seed, number, dice) for number in range(dice.randint(2, 25))]
    return _MAKERS[dice.choice(list(_MAKERS))](rows, dice)


def _person(seed: int, number: int, dice: random.Random) -> Row:
    def word(least: int, most: int) -> str:
        return "".join(dice.choices(HAN, k=dice.randint(least, most)))

    address = word(3, 12) + dice.choice(["", "12号", "，3室", "\n301", ',"甲"', " "])
    return row(f"F{seed:06}x{number}", word(2, 4), 住址=address, 登记日期=f"2026-05-{dice.randint(1, 28):02}")


def _place(draft: Draft, dice: random.Random) -> int:
    return dice.randrange(len(draft.content) + 1)


def _truncate(draft: Draft, dice: random.Random) -> None:
    start = _place(draft, dice)
    draft.edit(start, len(draft.content), b"")


def _flip(draft: Draft, dice: random.Random) -> None:
    for _ in range(dice.choice([1, 1, 3, 30])):
        if start := max(0, _place(draft, dice) - 1):
            draft.edit(start, start + 1, bytes([draft.content[start] ^ 1 << dice.randrange(8)]))


def _insert(bits: Sequence[bytes]) -> Damage:
    def damage(draft: Draft, dice: random.Random) -> None:
        for _ in range(dice.choice([1, 1, 2, 5])):
            start = _place(draft, dice)
            draft.edit(start, start, dice.choice(bits) * dice.choice([1, 1, 2]))

    return damage


def _delete(draft: Draft, dice: random.Random) -> None:
    start = _place(draft, dice)
    draft.edit(start, min(len(draft.content), start + dice.choice([1, 2, 10, 200])), b"")


def _double(draft: Draft, dice: random.Random) -> None:
    first, last = dice.choice(draft.spans)
    draft.edit(last, last, draft.content[first:last], touches=False)


def _whole_lines(draft: Draft, dice: random.Random) -> None:
    end = b"\r\n" if b"\r\n" in draft.content else b"\n"
    first = draft.content.partition(end)[0]
    line = dice.choice([b"", first, b"\xe5\x90\x88\xe8\xae\xa1,3", b"x" * 2 * MIB, b"K,", b"{}", b"[]", b"null"])
    start = dice.choice(draft.spans)[0]
    draft.edit(start, start, line + end, touches=False)


def _line_ends(draft: Draft, dice: random.Random) -> None:
    for number in range(len(draft.spans)):
        first, last = draft.spans[number]
        text = draft.content[first:last]
        if dice.random() < 0.5 and text.count(b"\n") == 1 and number not in draft.touched:
            ending = dice.choice([b"\n", b"\r\n", b"\r"])
            shifted = text.rstrip(b"\r\n") + ending
            draft.edit(first, last, shifted, touches=False)
            draft.spans[number] = (first, first + len(shifted))


def _header(draft: Draft, dice: random.Random) -> None:
    first = draft.spans[0][0]
    name = dice.choice(HEADER).encode("utf-8" if "编号".encode() in draft.content else "gb18030")
    place = draft.content.find(name, 0, first)
    if place >= 0:
        put = dice.choice([b"", b"x", name + b",", name + b"," + name, name + b" ", b'"' + name])
        draft.edit(place, place + len(name), put, touches=False)


def _recode(draft: Draft, dice: random.Random) -> None:
    codec = dice.choice(["utf-16", "utf-16-le", "big5", "utf-32", "utf-7", "latin-1"])
    text = draft.content.decode("utf-8", "replace").encode(codec, "replace")
    draft.edit(0, len(draft.content), text)


def _replace_all(draft: Draft, dice: random.Random) -> None:
    other = dice.choice(
        [b"", b"\n", dice.randbytes(500), b"\x1f\x8b" + dice.randbytes(99), b"PK\x03\x04", b"<html>", b"[" * MIB]
    )
    draft.edit(0, len(draft.content), other)


_TEXT_DAMAGE: dict[str, Damage] = {
    "truncated": _truncate,
    "bits flipped": _flip,
    "signs inserted": _insert(BITS),
    "bytes deleted": _delete,
    "row doubled": _double,
    "lines inserted": _whole_lines,
    "line ends": _line_ends,
    "header": _header,
    "another encoding": _recode,
    "another file": _replace_all,
}


def _damaged(draft: Draft, kinds: dict[str, Damage], dice: random.Random) -> str:
    chosen = [dice.choice(list(kinds)) for _ in range(dice.choice([1, 1, 1, 2, 3]))]
    for name in chosen:
        if draft.content:
            kinds[name](draft, dice)
    return ", ".join(chosen)


def _file(form: FileFormat, draft: Draft, damage: str, rows: list[Row]) -> BadFile:
    whole = tuple(each for number, each in enumerate(rows) if number not in draft.touched)
    # The second of a doubled row is none of those that are followed.
    touched = len(draft.touched) + damage.count("row doubled")
    return BadFile(form, f"{form}: {damage}", draft.content, whole, touched)


def _draft(head: bytes, parts: Sequence[bytes]) -> Draft:
    spans, start = [], len(head)
    for part in parts:
        spans.append((start, start + len(part)))
        start += len(part)
    return Draft(head + b"".join(parts), spans, set())


def _csv(rows: list[Row], dice: random.Random) -> BadFile:
    codec = dice.choice(["utf-8", "utf-8", "gb18030"])
    style = dice.choice([csv.excel, csv.unix_dialect])
    end = dice.choice(["\r\n", "\n"])

    def line(values: Sequence[str]) -> bytes:
        text = io.StringIO()
        csv.writer(text, style, lineterminator=end).writerow(values)
        return text.getvalue().encode(codec)

    head = dice.choice([b"", b"\xef\xbb\xbf"]) if codec == "utf-8" else b""
    draft = _draft(head + line(HEADER), [line([each.get(name, "") for name in HEADER]) for each in rows])
    return _file(CSV, draft, _damaged(draft, _TEXT_DAMAGE, dice), rows)


def _jsonl(rows: list[Row], dice: random.Random) -> BadFile:
    lines = [(json.dumps(each, ensure_ascii=dice.random() < 0.3) + "\n").encode() for each in rows]
    draft = _draft(b"", lines)
    return _file(JSONL, draft, _damaged(draft, _TEXT_DAMAGE, dice), rows)


_SHEET_DAMAGE: dict[str, Damage] = {
    "sheet truncated": _truncate,
    "sheet bits flipped": _flip,
    "sheet signs inserted": _insert(XML_BITS),
    "sheet bytes deleted": _delete,
}
_ZIP_DAMAGE: dict[str, Damage] = {"zip truncated": _truncate, "zip bits flipped": _flip, "zip bytes deleted": _delete}


def _xlsx(rows: list[Row], dice: random.Random) -> BadFile:
    titles = [["人员登记表"]] * dice.choice([0, 0, 1, 3])
    made = workbook([*titles, *cells_of(rows)], constant_memory=True, in_memory=False)
    return dice.choice([_bad_zip, _bad_sheet, _bad_sheet, _bad_part])(made, rows, dice)


def _bad_zip(made: bytes, rows: list[Row], dice: random.Random) -> BadFile:
    draft = Draft(made, [], set())
    if dice.random() < 0.2:
        draft.content = with_declared_size(made, SHEET, dice.choice([0, 10, 700 * MIB, 1 << 31]))
        return BadFile(XLSX, "xlsx: declared size", draft.content, tuple(rows), 0)
    damage = _damaged(draft, _ZIP_DAMAGE, dice)
    # What gets through every checksum is as it was.
    return BadFile(XLSX, f"xlsx: {damage}", draft.content, tuple(rows), 0)


def _bad_sheet(made: bytes, rows: list[Row], dice: random.Random) -> BadFile:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        text = archive.read(SHEET)
    found = [match.span() for match in re.finditer(rb"<row .*?</row>", text, re.DOTALL)]
    draft = Draft(text, found[len(found) - len(rows) :], set())
    damage = _damaged(draft, _SHEET_DAMAGE, dice)
    return _file(XLSX, Draft(with_parts(made, {SHEET: lambda _: draft.content}), [], draft.touched), damage, rows)


def _bad_part(made: bytes, rows: list[Row], dice: random.Random) -> BadFile:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        name = dice.choice([each for each in archive.namelist() if each != SHEET])
        draft = Draft(archive.read(name), [], set())
    damage = _damaged(draft, _SHEET_DAMAGE, dice).replace("sheet", name)
    return BadFile(XLSX, f"xlsx: {damage}", with_parts(made, {name: lambda _: draft.content}), (), len(rows))


def _parquet(rows: list[Row], dice: random.Random) -> BadFile:
    table = pa.table({name: pa.array([each.get(name) for each in rows], pa.string()) for name in HEADER})
    if dice.random() < 0.3:
        place = dice.randrange(len(HEADER))
        values = dice.choice(
            [pa.array([1.5] * len(rows)), pa.array([b"\xff"] * len(rows)), pa.array([[1]] * len(rows))]
        )
        table = table.set_column(place, dice.choice([HEADER[place], "x"]), values)
    file = io.BytesIO()
    pq.write_table(table, file, compression=dice.choice(["zstd", "snappy", "none"]), use_dictionary=dice.random() < 0.5)
    draft = Draft(file.getvalue(), [], set())
    damage = _damaged(draft, _ZIP_DAMAGE, dice).replace("zip", "file")
    # Pages carry no checksum: a value may have changed and nobody can know.
    return BadFile(PARQUET, f"parquet: {damage}", draft.content, (), len(rows))


_MAKERS: dict[str, Callable[[list[Row], random.Random], BadFile]] = {
    "csv": _csv,
    "csv again": _csv,
    "jsonl": _jsonl,
    "xlsx": _xlsx,
    "parquet": _parquet,
}
