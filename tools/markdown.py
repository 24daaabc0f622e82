"""Small pieces of Markdown."""

from collections.abc import Iterable, Sequence

NOTICE = "<!-- Written by `make docs` from the declarations in schemas/; edit those, not this page. -->"


def page(title: str, introduction: str, parts: Iterable[str]) -> str:
    """A whole page that says it is generated."""
    return "\n\n".join([f"# {title}", NOTICE, introduction, *parts]).rstrip() + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; bars and line breaks inside cells are made harmless, None is an empty cell."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def code(text: object) -> str:
    """Text as code; empty text stays empty."""
    return f"`{text}`" if text not in (None, "") else ""


def codes(texts: Iterable[object], joined: str = ", ") -> str:
    """Several texts as code."""
    return joined.join(code(text) for text in texts)


def _cell(value: object) -> str:
    return "" if value is None else " ".join(str(value).split()).replace("|", "\\|")
