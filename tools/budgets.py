"""Holds the repository to its budgets of size and to its names; prints each breach and exits 1."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
NOT_OURS = frozenset({"demo", "dist", "build"})
NOT_IN_LAYERS = frozenset({"tests", "tools", "bench", "docs"})
WITHOUT_DOCSTRINGS = ("tests/",)
FORBIDDEN_NAMES = frozenset(
    {"util", "utils", "helper", "helpers", "misc", "manager", "common", "base", "data", "process", "handle"}
)
FILE_LINES = 400
FUNCTION_LINES = 50
DOCSTRING_LINES = 12
MODULE_DOCSTRING_LINES = 4
DECLARATION_LINES = 165
LINKAGE_LINES = 260
CONTRACT_LINES = 400

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, order=True)
class Breach:
    """One place that is over a budget, and by how much."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


def breaches(root: Path) -> list[Breach]:
    """Every breach under `root`, sorted by file and line."""
    found = [
        breach for file in _files(root, ".py") for breach in module_breaches(file.read_text("utf-8"), _at(root, file))
    ]
    found += [
        breach
        for suffix in (".yml", ".cypher")
        for file in _files(root / "schemas", suffix)
        for breach in declaration_breaches(file.read_text("utf-8"), _at(root, file))
    ]
    return sorted([*found, *layer_breaches(root)])


def module_breaches(source: str, file: str) -> list[Breach]:
    """Breaches of one module; `file` is its path in the repository."""
    try:
        tree = ast.parse(source, file)
    except SyntaxError as error:
        return [Breach(file, error.lineno or 1, f"is not Python 3.11: {error.msg}")]
    found = list(_names(tree, file))
    lines = source.count("\n") + 1
    if lines > FILE_LINES + 1:
        found.append(Breach(file, FILE_LINES + 1, f"file has {lines - 1} lines; {FILE_LINES} are allowed"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                told = f"function {node.name} has {length} lines; {FUNCTION_LINES} are allowed"
                found.append(Breach(file, node.lineno, told))
    if not file.startswith(WITHOUT_DOCSTRINGS):
        found += _docstrings(tree, file, is_empty=not source.strip())
    return found


def declaration_breaches(text: str, file: str) -> list[Breach]:
    """Breaches of one file of declarations."""
    allowed = LINKAGE_LINES if file.startswith("schemas/linkage/") else DECLARATION_LINES
    allowed = CONTRACT_LINES if file.endswith(".odcs.yml") else allowed
    lines = len(text.splitlines())
    return [Breach(file, allowed + 1, f"file has {lines} lines; {allowed} are allowed")] if lines > allowed else []


def layer_breaches(root: Path) -> list[Breach]:
    """Top-level packages that the import contract does not place in a layer."""
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = {
        name
        for contract in settings["contracts"]
        if contract["type"] == "layers"
        for layer in contract["layers"]
        for name in re.split(r"[|:\s()]+", layer)
    }
    placed = layers & set(settings["root_packages"])
    packages = {file.parent.name for file in root.glob("*/__init__.py")} - NOT_IN_LAYERS - NOT_OURS
    return [
        Breach("pyproject.toml", 1, f"package {name} is in no layer of the import contract")
        for name in sorted(packages - placed)
    ]


def _files(root: Path, suffix: str) -> Iterator[Path]:
    for file in sorted(root.rglob(f"*{suffix}")):
        parts = file.relative_to(root).parts
        if not any(part.startswith(".") or part in NOT_OURS for part in parts[:-1]):
            yield file


def _at(root: Path, file: Path) -> str:
    return file.relative_to(root).as_posix()


def _names(tree: ast.Module, file: str) -> Iterator[Breach]:
    stem = Path(file).stem
    if _words(stem) & FORBIDDEN_NAMES:
        yield Breach(file, 1, f"module name {stem} says nothing; name it for what it holds")
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and _words(node.name) & FORBIDDEN_NAMES:
            yield Breach(file, node.lineno, f"class name {node.name} says nothing; name it for what it is")


def _words(name: str) -> set[str]:
    return set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_"))


def _docstrings(tree: ast.Module, file: str, *, is_empty: bool) -> Iterator[Breach]:
    text = ast.get_docstring(tree)
    if text is None and not is_empty:
        yield Breach(file, 1, "module has no docstring")
    if text is not None and len(text.splitlines()) > MODULE_DOCSTRING_LINES:
        yield Breach(file, 1, f"module docstring is longer than {MODULE_DOCSTRING_LINES} lines")
    for node in _public(tree.body):
        text = ast.get_docstring(node)
        if text is None:
            yield Breach(file, node.lineno, f"{node.name} has no docstring")
        elif len(text.splitlines()) > DOCSTRING_LINES:
            yield Breach(file, node.lineno, f"docstring of {node.name} is longer than {DOCSTRING_LINES} lines")


def _public(body: list[ast.stmt]) -> Iterator[Definition]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body)


def main() -> int:
    """Prints each breach; returns 1 where there is one."""
    found = breaches(ROOT)
    for breach in found:
        print(breach)
    print(f"budgets: {len(found)} breaches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
