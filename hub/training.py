"""Learns the weights of all registers from the records at hand, each register after those it builds on."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hub.site import Site
from resolution.resolve import ORDER, ResolutionContext, resolve_register, source_table
from resolution.training import train
from resolution.weights import Weights, default_weights, weights_json

WEIGHTS_FOLDER = "linkage/weights"


def train_all(site: Site, schemas_folder: Path) -> Mapping[str, Weights]:
    """Writes linkage/weights/<register>.json into the folder of declarations and returns the weights.

    Each register is resolved with its new weights before the next is trained: its entities are evidence there.
    """
    folder = schemas_folder / WEIGHTS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    weights = dict(default_weights(site.declarations.tree))
    context = ResolutionContext(
        site.warehouse, site.operational, site.declarations, "train", identity_key=site.home.key("identity")
    )
    for done, register in enumerate(ORDER):
        site.progress.step("train", register, done, len(ORDER))
        weights[register] = train(
            site.warehouse,
            site.operational,
            model=site.declarations.linkage[register],
            source=source_table(site.warehouse, register),
            earlier=weights.get(register),
        )
        (folder / f"{register}.json").write_text(weights_json(weights[register]), encoding="utf-8")
        resolve_register(replace(context, weights=weights), register, weights)
    site.progress.step("train", "", len(ORDER), len(ORDER))
    return weights
