"""A department that reads without end and notes each answer that it got, until it is killed."""

import os
import threading
from functools import partial
from itertools import count
from pathlib import Path

import pyarrow as pa

from hub.errors import AccessDenied
from hub.sharing import audit_writer
from hub.sharing.audit_entities import MOST_IN_LINE
from hub.sharing.disclose import disclose
from hub.sharing.policies import compile_rules
from hub.sharing.request import Answer, Caller, Reading, Request
from schemas.declarations import load_declarations
from schemas.readers.purposes import Verb
from stores.home import open_home
from tests.hub.sharing.audit_log import person

CROWD = pa.table({"person_id": [person(number) for number in range(MOST_IN_LINE + 1)]})


def read_until_killed(root: Path, name: str, threads: int, limits: tuple[int, int]) -> None:
    """Every answer is noted in `<root>.<name>` only after it was handed out: number of its record, and what for."""
    audit_writer.RECORDS_PER_FILE, audit_writer.RECORDS_BETWEEN = limits
    notes = os.open(f"{root}.{name}", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    home, rules = open_home(root), compile_rules(load_declarations())

    def read(thread: int) -> None:
        for number in count():
            what = f"{name}-{thread}-{number}"
            request = Request(home, rules, "2026-06-30-aa", Reading(Verb.ASK, what))
            table = CROWD if number % 10 == 9 else CROWD.slice(number % 60, 1)
            purpose = "curiosity" if number % 7 == 6 else "training"
            try:
                sequence = disclose(
                    Caller(name), purpose, request, partial(Answer, table, ids=("person_id",))
                ).audit_sequence
            except AccessDenied:
                continue
            os.write(notes, f"{sequence} {what}\n".encode())

    for each in range(threads):
        threading.Thread(target=read, args=(each,)).start()
