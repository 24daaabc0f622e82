"""Fetch, start, stop and wipe a Neo4j server for development, and run its own tool on it."""

import argparse
import subprocess
import sys
from pathlib import Path

from tools.neo4j.artifacts import LONG_TERM, RELEASES, fetch, pin
from tools.neo4j.errors import ServerToolError
from tools.neo4j.server import Server, admin_command, admin_environment, make, start, stop, wipe

HOME = Path(__file__).parent.parent.parent / ".neo4j"


def main() -> int:
    """Does what the command line says; returns the exit code."""
    arguments = _parser().parse_args()
    server, release = Server(arguments.home.resolve()), RELEASES[arguments.version]
    try:
        match arguments.verb:
            case "fetch":
                print(fetch(release))
            case "pin":
                print(f"{release.pins}: {pin(release)} files")
            case "start":
                start(make(server.home, release=release))
                print(_how_to_use(server))
            case "stop":
                stop(server)
            case "wipe":
                wipe(server)
            case "admin":
                command = admin_command(server, arguments.rest)
                return subprocess.run(command, check=False, env=admin_environment(server)).returncode
    except ServerToolError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.neo4j", description=__doc__)
    parser.add_argument("--home", type=Path, default=HOME, help="the server's home (default: .neo4j in the repository)")
    parser.add_argument(
        "--version", choices=RELEASES, default=LONG_TERM.version, help="of a new home, and of what is fetched or pinned"
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("fetch", help="fetch the pinned artifacts and say where they lie")
    verbs.add_parser("pin", help="write the list of artifacts anew, after a version was raised in pom.xml")
    verbs.add_parser("start", help="make the home where there is none, start the server, say how to use it")
    verbs.add_parser("stop", help="stop the server")
    verbs.add_parser("wipe", help="stop the server and remove its home")
    admin = verbs.add_parser("admin", help="run neo4j-admin on the server's home", prefix_chars="\0")
    admin.add_argument("rest", nargs=argparse.REMAINDER)
    return parser


def _how_to_use(server: Server) -> str:
    return (
        f"neo4j {server.release.version} runs at {server.uri} (process {server.pid}, home {server.home}).\n"
        "Point the hub at it:\n"
        f"  export HUB_NEO4J_URI={server.uri} HUB_NEO4J_PASSWORD_FILE={server.password_file}\n"
        f"Stop it with `python -m tools.neo4j stop`; `wipe` removes its home too."
    )


if __name__ == "__main__":
    sys.exit(main())
