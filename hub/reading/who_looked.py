"""Who looked: what the audit log says of an entity, a caller, a purpose or a time, through the door."""

from hub.reading.reader import Reader
from hub.sharing.audit_list import COLUMNS, Wanted, find_records
from hub.sharing.request import Answer, Disclosure, Reading
from schemas.items import AUDIT_LOG
from schemas.readers.purposes import Verb


def who_looked(reader: Reader, wanted: Wanted) -> Disclosure:
    """The log's records that are wanted, in order; this reading is itself the next one."""

    def run() -> Answer:
        shows = dict.fromkeys(COLUMNS, frozenset({AUDIT_LOG}))
        return Answer(find_records(reader.home.audit, wanted), "Who looked 查阅记录", shows=shows)

    return reader.read_log(Reading(Verb.AUDIT, "list", wanted.parameters()), run)
