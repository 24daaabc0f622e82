"""Weights of a linkage model: a versioned artefact that a run pins, so that every run links alike."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import log2
from pathlib import Path
from typing import Any

from resolution.errors import ResolutionError, UntrainedError
from schemas.files import DeclarationTree
from schemas.readers.linkage import Level, LinkageModel

FORMAT = 1


@dataclass(frozen=True)
class LevelWeight:
    """How often the level holds among pairs that are one (`m`) and among pairs that are not (`u`)."""

    m: float
    u: float


@dataclass(frozen=True)
class TermFrequencies:
    """Shares of a column's values: those held often enough to be listed, and the mean share of the others."""

    rest: float
    shares: Mapping[str, float]

    def of(self, value: str) -> float:
        """The share of one value."""
        return self.shares.get(value, self.rest)


@dataclass(frozen=True)
class Weights:
    """The trained weights of one register.

    `links_per_record` is the expected number of links per record to be linked; the prior follows from it.
    `levels` maps comparison and level to its weight.
    """

    register: str
    model_version: str
    model_hash: str
    records: int
    links_per_record: float
    levels: Mapping[tuple[str, str], LevelWeight]
    frequencies: Mapping[str, TermFrequencies] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The linkage file's version with a digest of the weights: what a run and a snapshot name."""
        return f"{self.model_version}+{hashlib.sha256(weights_json(self).encode()).hexdigest()[:12]}"

    def prior(self, records: int, *, smallest_population: int) -> float:
        """Probability that two records taken at random are one.

        The number of links grows with the records, that of pairs with their square: 2 · links per record / (n - 1).
        A register smaller than `smallest_population` is linked as carefully as one of that size, or of the size that
        the weights were learnt at where that is smaller still.
        """
        size = population(max(records, min(smallest_population, self.records)))
        return min(0.1, 2 * self.links_per_record / (size - 1))

    def at_size(self, model: LinkageModel, records: int) -> "Weights":
        """The weights for a register of so many records, in which levels with `others` hold by chance the more rarely.

        As the prior falls with the size, so does their u: what such a level proves stays the same.
        """
        size = population(max(records, min(model.training.smallest_population, self.records)))
        chance = {
            (comparison.id, level.id): min(0.5, level.others / size)
            for comparison in model.comparisons
            for level in comparison.levels
            if level.others is not None
        }
        levels = {key: replace(each, u=chance.get(key, each.u)) for key, each in self.levels.items()}
        return replace(self, levels=levels)

    def frequency(self, column: str, comparison: str, level: str) -> TermFrequencies:
        """The column's frequencies; without a table every value has the level's own share."""
        return self.frequencies.get(column) or TermFrequencies(self.levels[comparison, level].u, {})


def population(records: int) -> int:
    """The number of records that weights are fitted to: it moves by steps of a fifth.

    A register grows by a few records a day: scores given yesterday must hold today.
    """
    return round(2 ** (round(4 * log2(max(records, 1))) / 4))


def log_odds(share: float) -> float:
    """log2 of p / (1 - p), the scale on which weights add up."""
    return log2(share / (1 - share))


def probability(weight: float) -> float:
    """The probability that a match weight stands for."""
    return 1 / (1 + 2.0**-weight) if weight > -1000 else 0.0


def level_weight(weights: Weights, comparison: str, level: Level, value: str | None = None) -> float:
    """Match weight (log2 of m/u) of the level; where its frequency counts, the share of `value` stands for u."""
    found = weights.levels[comparison, level.id]
    if level.term_frequency is None or value is None:
        return log2(found.m / found.u)
    return log2(found.m / weights.frequency(level.term_frequency, comparison, level.id).of(value))


def check_model(model: LinkageModel, weights: Weights) -> None:
    """Raises ResolutionError where the weights were trained for another model than the declared one."""
    if weights.model_hash != model.hash:
        raise ResolutionError(
            f"the weights of {model.id} were trained for linkage model {weights.model_hash} "
            f"({weights.model_version}), the file now says {model.hash} ({model.version}): run `hub train`"
        )


def check_weights(model: LinkageModel, fitted: LinkageModel, weights: Weights) -> None:
    """Raises ResolutionError as `check_model` does; UntrainedError where a level that records can reach has no weight.

    `fitted` is the model cut to what the records can answer.
    """
    check_model(model, weights)
    lacking = [
        f"{each.id}.{level.id}"
        for each in fitted.comparisons
        for level in each.levels
        if (each.id, level.id) not in weights.levels
    ]
    if lacking:
        raise UntrainedError(model.id, lacking)


def weights_json(weights: Weights) -> str:
    """The artefact as text: one line per comparison and per column, always the same for the same weights."""
    comparisons: dict[str, dict[str, list[float]]] = {}
    for (comparison, level), found in weights.levels.items():
        comparisons.setdefault(comparison, {})[level] = [found.m, found.u]
    head = {
        "format": FORMAT,
        "register": weights.register,
        "model_version": weights.model_version,
        "model_hash": weights.model_hash,
        "records": weights.records,
        "links_per_record": weights.links_per_record,
    }
    tables = {name: {"rest": each.rest, "shares": dict(each.shares)} for name, each in weights.frequencies.items()}
    return json.dumps(head)[:-1] + ',\n"levels": ' + _lines(comparisons) + ',\n"frequencies": ' + _lines(tables) + "}\n"


def parse_weights(text: str, origin: str) -> Weights:
    """The weights in an artefact; raises ResolutionError where it is not one that this version writes."""
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise ResolutionError(f"{origin}: format {content['format']} is not known: run `hub train`")
        return Weights(
            **{
                name: content[name]
                for name in ("register", "model_version", "model_hash", "records", "links_per_record")
            },
            levels={
                (comparison, level): LevelWeight(m, u)
                for comparison, levels in content["levels"].items()
                for level, (m, u) in levels.items()
            },
            frequencies={name: TermFrequencies(**each) for name, each in content["frequencies"].items()},
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ResolutionError(f"{origin}: not a weights artefact ({error!r}): run `hub train`") from error


def read_weights(file: Path) -> Weights:
    """The weights in a file."""
    return parse_weights(file.read_text(encoding="utf-8"), str(file))


def default_weights(tree: DeclarationTree) -> dict[str, Weights]:
    """The weights that ship with the linkage models, by register, with a deployment's own laid over."""
    return {file.stem: read_weights(file) for file in tree.glob("linkage/weights/*.json")}


def _lines(entries: Mapping[str, Any]) -> str:
    inner = ",\n".join(f"{json.dumps(name)}: {json.dumps(each, ensure_ascii=False)}" for name, each in entries.items())
    return "{\n" + inner + "\n}"
