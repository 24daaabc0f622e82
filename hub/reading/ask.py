"""Questions of the catalogue: from the snapshot's findings where they hold the answer, else from its graph."""

import difflib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

from hub.errors import UsageError
from hub.findings import answer_table, parameters_key, rows_of
from hub.graph.port import Row
from hub.questions import bind_parameters
from hub.reading.reader import Reader, nothing_there
from hub.reading.standing import lead
from hub.sharing.disclose import parameters_for_audit
from hub.sharing.entity_ids import ENTITY_ID
from hub.sharing.request import Answer, Disclosure, Reading
from schemas.declarations import Declarations
from schemas.lineage import shown_by
from schemas.readers.purposes import Verb
from schemas.readers.questions import Question, ValueType
from stores.snapshots import Snapshot
from stores.warehouse import Warehouse

LIMIT = "limit"
SOME_DAY = date(2000, 1, 1)
"""For looking at parameters before the day that they are bound for is known."""


def ask(reader: Reader, name: str, given: Mapping[str, str], *, as_of: date | None = None) -> Disclosure:
    """The answer to a question as of a date (None: the snapshot's); `given` are parameters as typed.

    Raises UsageError, before anybody is asked or anything is written down, where they are not the question's.
    """
    question = find_question(reader.declarations, name)
    # What is no parameter, or no value of one, could be anybody's name or number: it comes no further than this.
    bind_parameters(question, given, as_of=as_of or SOME_DAY)
    free_text = frozenset(each.name for each in question.given if each.type is ValueType.TEXT)
    logged = parameters_for_audit(given, free_text=free_text) | ({"as_of": as_of.isoformat()} if as_of else {})
    register = question.subject.lower()
    reading = Reading(
        Verb.ASK,
        question.id,
        logged,
        purposes=frozenset(question.purposes),
        registers=frozenset({register} & set(reader.declarations.registers)),
        about=tuple(_entities_named(question, given).values()),
        absent=partial(nothing_there, "entity"),
    )
    return reader.read(reading, lambda snapshot: _answer(reader, question, snapshot, given, as_of))


def _entities_named(question: Question, given: Mapping[str, str]) -> Mapping[str, str]:
    """The parameters that are ids of entities."""
    texts = {each.name for each in question.given if each.type is ValueType.TEXT}
    return {name: value for name, value in given.items() if name in texts and ENTITY_ID.fullmatch(value)}


def find_question(declarations: Declarations, name: str) -> Question:
    """The question of this name; raises UsageError with the names that look like it."""
    if name in declarations.questions:
        return declarations.questions[name]
    near = difflib.get_close_matches(name, declarations.questions, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "`hub ask --list` names them all"
    raise UsageError(f"there is no question named {name!r}: {hint}")


def _answer(
    reader: Reader, question: Question, snapshot: Snapshot, given: Mapping[str, str], as_of: date | None
) -> Answer:
    today = snapshot.manifest.as_of
    given, told, has_ended = _led(reader, question, snapshot, given)
    parameters = bind_parameters(question, given, as_of=as_of or today)
    limit, parameters = _limit_apart(question, parameters)
    if has_ended:
        rows: Sequence[Row] = []
    elif parameters == bind_parameters(question, {}, as_of=today):
        with reader.entities(snapshot) as entities:
            rows = found_rows(entities, question, parameters)
    else:
        with reader.graph(snapshot) as graph:
            rows = graph.run(question, parameters)
    asked = parameters | ({LIMIT: limit} if limit is not None else {})
    shown = ", ".join(
        f"{each.name} = {asked[each.name]}"
        for each in question.given
        if each.default is None or asked[each.name] != each.default
    )
    shown_columns = shown_by(question, reader.declarations.registers, reader.declarations.graph)
    return Answer(
        answer_table(question, rows),
        f"{question.title_en} {question.title_zh} ({shown})",
        (f"When this is wrong: {question.when_wrong_en}",),
        shows=shown_columns.columns,
        ids=shown_columns.ids,
        redirects=told,
        limit=limit,
    )


def _limit_apart(question: Question, parameters: Mapping[str, object]) -> tuple[int | None, dict[str, object]]:
    """The most rows that are asked for, and the parameters with the default in its place.

    Rows are counted once they are cut: else a limit would tell how many there are that the asker may not see.
    """
    found = dict(parameters)
    limit = next((each for each in question.given if each.name == LIMIT), None)
    if limit is None or limit.type is not ValueType.INTEGER:
        return None, found
    assert isinstance(limit.default, int)
    asked = found[LIMIT]
    assert isinstance(asked, int)
    found[LIMIT] = max(asked, limit.default)
    return asked, found


def _led(
    reader: Reader, question: Question, snapshot: Snapshot, given: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...], bool]:
    """The parameters with ids of entities led to those of now, what must be told of it, and whether one has ended."""
    found = dict(given)
    told: list[str] = []
    has_ended = False
    for name, value in _entities_named(question, given).items():
        with reader.entities(snapshot) as entities:
            led = lead(entities, snapshot, value)
        told += led.told
        has_ended |= led.entity is None
        found[name] = led.entity or value
    return found, tuple(told), has_ended


def found_rows(entities: Warehouse, question: Question, parameters: Mapping[str, object]) -> Sequence[Row]:
    """The rows that were found when the snapshot was built."""
    contents = entities.rows(
        "SELECT content FROM finding WHERE question = ? AND parameters = ? ORDER BY position",
        [question.id, parameters_key(parameters)],
    )
    return rows_of(question, [content for (content,) in contents])
