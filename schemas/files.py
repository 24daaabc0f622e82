"""Finds declaration files, shipped and laid over, and reads YAML strictly."""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.errors import DeclarationError, Problem

try:
    from yaml import CSafeLoader as SafeLoader  # five times as fast, where PyYAML was built with libyaml
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

SHIPPED = Path(__file__).parent


class StrictModel(BaseModel):
    """The shape of a declaration file; a key that it does not name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class DeclarationTree:
    """The shipped declarations with a deployment's own laid over them, file by file."""

    overlay: Path | None = None

    def path(self, relative: str) -> Path:
        """The file at this place in the tree: the deployment's own where it has one, else the shipped one."""
        if self.overlay is not None and (self.overlay / relative).is_file():
            return self.overlay / relative
        return SHIPPED / relative

    def glob(self, pattern: str) -> list[Path]:
        """All files that match the pattern, sorted by their place in the tree; an overlaid file hides its twin."""
        found: dict[str, Path] = {}
        for root in (SHIPPED, self.overlay):
            if root is not None:
                found |= {path.relative_to(root).as_posix(): path for path in root.glob(pattern)}
        return [found[place] for place in sorted(found)]


class _UniqueKeyLoader(SafeLoader):
    """SafeLoader that refuses a key written twice, which YAML would silently let the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        doubled = {str(key) for key in keys if keys.count(key) > 1}
        if doubled:
            raise yaml.constructor.ConstructorError(
                None, None, f"key written twice: {', '.join(sorted(doubled))}", node.start_mark
            )
        return super().construct_mapping(node, deep)


def read_text(file: Path) -> str:
    """The text of a declaration file; raises DeclarationError where it is not UTF-8."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DeclarationError([Problem(file, f"byte {error.start}", "is not UTF-8")]) from error


def parse_yaml(text: str, file: Path) -> Any:
    """The YAML document as plain Python; raises DeclarationError with the line where it is not valid YAML."""
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise DeclarationError([Problem(file, f"line {line}", error.problem or "not valid YAML")]) from error
    except (yaml.YAMLError, ValueError) as error:
        raise DeclarationError([Problem(file, "", f"not valid YAML: {error}")]) from error


def validate(content: Any, model: type[Model], file: Path) -> Model:
    """The content as `model`; raises DeclarationError with every mistake of the file, each with its key."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise DeclarationError(
            [Problem(file, ".".join(str(part) for part in each["loc"]), each["msg"]) for each in error.errors()]
        ) from error


def read_yaml(file: Path, model: type[Model]) -> Model:
    """One declaration file as `model`; raises DeclarationError with every mistake of the file."""
    return validate(parse_yaml(read_text(file), file), model, file)
