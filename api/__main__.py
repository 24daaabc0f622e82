"""`python -m api --home DIR`: serve a home."""

import argparse
from pathlib import Path

import uvicorn

from api.app import ApiSettings, create_app


def main() -> None:
    """Reads the arguments and serves until it is stopped."""
    parser = argparse.ArgumentParser(prog="python -m api", description="Serve a home over HTTP.")
    parser.add_argument("--home", type=Path, default=Path("home"))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()
    uvicorn.run(create_app(ApiSettings(arguments.home)), host=arguments.host, port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
