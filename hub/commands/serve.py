"""`hub serve`: hand over to the HTTP service, which lies above the hub and is never imported by it."""

import os
import sys
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb


@dataclass(frozen=True)
class ServeOptions:
    """Options of `hub serve`; what is left out is as \\[api] of home.toml says."""

    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default="8080")] = None
    workers: Annotated[int | None, typer.Option(help="How many processes answer.", show_default="cores")] = None
    metrics_port: Annotated[int | None, typer.Option(help="Port of the metrics.", show_default="9180")] = None


@verb(ServeOptions)
def serve(desk: Desk, options: ServeOptions) -> None:
    """Serve the home over HTTP (the same as `python -m api`). 服务"""
    given = {"home": desk.home.root, "schemas": desk.overlay, **asdict(options)}
    arguments = [
        part
        for name, value in given.items()
        if value is not None
        for part in (f"--{name.replace('_', '-')}", str(value))
    ]
    os.execv(sys.executable, [sys.executable, "-m", "api", *arguments])
