"""What every verb works at: the chosen home and declarations, the console, and one way to declare options."""

import getpass
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, Field, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import typer
from rich.console import Console

from hub.reading.reader import Reader
from hub.settings import Settings, read_settings
from hub.sharing.callers import read_caller
from hub.sharing.request import Caller
from hub.site import Site
from hub.terminal import TerminalProgress, console_for_people
from schemas.declarations import Declarations, load_declarations
from stores.home import Home, open_home
from stores.opening import open_stores
from stores.snapshots import SnapshotShelf

Options = TypeVar("Options")


@dataclass(frozen=True)
class Desk:
    """One invocation of the command line: which home, which declarations, which verb, who types."""

    home_folder: Path
    overlay: Path | None
    verb: str = ""

    @cached_property
    def console(self) -> Console:
        """Where results go."""
        return console_for_people()

    @cached_property
    def home(self) -> Home:
        """The chosen home; raises StoreError where there is none."""
        return open_home(self.home_folder)

    @cached_property
    def settings(self) -> Settings:
        """The home's settings."""
        return read_settings(self.home)

    @cached_property
    def declarations(self) -> Declarations:
        """The shipped declarations with the deployment's own laid over them."""
        return load_declarations(self.overlay)

    @cached_property
    def shelf(self) -> SnapshotShelf:
        """The home's snapshots."""
        return SnapshotShelf(self.home.snapshots)

    @property
    def user(self) -> str:
        """The name that the operating system gives whoever types."""
        return getpass.getuser()

    @cached_property
    def caller(self) -> Caller:
        """Who types, by the name that the operating system gives them, with the roles that the home gives that name."""
        return read_caller(self.home, self.user, self.declarations)

    def reader(self, purpose: str, case: str = "") -> Reader:
        """Whoever types, reading the home's current snapshot for this purpose."""
        return Reader(self.home, self.declarations, self.settings, self.caller, purpose, case=case)

    @contextmanager
    def site(self) -> Iterator[Site]:
        """The home's stores, open for writing, with progress shown beside the results (on standard error)."""
        console = console_for_people(stderr=True)
        drawn = TerminalProgress(console)

        def tell(repair: str) -> None:
            console.print(f"repaired: {repair}", markup=False, soft_wrap=True)

        with open_stores(self.home, self.verb, settings=self.settings.warehouse, tell=tell) as stores, drawn:
            yield Site(self.home, stores.warehouse, stores.operational, self.declarations, self.settings, drawn)


def verb(options: type[Options]) -> Callable[[Callable[[Desk, Options], None]], Callable[..., None]]:
    """Makes a command of a function of the desk and one frozen object, whose fields are the options."""
    hints = get_type_hints(options, include_extras=True)
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    parameters = [context, *(_parameter(each, hints[each.name]) for each in fields(options))]  # type: ignore[arg-type]

    def wrap(function: Callable[[Desk, Options], None]) -> Callable[..., None]:
        def command(context: typer.Context, **values: Any) -> None:
            function(replace(context.obj, verb=function.__name__), options(**values))

        command.__doc__ = function.__doc__
        command.__name__ = function.__name__
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        return command

    return wrap


def _parameter(option: "Field[Any]", annotation: Any) -> inspect.Parameter:
    default = option.default if option.default is not MISSING else inspect.Parameter.empty
    if option.default_factory is not MISSING:
        default = option.default_factory()
    return inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
