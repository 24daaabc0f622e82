"""Counts and times of requests, by declared route and status alone, for Prometheus on a port of its own."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.08, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


@dataclass(frozen=True)
class Metrics:
    """What one application counts; workers of one service write into a folder that they share."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        requests = Counter("hub_requests", "Requests answered", ["route", "status"], registry=self.registry)
        seconds = Histogram("hub_request_seconds", "Time to answer", ["route"], buckets=SECONDS, registry=self.registry)
        object.__setattr__(self, "_requests", requests)
        object.__setattr__(self, "_seconds", seconds)

    def count(self, route: str, status: int, seconds: float) -> None:
        """Counts one answer; a status of 0 is a request whose asker went away."""
        self._requests.labels(route, str(status)).inc()  # type: ignore[attr-defined]
        self._seconds.labels(route).observe(seconds)  # type: ignore[attr-defined]


def share_metrics(folder: Path) -> None:
    """Has the workers that are started from now on count together, in files of this folder."""
    folder.mkdir()
    os.environ[FOLDER_VARIABLE] = str(folder)


def serve_metrics(host: str, port: int, folder: Path) -> int:
    """Serves what all workers counted, from a thread of this process; returns the port."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    server, _ = start_http_server(port, host, registry)
    return int(server.server_address[1])
