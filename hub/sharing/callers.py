"""Who types at the command line: the operating system's name, with what the home's settings say of it."""

import tomllib
from typing import Annotated

from pydantic import Field, ValidationError

from hub.errors import UsageError
from hub.sharing.request import Caller
from schemas.declarations import Declarations
from schemas.files import StrictModel
from schemas.readers.purposes import DISTRICT, READING_ROLES, Role
from stores.home import Home

HOME_FILE, SECTION = "home.toml", "readers"


class _ReaderModel(StrictModel):
    roles: Annotated[frozenset[Role], Field(min_length=1)]
    department: str | None = None
    areas: frozenset[str] = frozenset({DISTRICT})


def read_caller(home: Home, name: str, declarations: Declarations) -> Caller:
    """The caller of this name as `[readers.NAME]` of home.toml has them; a trainee where it does not name them.

    Raises UsageError with every mistake of that section.
    """
    file = home.root / HOME_FILE
    written = tomllib.loads(file.read_text(encoding="utf-8")).get(SECTION, {}).get(name)
    if written is None:
        return Caller(name)
    key = f"{file}: {SECTION}.{name}"
    try:
        found = _ReaderModel.model_validate(written)
    except ValidationError as error:
        told = [f"{key}.{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
        raise UsageError("\n".join(told)) from error
    mistakes = _mistakes(found, declarations)
    if mistakes:
        raise UsageError("\n".join(f"{key}.{told}" for told in mistakes))
    return Caller(name, found.department, found.roles, found.areas)


def _mistakes(found: _ReaderModel, declarations: Declarations) -> list[str]:
    mistakes = []
    if found.roles & set(READING_ROLES) and found.roles - set(READING_ROLES) - {Role.TRAINEE}:
        mistakes.append("roles: who administers or audits has no role that reads persons")
    departments = sorted(declarations.departments)
    if found.department is not None and found.department not in departments:
        mistakes.append(f"department: {found.department} is none; there are {', '.join(departments)}")
    for area in sorted(found.areas - declarations.gazetteer.area_codes - {DISTRICT}):
        mistakes.append(f"areas: {area} is neither {DISTRICT} nor the code of a town or committee")
    return mistakes
