"""Finds files that no reader reads: a declaration in the wrong place must not be passed over in silence."""

from fnmatch import fnmatch
from pathlib import Path

from schemas.errors import Problem
from schemas.files import SHIPPED, DeclarationTree

PLACES = (
    "feeds/*/*.odcs.yml",
    "registers/*.yml",
    "linkage/*.yml",
    "linkage/weights/*",
    "golden.yml",
    "residence.yml",
    "matching.yml",
    "graph/*.yml",
    "questions/*/*.cypher",
    "purposes/*.yml",
    "policies/*.cedar",
    "gazetteer/*.csv",
)
DECLARATIONS = frozenset({".yml", ".yaml", ".cypher", ".csv", ".cedar"})


def stray_problems(tree: DeclarationTree) -> list[Problem]:
    """One problem for each declaration file that lies where none is read, and for an overlay that is no folder."""
    if tree.overlay is not None and not tree.overlay.is_dir():
        return [Problem(tree.overlay, "", "is no folder; --schemas names a folder of declarations")]
    roots = [SHIPPED] if tree.overlay is None else [SHIPPED, tree.overlay]
    return [
        Problem(root / place, "", f"no declaration is read from here; expected one of {', '.join(PLACES)}")
        for root in roots
        for place in _declaration_files(root)
        if not any(_is_at(place, pattern) for pattern in PLACES)
    ]


def _declaration_files(root: Path) -> list[str]:
    return sorted(file.relative_to(root).as_posix() for file in root.rglob("*") if file.suffix in DECLARATIONS)


def _is_at(place: str, pattern: str) -> bool:
    return place.count("/") == pattern.count("/") and fnmatch(place, pattern)
