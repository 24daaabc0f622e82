"""Tells what a file is that is not what its contract says, so that the message can name it."""

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip or Excel file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls) or one locked with a password"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed file (7z)"),
    (b"Rar!", "a compressed file (rar)"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3\0", "an SQLite database"),
)
_MARKUP = (b"<html", b"<table", b"<!doctype html", b"<?xml")


def foreign_kind(start: bytes) -> str | None:
    """What a file that starts with these bytes is, in words; None where that is not known."""
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    text = start[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "a web page or XML" if text.startswith(_MARKUP) else None
