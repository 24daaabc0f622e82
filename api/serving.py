"""Serving a home: one process looks after the workers and serves their metrics; the workers share one socket."""

import logging
import socket
from functools import partial
from logging.config import dictConfig

import uvicorn
from uvicorn.supervisors import Multiprocess

from api.app import create_app
from api.intake import LARGEST_HEADERS
from api.logs import LOGGING
from api.metrics import serve_metrics, share_metrics
from api.runtime import runtime_folder
from api.service import opened_service
from api.settings import ApiSettings

LOG = logging.getLogger("hub.serving")
CONNECTIONS = 1_000
START_SECONDS = 60
"""A worker that is still reading its code answers nothing. On a busy machine that takes longer than the 5 s after which
it would be taken for hung, killed and started anew, time after time."""


class Workers(Multiprocess):
    """Replaces each worker that dies, also one that dies before it has ever answered."""

    def keep_subprocess_alive(self) -> None:
        """Replaces those that died or hang."""
        for each in self.processes:
            # As long as this process has the worker's end open too, it waits for the answer of a dead one to the end.
            each.child_conn.close()
        super().keep_subprocess_alive()


def serve(settings: ApiSettings) -> None:
    """Serves until it is told to stop; then requests that are being answered are finished.

    Raises the errors of whatever cannot be opened before any worker is started. A worker that dies is replaced.
    """
    dictConfig(LOGGING)
    with runtime_folder() as runtime:
        shared = settings.model_copy(update={"runtime": runtime})
        with opened_service(shared):
            pass
        counts = runtime / "metrics"
        share_metrics(counts)
        config = _config(shared)
        listening = listen(config)
        said = {"port": listening.getsockname()[1], "workers": settings.workers}
        if settings.metrics_port is not None:
            said["metrics_port"] = serve_metrics(settings.metrics_host, settings.metrics_port, counts)
        LOG.info("serving", extra={"said": said})
        Workers(config, [listening]).run()
        LOG.info("stopped")


def listen(config: uvicorn.Config) -> socket.socket:
    """The socket that all workers listen on; what is sent to its connections goes out at once."""
    listening = config.bind_socket()
    # Connections inherit it. The loop sets it for sockets that name their protocol, which this one does not: head and
    # body of an answer, sent apart, would then wait for the other side's delayed word of receipt (40 ms).
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _config(settings: ApiSettings) -> uvicorn.Config:
    return uvicorn.Config(
        partial(create_app, settings),
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        http="h11",
        ws="none",
        lifespan="on",
        log_config=LOGGING,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=settings.stop_seconds,
        timeout_worker_healthcheck=START_SECONDS,
        ssl_certfile=settings.certificate_file,
        ssl_keyfile=settings.private_key_file,
        h11_max_incomplete_event_size=2 * LARGEST_HEADERS,
    )
