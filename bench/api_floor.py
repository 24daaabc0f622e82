"""`python -m bench.api_floor PARTS …`: the service with parts of the door taken out, to know what they cost.

For measurements alone: the parts are replaced in this process and its workers, and no setting of the hub does this.
"""

import os
import sys
from collections.abc import Callable

from fastapi import FastAPI

from api import serving
from api.__main__ import main
from api.app import create_app
from api.settings import ApiSettings
from hub.reading import reader
from hub.sharing import audit
from hub.sharing.request import Answer, Caller, Disclosure, Request

WITHOUT = "BENCH_WITHOUT"
AUDIT, POLICY = "audit", "policy"


def create_floor(settings: ApiSettings) -> FastAPI:
    """The application without the parts that the environment names."""
    without = os.environ[WITHOUT].split(",")
    if AUDIT in without:
        audit.append = lambda home, entry: 0
    if POLICY in without:
        reader.disclose = undecided
    return create_app(settings)


def undecided(caller: Caller, purpose: str, request: Request, run: Callable[[], Answer]) -> Disclosure:
    """What is read, handed out whole to whoever asks."""
    return Disclosure(run(), request.snapshot, 0, "-")


if __name__ == "__main__":
    os.environ[WITHOUT] = sys.argv.pop(1)
    serving.create_app = create_floor
    main()
