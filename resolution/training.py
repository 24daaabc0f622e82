"""Training: weights learnt from the records at hand, kept as a versioned artefact that runs pin."""

from collections.abc import Mapping
from dataclasses import replace

from resolution.blocking import block
from resolution.columns import filled_columns
from resolution.errors import UntrainedError
from resolution.linking import clear, prepare_nodes
from resolution.models import Shares, counted_columns, learn, sample, score
from resolution.weights import LevelWeight, TermFrequencies, Weights
from schemas.readers.linkage import KeyRule, LinkageModel
from stores.operational.database import Operational
from stores.warehouse import Warehouse

SURE_BLOCK = 100
"""A key of a sure rule that more nodes share is not as sure as it looks."""
LEANING = 20
"""Weights lean on the earlier ones as if these had been learnt from so many links more."""
ROUNDS = 8
"""Rounds of expectation maximisation over all compared pairs; the weights hardly move after the sixth."""
FEWEST_LINKS = 10.0
"""Where fewer links are to be expected, they teach nothing."""
LISTED_FROM = 25
"""A value held by fewer records is not listed in the artefact; it has the mean share of all such values."""


def train(
    warehouse: Warehouse, operational: Operational, *, model: LinkageModel, source: str, earlier: Weights | None = None
) -> Weights:
    """Weights for the register whose records are in `source`; contexts read the registers resolved before.

    u and the prior come from the nodes after collapse, where few pairs are one; m from all records, where many are.
    What these records cannot teach keeps its weights of `earlier`: a level that no pair reached, a comparison that no
    record can answer, a register without records. Raises UntrainedError for a level without any weight.
    """
    fitted = prepare_nodes(warehouse, operational, model, source).model
    ((nodes,),) = warehouse.rows("SELECT count(*) FROM node")
    if earlier is not None and (nodes < 2 or not fitted.comparisons):
        clear(warehouse)
        return earlier
    known = earlier.levels if earlier else {}
    links = _links(warehouse, fitted)
    u = {**sample(warehouse, fitted), **_chances(fitted, nodes)}
    m = learn(warehouse, fitted, u, prior=2 * links / max(nodes, 2) / max(nodes - 1, 1))
    found = Weights(
        register=model.id,
        model_version=model.version,
        model_hash=model.hash,
        records=nodes,
        links_per_record=links / max(nodes, 1),
        levels=_levels(fitted, _leaning(fitted, m, known, links), u, known),
        frequencies={name: _frequencies(warehouse, name) for name in counted_columns(fitted)},
    )
    found = _settled(warehouse, fitted, found, known)
    clear(warehouse)
    return replace(
        found,
        links_per_record=round(found.links_per_record, 6),
        levels={**_declared(model), **known, **found.levels},
        frequencies={**(earlier.frequencies if earlier else {}), **found.frequencies},
    )


def _settled(
    warehouse: Warehouse, model: LinkageModel, weights: Weights, known: Mapping[tuple[str, str], LevelWeight]
) -> Weights:
    """The weights after rounds of expectation maximisation over all pairs that linking compares, in all fields at once.

    Each of Splink's own runs sees only pairs that agree in something: duplicates with one slip each then look as if
    that slip were the rule in every other field.
    """
    block(warehouse, model)
    u: Shares = {key: level.u for key, level in weights.levels.items()}
    for _ in range(ROUNDS if warehouse.rows("SELECT 1 FROM pair LIMIT 1") else 0):
        score(warehouse, model, weights, records=weights.records, explain=True)
        m = _expected(warehouse, model)
        ((links,),) = warehouse.rows("SELECT coalesce(sum(match_probability), 0) FROM scored")
        if links < FEWEST_LINKS:
            break
        levels = _levels(model, _leaning(model, m, known, links), u, known)
        weights = replace(weights, links_per_record=links / weights.records, levels=levels)
    return weights


