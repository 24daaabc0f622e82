"""Goes down a study's ladder until few enough persons are unique, and says what each rung cost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hub.analysis.levels import levels_of, work_table
from hub.analysis.rare import Cost, generalise
from hub.analysis.structure import ALONE, RELATIONSHIP, find_alone
from schemas.readers.analysis import PLACE, PLACE_LEVELS, VALUES, AnalysisRules, Dates, Does, KeptLabel, Rung, Study
from stores.warehouse import Warehouse


@dataclass(frozen=True)
class Step:
    """A rung that was taken: the rows that it changed or left out, and the share of persons unique after it."""

    rung: str
    rows: int
    unique: float


@dataclass
class Descent:
    """How far down the ladder a copy is: how exact its dates are, the rungs taken, and what rarity has cost.

    `generalised` are the rows of each label that rarity alone has made coarser, `rare` the rows of each step.
    """

    dates: Dates
    generalised: Mapping[str, int]
    steps: list[Step] = field(default_factory=list)
    rare: Cost = field(default_factory=Cost)

    @property
    def unique(self) -> float:
        """The share of persons that are unique now."""
        return self.steps[-1].unique


def descend(warehouse: Warehouse, rules: AnalysisRules, study: Study, tell: Callable[[str], None]) -> Descent:
    """Makes rare combinations coarser, then takes rungs until few enough persons are unique or none is left."""
    tell("rare combinations")
    rare = generalise(warehouse, rules.labels, rules.k)
    coarser = {name: _number(warehouse, coarser_sql(kept)) for name, kept in rules.labels.items()}
    descent = Descent(study.dates, coarser, rare=rare)
    _note(warehouse, rules, descent, "rare", descent.rare.total())
    for rung in study.ladder:
        if descent.unique <= rules.max_unique_share:
            break
        tell(str(rung))
        rows = _take(warehouse, rules, rung, descent)
        _note(warehouse, rules, descent, str(rung), rows)
    return descent


def _note(warehouse: Warehouse, rules: AnalysisRules, descent: Descent, rung: str, rows: int) -> None:
    descent.steps.append(Step(rung, rows, find_alone(warehouse, rules, descent.dates)))


def _take(warehouse: Warehouse, rules: AnalysisRules, rung: Rung, descent: Descent) -> int:
    if rung.does is Does.DATES:
        descent.dates = Dates(rung.what)
        return _number(warehouse, f"SELECT count(*) FROM {RELATIONSHIP}")
    if rung.does is Does.ALONE and rung.what == VALUES:
        rows = _number(warehouse, take_values_sql(rules))
        # Whoever lost them leaves the others in smaller groups.
        descent.rare += generalise(warehouse, rules.labels, rules.k)
        return rows
    statements = {
        Does.PLACES: lambda: [raise_sql(label, PLACE, PLACE_LEVELS.index(rung.what)) for label in rules.labels],
        Does.WIDER: lambda: [raise_sql("Person", rung.what, _reached(warehouse, rung.what) + 1)],
        Does.WITHOUT: lambda: [leave_out_sql(rung.what)],
        Does.ALONE: lambda: [leave_out_sql(rung.what, of_unique=True)],
    }
    return sum(_number(warehouse, sql) for sql in statements[rung.does]())


def raise_sql(label: str, name: str, level: int) -> str:
    """Brings a value of every row of a label to this level at least."""
    return f'UPDATE {work_table(label)} SET "l_{name}" = {level} WHERE "l_{name}" < {level}'


def coarser_sql(kept: KeptLabel) -> str:
    """How many rows of a label are not as exact as may be."""
    raised = " OR ".join(f'"l_{name}" > 0' for name in levels_of(kept))
    return f"SELECT count(*) FROM {work_table(kept.label)} WHERE {raised}"


def take_values_sql(rules: AnalysisRules) -> str:
    """Takes every kept value, but not the place, from persons who are unique."""
    last = {each.name: each.last_level for each in rules.labels["Person"].keeps}
    taken = ", ".join(f'"l_{name}" = {level}' for name, level in last.items())
    return f"UPDATE {work_table('Person')} SET {taken} WHERE id IN (SELECT id FROM {ALONE})"


def leave_out_sql(type_: str, *, of_unique: bool = False) -> str:
    """Leaves out the relationships of a type: all of them, or those of persons who are unique."""
    alone = f"(SELECT id FROM {ALONE})"
    ends = f" AND (start_id IN {alone} OR end_id IN {alone})" if of_unique else ""
    return f"DELETE FROM {RELATIONSHIP} WHERE type = '{type_}'{ends}"


def rows_left_out(warehouse: Warehouse, before: Mapping[str, int]) -> Mapping[str, int]:
    """Relationships of each type that are in the working table no more."""
    now = counts(warehouse)
    return {name: rows - now.get(name, 0) for name, rows in before.items()}


def counts(warehouse: Warehouse) -> Mapping[str, int]:
    """Relationships of each type in the working table."""
    return dict(warehouse.rows(f"SELECT type, count(*) FROM {RELATIONSHIP} GROUP BY type ORDER BY type"))


def _reached(warehouse: Warehouse, name: str) -> int:
    """The finest level at which a value of a person still stands."""
    return _number(warehouse, f'SELECT min("l_{name}") FROM {work_table("Person")}')


def _number(warehouse: Warehouse, sql: str) -> int:
    [(number,)] = warehouse.rows(sql)
    return int(number)
