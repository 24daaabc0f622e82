"""Runs a notebook from its first cell to its last, as an analyst would: `python -m tools.notebooks FILE --to FILE`."""

import argparse
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

SECONDS = 3600


def main() -> int:
    """Writes the notebook with its outputs; 1 where a cell fails."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("notebook", type=Path)
    arguments.add_argument("--to", type=Path, required=True, help="where the notebook with its outputs goes")
    given = arguments.parse_args()
    notebook = nbformat.read(given.notebook, as_version=4)  # type: ignore[no-untyped-call]
    # Over sockets of the file system: nobody else on this machine can listen.
    apart = Config({"KernelManager": {"transport": "ipc"}})
    client = NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", config=apart)
    try:
        client.execute()
    except CellExecutionError as error:
        print(error, file=sys.stderr)
        return 1
    nbformat.write(notebook, given.to)  # type: ignore[no-untyped-call]
    return 0


if __name__ == "__main__":
    sys.exit(main())
