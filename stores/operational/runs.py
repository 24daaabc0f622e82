"""Runs of the pipeline and the stages that each has finished."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from stores.operational.tables import run, run_stage


@dataclass(frozen=True)
class Run:
    """One run: `state` is `started` or `finished`, `stages` maps each finished stage to what it noted."""

    run_id: str
    state: str
    detail: dict[str, Any]
    stages: dict[str, dict[str, Any]]


class Runs:
    """Runs in the operational database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def start(self, run_id: str, detail: dict[str, Any] | None = None) -> Run:
        """Notes a new run; one that was started before is taken up with the stages it has finished."""
        known = self.get(run_id)
        if known is not None:
            return known
        with self._engine.begin() as connection:
            number = connection.execute(sa.select(sa.func.coalesce(sa.func.max(run.c.number), 0) + 1)).scalar_one()
            values = {"run_id": run_id, "state": "started", "detail": detail or {}, "number": number}
            connection.execute(run.insert().values(**values))
        return Run(run_id, "started", detail or {}, {})

    def finish_stage(self, run_id: str, stage: str, detail: dict[str, Any] | None = None) -> None:
        """Notes that the stage is done; a second note replaces the first."""
        here = (run_stage.c.run_id == run_id) & (run_stage.c.stage == stage)
        with self._engine.begin() as connection:
            connection.execute(run_stage.delete().where(here))
            connection.execute(run_stage.insert().values(run_id=run_id, stage=stage, detail=detail or {}))

    def finish(self, run_id: str, detail: dict[str, Any] | None = None) -> None:
        """Notes that the run is done."""
        values: dict[str, Any] = {"state": "finished"}
        if detail is not None:
            values["detail"] = detail
        with self._engine.begin() as connection:
            connection.execute(run.update().where(run.c.run_id == run_id).values(**values))

    def get(self, run_id: str) -> Run | None:
        """The run of this id, if there is one."""
        found = self._select(run.c.run_id == run_id)
        return found[0] if found else None

    def all(self) -> list[Run]:
        """Every run, in the order of its start."""
        return self._select()

    def latest(self) -> Run | None:
        """The run that started last."""
        runs = self._select()
        return runs[-1] if runs else None

    def numbers(self) -> dict[str, int]:
        """Which run each was in the order of their start, the first being 1."""
        with self._engine.connect() as connection:
            return {row.run_id: row.number for row in connection.execute(sa.select(run.c.run_id, run.c.number))}

    def _select(self, *conditions: sa.ColumnElement[bool]) -> list[Run]:
        with self._engine.connect() as connection:
            runs = connection.execute(sa.select(run).where(*conditions).order_by(run.c.number)).all()
            stages = connection.execute(sa.select(run_stage).order_by(run_stage.c.stage)).all()
        return [
            Run(
                row.run_id,
                row.state,
                dict(row.detail),
                {stage.stage: dict(stage.detail) for stage in stages if stage.run_id == row.run_id},
            )
            for row in runs
        ]
