"""`hub train`: learn the weights of the linkage models."""

from dataclasses import dataclass

from hub.commands.desk import Desk, verb
from hub.errors import UsageError
from hub.stages import bring_in
from hub.training import WEIGHTS_FOLDER, train_all


@dataclass(frozen=True)
class TrainOptions:
    """`hub train` takes the global options only."""


@verb(TrainOptions)
def train(desk: Desk, options: TrainOptions) -> None:
    """Learn the linkage weights from the records at hand; a run then pins them. 训练"""
    if desk.overlay is None:
        raise UsageError(
            "weights are declarations: name the folder that shall keep them with --schemas DIR "
            f"(they go to DIR/{WEIGHTS_FOLDER}, and runs with the same --schemas use them)"
        )
    with desk.site() as site:
        bring_in((), site)
        weights = train_all(site, desk.overlay)
    for register, each in weights.items():
        desk.console.print(f"{register}: version {each.version}, from {each.records:,} records", soft_wrap=True)
