"""Receipts as the service tells them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hub.refusals import WORDS
from stores.operational.receipts import ReceiptState

ADDRESS = "/v1/deliveries/"
RECEIPT_PATTERN, FEED_PATTERN = r"^[0-9a-f]{32}$", r"^[A-Za-z0-9_-]+$"
Count = Annotated[int, Field(ge=0, le=10**12)]
Fate = Literal["set_aside", "doubtful"]
RuleName = Annotated[str, Field(max_length=200)]
Reason = Annotated[str, Field(max_length=2_000, description="What is wrong with such rows.")]


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BrokenRule(_Told):
    """How many rows broke a rule: they were set aside, or came in and are doubtful."""

    fate: Fate
    rule: RuleName
    reason: Reason
    rows: Count
    first_line: Count


class WaitingFor(_Told):
    """Why a full dump waits for a person: it has fewer rows than expected."""

    held: Annotated[Count, Field(description="Rows that are held of the feed.")]
    expected: Annotated[Count, Field(description="The fewest rows that come in without a person's word.")]
    told: Annotated[str, Field(max_length=300)]
    told_zh: Annotated[str, Field(max_length=300)]


class RefusedFor(_Told):
    """Why a file was refused, where, and what to do; nothing of it is repeated but columns of the contract."""

    code: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", max_length=40)]
    told: Annotated[str, Field(max_length=300)]
    told_zh: Annotated[str, Field(max_length=300)]
    line: Count | None = None
    columns: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=1_000)] = []


class RowCounts(_Told):
    """What became of the rows: each has exactly one of these fates, so that they add up to `rows`."""

    new: Count = 0
    changed: Count = 0
    unchanged: Count = 0
    late: Count = 0
    deleted: Count = 0
    duplicate: Count = 0
    quarantined: Count = 0


class Receipt(_Told):
    """A delivery that was handed in, and how far it got."""

    receipt: Annotated[str, Field(pattern=RECEIPT_PATTERN, max_length=32)]
    feed: Annotated[str, Field(pattern=FEED_PATTERN, max_length=64)]
    mode: Literal["full", "delta"]
    date: date
    sequence: Annotated[int, Field(ge=0, le=999_999_999)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", max_length=64)]
    size: Count
    received_at: datetime
    state: ReceiptState
    repeated: Annotated[bool | None, Field(description="Whether the same had come before: nothing changed then.")] = (
        None
    )
    rows: Count | None = None
    counts: RowCounts | None = None
    ended: Annotated[Count | None, Field(description="Rows that a full dump no longer carries.")] = None
    rules: Annotated[list[BrokenRule], Field(max_length=1_000)] = []
    waiting: WaitingFor | None = None
    refusal: RefusedFor | None = None


class ReceiptPage(_Told):
    """Receipts of a feed, newest first."""

    receipts: Annotated[list[Receipt], Field(max_length=100)]
    next: Annotated[str | None, Field(max_length=1_024, description="The cursor of the page after this one.")] = None


class ToldRow(_Told):
    """A row that was set aside or is doubtful; `line` counts as in the file, `column` is one of the contract's."""

    fate: Fate
    line: Count
    column: Annotated[str | None, Field(max_length=1_000)] = None
    rule: RuleName
    reason: Reason


class RowPage(_Told):
    """Rows that were set aside or are doubtful, by line: the first 10,000 of a delivery."""

    rows: Annotated[list[ToldRow], Field(max_length=1_000)]
    next: Annotated[str | None, Field(max_length=1_024, description="The cursor of the page after this one.")] = None


def receipt_of(row: Mapping[str, Any]) -> Receipt:
    """The receipt in a row that came through the door (`hub.reading.deliveries.RECEIPTS`)."""
    said = {name: row[name] for name in Receipt.model_fields if row[name] is not None}
    if row["counts"] is not None:
        said["counts"] = RowCounts.model_validate(dict(row["counts"]))
    if row["waiting"] is not None:
        said["waiting"] = _waiting(row["waiting"])
    if row["refusal"] is not None:
        told, told_zh = WORDS[row["refusal"]["code"]]
        said["refusal"] = RefusedFor(told=told, told_zh=told_zh, **row["refusal"])
    return Receipt.model_validate(said)


def _waiting(numbers: Mapping[str, int]) -> WaitingFor:
    told = (
        "It has fewer rows than expected, and would end the others. If it is whole, tell whoever runs the hub to let "
        "it through; if not, hand it in again under a new number."
    )
    told_zh = "行数少于预期，入库将终止其余行。若文件完整，请通知中心运维人员放行；否则请以新序号重新报送。"
    return WaitingFor(told=told, told_zh=told_zh, **numbers)
