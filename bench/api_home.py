"""A home that is served to a measured client: its account, and records and ids of its own department."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from hub.sharing.accounts import make, moment
from hub.sharing.accounts_keys import renew_signing_key, signing_key_file
from hub.sharing.own_id_keys import read_own_id_keys, renew_own_id_keys
from hub.sharing.own_ids import OwnIds
from stores.home import Home
from stores.operational import open_operational
from stores.operational.accounts import AccountKind, Change, NewAccount
from stores.snapshots import ENTITIES, SnapshotShelf
from stores.warehouse import open_read_only

DEPARTMENT, FEED, PURPOSE = "population_office", "residence_registration", "residence_check"
ISSUER = "https://hub.example"
SETTINGS = f'[accounts]\nissuer = "{ISSUER}"\naudience = "{ISSUER}/api"\ntoken_minutes = 60\n'
_SAMPLE = """
SELECT member.entity_id, record_key, person.name, person.id_number, person.birth_date::VARCHAR
FROM person_record record JOIN member USING (record_id) JOIN person USING (entity_id)
WHERE member.register = 'person' AND feed = $feed AND record_key NOT LIKE '%#%'
  AND person.name IS NOT NULL AND person.id_number IS NOT NULL AND person.birth_date IS NOT NULL
ORDER BY hash(record_id) LIMIT $size
"""


@dataclass(frozen=True)
class Known:
    """What the department knows of one person of its own records."""

    own_id: str
    key: str
    name: str
    id_number: str
    birth_date: str


@dataclass(frozen=True)
class Customer:
    """A department's program, with its secret and a sample of its people."""

    account: str
    secret: str
    people: Sequence[Known]


def make_customer(home: Home, size: int) -> Customer:
    """Makes an account of its own for this measurement, and the keys that a served home needs where there are none."""
    written = (home.root / "home.toml").read_text(encoding="utf-8")
    if "[accounts]" not in written:
        (home.root / "home.toml").write_text(written + SETTINGS, encoding="utf-8")
    now = datetime.now(UTC)
    change = Change("bench", moment(now))
    if not signing_key_file(home).exists():
        renew_signing_key(home, now=int(now.timestamp()), keep_seconds=0)
    new = NewAccount(f"bench-{uuid4().hex[:12]}", AccountKind.SERVICE, DEPARTMENT)
    with open_operational(home) as operational:
        accounts = operational.accounts
        made = make(new, accounts, change)
        if not accounts.own_id_keys():
            renew_own_id_keys(home, accounts, change)
        own_ids = OwnIds(DEPARTMENT, read_own_id_keys(home, accounts.own_id_keys()))
    assert made is not None and made.secret is not None
    with SnapshotShelf(home.snapshots).reading() as snapshot, open_read_only(snapshot.file(ENTITIES)) as tables:
        found = tables.rows(_SAMPLE, {"feed": FEED, "size": size})
    random.Random(7).shuffle(found)
    ids = own_ids.of([entity for entity, *_ in found])
    people = [Known(own_id, *rest) for own_id, (_, *rest) in zip(ids, found, strict=True)]
    return Customer(new.name, made.secret, people)
