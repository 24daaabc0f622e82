"""`hub serve`: hand over to the HTTP service, which lies above the hub and is never imported by it."""

import os
import sys
from dataclasses import dataclass
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb


@dataclass(frozen=True)
class ServeOptions:
    """Options of `hub serve`."""

    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080


@verb(ServeOptions)
def serve(desk: Desk, options: ServeOptions) -> None:
    """Serve the home over HTTP (the same as `python -m api`). 服务"""
    arguments = ["--home", str(desk.home.root), "--host", options.host, "--port", str(options.port)]
    os.execv(sys.executable, [sys.executable, "-m", "api", *arguments])
