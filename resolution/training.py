"""Training: weights learnt from the records at hand, kept as a versioned artefact that runs pin."""

from dataclasses import replace

from resolution.blocking import block
from resolution.columns import filled_columns
from resolution.errors import UntrainedError
from resolution.linking import clear, prepare_nodes
from resolution.models import Shares, counted_columns, learn, sample
from resolution.weights import LevelWeight, TermFrequencies, Weights
from schemas.readers.linkage import KeyRule, LinkageModel
from stores.operational.database import Operational
from stores.warehouse import Warehouse

SURE_BLOCK = 100
"""A key of a sure rule that more nodes share is not as sure as it looks."""
LISTED_FROM = 25
"""A value held by fewer records is not listed in the artefact; it has the mean share of all such values."""


def train(
    warehouse: Warehouse, operational: Operational, *, model: LinkageModel, source: str, earlier: Weights | None = None
) -> Weights:
    """Weights for the register whose records are in `source`; contexts read the registers resolved before.

    u and the prior come from the nodes after collapse, where few pairs are one; m from all records, where many are.
    Comparisons that no record can answer keep their weights of `earlier`, and so does a register without records.
    Raises UntrainedError for a level that is neither learnt nor fixed.
    """
    fitted = prepare_nodes(warehouse, operational, model, source).model
    ((nodes,),) = warehouse.rows("SELECT count(*) FROM node")
    if earlier is not None and (nodes < 2 or not fitted.comparisons):
        clear(warehouse)
        return earlier
    links = _links(warehouse, fitted)
    u = {**sample(warehouse, fitted), **_chances(fitted, nodes)}
    m = learn(warehouse, fitted, u, prior=2 * links / max(nodes, 2) / max(nodes - 1, 1))
    levels = _levels(fitted, m, u)
    frequencies = {name: _frequencies(warehouse, name) for name in counted_columns(fitted)}
    clear(warehouse)
    return Weights(
        register=model.id,
        model_version=model.version,
        model_hash=model.hash,
        records=nodes,
        links_per_record=round(links / max(nodes, 1), 6),
        levels={**_declared(model), **(earlier.levels if earlier else {}), **levels},
        frequencies={**(earlier.frequencies if earlier else {}), **frequencies},
    )


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


def _levels(model: LinkageModel, m: Shares, u: Shares) -> dict[tuple[str, str], LevelWeight]:
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
            if own_m is None or own_u is None:
                lacking.append(f"{comparison.id}.{level.id} ({'m' if own_m is None else 'u'})")
            else:
                found[key] = LevelWeight(float(f"{own_m:.4g}"), float(f"{own_u:.4g}"))
    if lacking:
        raise UntrainedError(model.id, lacking)
    return found


def _chances(model: LinkageModel, nodes: int) -> Shares:
    return {
        (comparison.id, level.id): level.others / max(nodes, model.training.smallest_population)
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
