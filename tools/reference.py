"""Writes the reference pages from the declarations; with --check it only says which are stale."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from schemas.declarations import Declarations, load_declarations
from tools.pages.feeds import feeds_page
from tools.pages.graph import graph_page
from tools.pages.linkage import linkage_page
from tools.pages.policies import policies_page
from tools.pages.purposes import purposes_page
from tools.pages.questions import questions_page
from tools.pages.registers import registers_page

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
PAGES: dict[str, Callable[[Declarations], str]] = {
    "feeds.md": feeds_page,
    "registers.md": registers_page,
    "linkage.md": linkage_page,
    "graph.md": graph_page,
    "questions.md": questions_page,
    "purposes.md": purposes_page,
    "policies.md": policies_page,
}


def stale_pages(folder: Path, declarations: Declarations) -> dict[Path, str]:
    """Pages that are missing or differ from the declarations, with the text that they should have."""
    wanted = {folder / name: build(declarations) for name, build in PAGES.items()}
    return {
        file: text for file, text in wanted.items() if not file.is_file() or file.read_text(encoding="utf-8") != text
    }


def main() -> int:
    """Writes stale pages, or with --check names them and returns 1."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page is stale")
    check = arguments.parse_args().check
    stale = stale_pages(FOLDER, load_declarations())
    for file, text in stale.items():
        if check:
            print(f"{file}: stale; run `make docs`")
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            print(f"{file}: written")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