def _expected(warehouse: Warehouse, model: LinkageModel) -> Shares:
    """m of each level as the share of the probable matches of `scored` that it has; None where no pair can say."""
    found: dict[tuple[str, str], float | None] = {}
    for comparison in model.comparisons:
        rows = warehouse.rows(f"""
            SELECT gamma_{comparison.id}, sum(match_probability) FROM scored
            WHERE gamma_{comparison.id} >= 0 GROUP BY gamma_{comparison.id}
        """)
        sums = {int(value): float(links) for value, links in rows}
        whole = sum(sums.values())
        for place, level in enumerate(reversed(comparison.levels)):
            found[comparison.id, level.id] = sums.get(place, 0.0) / whole if whole >= FEWEST_LINKS else None
    return found


def _links(warehouse: Warehouse, model: LinkageModel) -> float:
    filled = filled_columns(warehouse, model)
    rules = [KeyRule(f"sure_{place}", on, "", SURE_BLOCK) for place, on in enumerate(model.training.prior_rules)]
    block(warehouse, replace(model, blocking=tuple(rule for rule in rules if filled >= set(rule.columns))))
    ((pairs,),) = warehouse.rows("SELECT count(*) FROM pair")
    return max(float(pairs), 1.0) / model.training.prior_recall


def _declared(model: LinkageModel) -> dict[tuple[str, str], LevelWeight]:
    return {
        (comparison.id, level.id): LevelWeight(level.m, level.u)
        for comparison in model.comparisons
        for level in comparison.levels
        if level.m is not None and level.u is not None
    }


def _leaning(model: LinkageModel, m: Shares, earlier: Mapping[tuple[str, str], LevelWeight], links: float) -> Shares:
    """m of few links is drawn towards the earlier one, so that a level that none of them reached is not impossible."""
    found = dict(m)
    for comparison in model.comparisons:
        keys = [(comparison.id, level.id) for level in comparison.levels if level.m is None]
        if any(m[key] is not None for key in keys) and earlier.keys() >= set(keys):
            for key in keys:
                found[key] = ((m[key] or 0.0) * links + earlier[key].m * LEANING) / (links + LEANING)
    return found


def _levels(
    model: LinkageModel, m: Shares, u: Shares, earlier: Mapping[tuple[str, str], LevelWeight]
) -> dict[tuple[str, str], LevelWeight]:
    found: dict[tuple[str, str], LevelWeight] = {}
    lacking = []
    for comparison in model.comparisons:
        # A level fixed to say nothing takes pairs away from the others: their shares are of the pairs that are left.
        speaking = [level for level in comparison.levels if level.m is None or level.m != level.u]
        whole = min(1.0, sum(level.m or m[comparison.id, level.id] or 0.0 for level in speaking))
        for level in comparison.levels:
            key = comparison.id, level.id
            own_m, own_u = m[key], level.u or u[key]
            if level.m is not None:
                own_m = level.m
            elif own_m is not None:
                own_m /= whole
            if (own_m is None or own_u is None) and key in earlier:
                own_m, own_u = own_m or earlier[key].m, own_u or earlier[key].u
            if own_m is None or own_u is None:
                lacking.append(f"{comparison.id}.{level.id} ({'m' if own_m is None else 'u'})")
            else:
                found[key] = LevelWeight(float(f"{own_m:.4g}"), float(f"{own_u:.4g}"))
    if lacking:
        raise UntrainedError(model.id, lacking)
    return found


def _chances(model: LinkageModel, nodes: int) -> Shares:
    return {
        (comparison.id, level.id): min(0.5, level.others / max(nodes, 1))
        for comparison in model.comparisons
        for level in comparison.levels
        if level.others is not None
    }


def _frequencies(warehouse: Warehouse, column: str) -> TermFrequencies:
    ((total, others, distinct),) = warehouse.rows(f"""
        SELECT sum(held), coalesce(sum(held) FILTER (WHERE held < {LISTED_FROM}), 0),
               count(*) FILTER (WHERE held < {LISTED_FROM})
        FROM (SELECT count(*) AS held FROM node WHERE {column} IS NOT NULL GROUP BY {column})
    """)
    listed = warehouse.rows(f"""
        SELECT {column}, count(*) AS held FROM node WHERE {column} IS NOT NULL
        GROUP BY {column} HAVING count(*) >= {LISTED_FROM} ORDER BY held DESC, {column}
    """)
    rest = float(others) / distinct / float(total) if distinct else 1 / float(total)
    return TermFrequencies(float(f"{rest:.4g}"), {value: float(f"{held / float(total):.4g}") for value, held in listed})
