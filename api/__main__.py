"""`python -m api --home DIR`: serve a home."""

import argparse
import sys
from pathlib import Path

from api.serving import serve
from api.settings import read_api_settings
from hub.exits import EXIT_CODES, report
from hub.terminal import console_for_people
from stores.home import open_home


def main() -> None:
    """Reads the arguments, which win over settings, and serves until it is stopped."""
    parser = argparse.ArgumentParser(prog="python -m api", description="Serve a home over HTTP (docs/api.md).")
    parser.add_argument("--home", type=Path, default=Path("home"))
    parser.add_argument("--schemas", type=Path)
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--metrics-port", type=int)
    given = vars(parser.parse_args())
    try:
        serve(read_api_settings(open_home(given.pop("home")), **given))
    except tuple(EXIT_CODES) as error:
        sys.exit(report(error, console_for_people(stderr=True)))


if __name__ == "__main__":
    main()
