"""Why a delivery was refused, as its department is told over the network: what, where, what to do.

The messages of ingestion quote the file (a header that is none is a person's row). Here nothing is repeated but columns
that the contract declares and the number of a line.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.readers.contracts import FeedContract

LINE = re.compile(r"\blines? ([0-9]{1,9})\b")
MISSING = "columns missing: "
UNKNOWN_COLUMNS = "; columns that contract"
NOT_AS_AGREED, LOST, OTHER_CONTENT = "not_as_agreed", "lost_copy", "other_content"
WORDS: Mapping[str, tuple[str, str]] = {
    "columns_missing": (
        "Columns of the contract are missing from the header. Hand it in again with the header of the contract.",
        "表头缺少约定的列，请按数据约定的表头重新报送。",
    ),
    "columns_doubled": ("The header names a column twice. Name each once.", "表头有重复列名，每列只能出现一次。"),
    "empty": ("The file is empty. Hand it in with its header and rows.", "文件为空，请连同表头和数据重新报送。"),
    "header_not_first": ("Lines stand above the header. Take them out.", "表头上方有其他行，请删除后重新报送。"),
    "other_delimiter": (
        "Columns are parted by another sign than the contract's. Save it as the contract says.",
        "列分隔符与约定不符，请按约定保存后重新报送。",
    ),
    "run_together": (
        "Lines run together: a quote is not closed, or the file was cut off. Hand it in again whole.",
        "多行连成一行：引号未闭合或文件被截断，请完整重新报送。",
    ),
    "mostly_torn": ("Most rows cannot be read. Export it anew.", "多数行无法读取，请重新导出。"),
    "encoding": (
        "It is neither UTF-8 nor GB18030 throughout. Save the whole of it as UTF-8.",
        "文件编码既不是UTF-8也不是GB18030，请整体另存为UTF-8。",
    ),
    "other_format": (
        "It cannot be read in the format of the contract. Save or export it anew in that format.",
        "无法按约定的格式读取，请按该格式重新保存或导出。",
    ),
    OTHER_CONTENT: (
        "This feed, kind, date and number came before with other content. Hand corrections in under a new number.",
        "同一数据源、类型、日期和序号已报送过不同内容，更正请使用新序号。",
    ),
    LOST: ("The hub's copy was damaged before it was read. Hand it in again.", "中心的副本在读取前损坏，请重新报送。"),
    NOT_AS_AGREED: (
        "It is not as the contract says. Compare it; whoever runs the hub can tell more.",
        "文件与数据约定不符，请核对；详情可询问中心运维人员。",
    ),
}
# The first that stands in a message counts.
MARKS: Mapping[str, str] = {
    "columns missing: ": "columns_missing",
    "columns named twice": "columns_doubled",
    "the file is empty": "empty",
    "the header is in line": "header_not_first",
    "columns are parted by": "other_delimiter",
    "run together": "run_together",
    "is not closed": "run_together",
    "rows cannot be read": "mostly_torn",
    "in the format of its contract": "other_format",
    "not UTF-8 (byte": "encoding",
    "UTF-8 only up to byte": "encoding",
    "cannot be read as": "other_format",
    "export it anew": "other_format",
    "save it in Excel": "other_format",
    "came before with other content": OTHER_CONTENT,
    "copy in the spool is gone": LOST,
}


@dataclass(frozen=True)
class Refusal:
    """Why a delivery was refused: a code, where it is found in the file as far as that is known."""

    code: str
    line: int | None = None
    columns: Sequence[str] = ()


def refusal_of(note: str, contract: FeedContract) -> Refusal:
    """What may be told of the ledger's note on a refused delivery."""
    code = next((code for mark, code in MARKS.items() if mark in note), NOT_AS_AGREED)
    if code == "columns_missing":
        return Refusal(code, columns=_missing(note, contract))
    line = LINE.search(note) if code not in (OTHER_CONTENT, LOST) else None
    return Refusal(code, None if line is None else int(line[1]))


def _missing(note: str, contract: FeedContract) -> list[str]:
    listed = note.partition(MISSING)[2].partition(UNKNOWN_COLUMNS)[0].partition(": hand it in")[0].split(", ")
    named = {each.partition(" (renamed to ")[0] for each in listed}
    return [each.name for each in contract.columns if each.name in named]
