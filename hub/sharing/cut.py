"""Cuts an answer to what was decided: rows and columns that may not be seen are absent, not blanked.

What is left says nothing of what is gone: rows are ordered by what they still show, and remarks on the whole go too.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from hub.sharing.decision import Decision
from hub.sharing.entity_ids import ENTITY_ID, ids_in_table, register_of_id
from hub.sharing.request import Answer, Places, Request
from hub.sharing.rounding import rounding_of
from schemas.items import ENTITY
from schemas.readers.purposes import DISTRICT


def cut(answer: Answer, decision: Decision, request: Request) -> Answer:
    """The answer with no row and no column more than the decision permits."""
    rows = _items(_rows(answer, decision, request), answer, decision)
    names = [name for name in rows.column_names if _is_shown(name, answer, decision)]
    if not names:
        rows = rows.slice(0, 0)
    kept = rows.select(names)
    if decision.rounded_to:
        kept = rounding_of(request.home, decision.rounded_to, request.reading.what).rounded(kept, answer.shows)
    if decision.rounded_to or len(names) < len(rows.column_names):
        order = _own_order(kept)
        kept, rows = kept.take(order), rows.take(order)
    if answer.limit is not None:
        kept, rows = kept.slice(0, answer.limit), rows.slice(0, answer.limit)
    return replace(
        answer,
        table=kept,
        remarks=answer.remarks if _may_be_told(answer, decision, request) else (),
        redirects=_redirects(answer, decision, request),
        entities=answer.entities | frozenset(ids_in_table(rows)),
        disputed=_disputed(kept, answer, decision),
    )


def _disputed(kept: pa.Table, answer: Answer, decision: Decision) -> Mapping[str, frozenset[str]]:
    """What is disputed of the entities that are told, of what may be seen of them."""
    if not answer.disputed:
        return {}
    told = {*ids_in_table(kept), *answer.entities}
    seen = {each: items & decision.items for each, items in answer.disputed.items() if each in told}
    return {each: items for each, items in seen.items() if items}


def _items(rows: pa.Table, answer: Answer, decision: Decision) -> pa.Table:
    """Rows whose lists of items hold those that may be seen; what said nothing else is absent."""
    if answer.items is None or decision.is_whole:
        return rows
    lists = [(each, [item for item in each or () if item in decision.items]) for each in rows[answer.items].to_pylist()]
    place = rows.column_names.index(answer.items)
    column = pa.array([seen for _, seen in lists], rows.schema.field(answer.items).type)
    kept = [bool(seen) or not each for each, seen in lists]
    return rows.set_column(place, answer.items, column).filter(pa.array(kept, pa.bool_()))


def _redirects(answer: Answer, decision: Decision, request: Request) -> tuple[str, ...]:
    """What is told of ids that lead elsewhere: of entities in a permitted area alone."""
    if DISTRICT in decision.areas or not answer.redirects:
        return answer.redirects
    named = [ENTITY_ID.findall(told) for told in answer.redirects]
    places = request.places({each for ids in named for each in ids})
    return tuple(
        told
        for told, ids in zip(answer.redirects, named, strict=True)
        if all(decision.reaches(places.get(each, frozenset())) for each in ids)
    )


def _may_be_told(answer: Answer, decision: Decision, request: Request) -> bool:
    all_rows = DISTRICT in decision.areas or bool(request.reading.about and not answer.ids)
    return decision.is_whole or (all_rows and answer.remarks_show is not None and answer.remarks_show <= decision.items)


def _is_shown(name: str, answer: Answer, decision: Decision) -> bool:
    if name in answer.shows:
        return answer.shows[name] <= decision.items
    return name in answer.ids


def _rows(answer: Answer, decision: Decision, request: Request) -> pa.Table:
    if decision.is_whole:
        return answer.table
    named = [answer.table[name].to_pylist() for name in answer.ids]
    by_row = [name not in answer.shows for name in answer.ids]
    places = _places(named, decision, request)
    ties = answer.table[answer.tie].to_pylist() if answer.tie else None
    keep = []
    for row in range(answer.table.num_rows):
        ids = [column[row] for column in named]
        here = _lies_here(ids, places, decision, named_first=bool(request.reading.about))
        seen = all(_may_be_seen(each, decision) for each, judged in zip(ids, by_row, strict=True) if judged)
        tied = ties is None or ties[row] in decision.items or ties[row] not in request.rules.items
        shown = not answer.rows_show or answer.rows_show[row] <= decision.items
        keep.append(here and seen and tied and shown)
    return answer.table.filter(pa.array(keep, pa.bool_()))


def _places(named: list[list[str | None]], decision: Decision, request: Request) -> Places:
    """Where the entities of the rows are; nobody looks where the whole district may be seen."""
    if DISTRICT in decision.areas:
        return {}
    return request.places({each for column in named for each in column if each is not None})


def _lies_here(ids: Collection[str | None], places: Places, decision: Decision, *, named_first: bool) -> bool:
    """Whether a row lies in a permitted area: a row that names nothing does where what was asked about does."""
    if DISTRICT in decision.areas:
        return True
    known = [each for each in ids if each is not None]
    return all(decision.reaches(places.get(each, frozenset())) for each in known) if known else named_first


def _may_be_seen(entity: str | None, decision: Decision) -> bool:
    if entity is None:
        return True
    register = register_of_id(entity)
    return register is None or f"{register}.{ENTITY}" in decision.items


def _own_order(table: pa.Table) -> pa.Array:
    """Places of rows by their values from left to right: the order they had may tell of a column that is gone."""
    keys = [(each.name, "ascending") for each in table.schema if not pa.types.is_nested(each.type)]
    return pc.sort_indices(table, sort_keys=keys) if keys else pa.array(range(table.num_rows), pa.int64())
