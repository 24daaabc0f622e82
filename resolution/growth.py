"""How an entity came together: its links in the order in which they joined records, and what was kept out of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resolution.columns import Sources
from resolution.errors import UnknownRecordError
from stores.warehouse import Warehouse

ORIGINS = ("collapse", "decision", "model")
"""The order in which links join: what agrees outright, what stewards decided, what the model accepted."""


@dataclass(frozen=True)
class Link:
    """A link as `resolved.link` has it; `other_entity` is the entity of the end that is not in the one explained."""

    record_l: int
    record_r: int
    origin: str
    status: str
    match_weight: float | None
    match_probability: float | None
    reason: str | None
    other_entity: str | None


@dataclass(frozen=True)
class Joining:
    """A link that brought two parts of the entity together; `records` is how many were one afterwards."""

    link: Link
    records: int


@dataclass(frozen=True)
class Growth:
    """An entity's records, the links that joined them in order, and how many further ones only confirm.

    `kept_out` are links to records of other entities: cut in repair, ruled out, or doubted.
    """

    records: tuple[int, ...]
    joinings: tuple[Joining, ...]
    confirming: int
    kept_out: tuple[Link, ...]


def explain_growth(warehouse: Warehouse, register: str, entity_id: str, *, sources: Sources) -> Growth:
    """How the entity grew, out of the members and links of a snapshot or a warehouse.

    Links join as cluster repair takes them, the surest first. Raises UnknownRecordError where there is no such entity.
    """
    members = warehouse.rows(
        f"SELECT record_id FROM {sources.members} WHERE register = $register AND entity_id = $entity ORDER BY 1",
        {"register": register, "entity": entity_id},
    )
    if not members:
        raise UnknownRecordError(f"the register {register} has no entity {entity_id}: look it up by one of its records")
    records = [record for (record,) in members]
    links = [Link(*row) for row in warehouse.rows(links_sql(register, sources, records))]
    inside = [link for link in links if link.other_entity is None and link.status == "accepted"]
    joinings = tuple(_joinings(records, inside))
    kept_out = tuple(link for link in links if link.other_entity is not None)
    return Growth(tuple(records), joinings, len(inside) - len(joinings), kept_out)


def links_sql(register: str, sources: Sources, records: Sequence[int]) -> str:
    """The columns of `Link`, of all links that touch these records of one entity, the surest of each origin first."""
    own = ", ".join(str(record) for record in records)
    return f"""
        SELECT record_l, record_r, origin, status, match_weight, match_probability, reason, other.entity_id
        FROM {sources.links} link
        LEFT JOIN {sources.members} other ON other.register = link.register
            AND other.record_id = CASE WHEN record_l NOT IN ({own}) THEN record_l
                                       WHEN record_r NOT IN ({own}) THEN record_r END
        WHERE link.register = '{register}' AND (record_l IN ({own}) OR record_r IN ({own}))
        ORDER BY list_position({list(ORIGINS)}, origin), match_weight DESC NULLS FIRST, record_l, record_r
    """


def _joinings(records: Sequence[int], links: Sequence[Link]) -> Iterator[Joining]:
    group = {record: {record} for record in records}
    for link in links:
        left, right = group[link.record_l], group[link.record_r]
        if left is not right:
            together = left | right
            group |= dict.fromkeys(together, together)
            yield Joining(link, len(together))
