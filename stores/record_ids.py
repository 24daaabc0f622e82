"""Ids of records, as ingestion gives them in SQL."""

import hashlib


def record_id(feed: str, key: str) -> int:
    """The id of a feed's record: 63 bits of the MD5 of feed and record key, U+001F between them."""
    return int.from_bytes(hashlib.md5(f"{feed}\x1f{key}".encode()).digest()[8:], "little") >> 1
