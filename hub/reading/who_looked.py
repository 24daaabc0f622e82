"""Who looked: what the audit log says of an entity, a caller, a purpose or a time, through the door."""

import re

from hub.reading.reader import Reader
from hub.sharing.audit_list import COLUMNS, Wanted, find_records
from hub.sharing.disclose import parameters_for_audit
from hub.sharing.request import Answer, Disclosure, Reading
from schemas.items import AUDIT_LOG
from schemas.readers.purposes import Verb

CODE = re.compile(r"[a-z][a-z0-9_.-]{0,63}", re.IGNORECASE)
"""What accounts, users of an operating system and purposes are called; other texts could say anything of anybody."""


def who_looked(reader: Reader, wanted: Wanted) -> Disclosure:
    """The log's records that are wanted, in order; this reading is itself the next one."""

    def run() -> Answer:
        shows = dict.fromkeys(COLUMNS, frozenset({AUDIT_LOG}))
        return Answer(find_records(reader.home.audit, wanted), "Who looked 查阅记录", shows=shows)

    strange = frozenset(each for each in ("caller", "purpose") if not CODE.fullmatch(getattr(wanted, each)))
    logged = parameters_for_audit(wanted.parameters(), free_text=strange)
    return reader.read_log(Reading(Verb.AUDIT, "list", logged), run)
