"""Health: green only after a real read of the current snapshot and a real write beside the audit log."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from hub.errors import HubError
from hub.health import check_health
from stores.errors import StoreError
from stores.snapshots import SnapshotError


def add_health(app: FastAPI, home: Path) -> None:
    """Adds GET /health; 503 with a problem document (RFC 9457) while reading or writing fails."""

    @app.get("/health")
    def health() -> JSONResponse:
        """Reads the current snapshot and writes beside the audit log."""
        try:
            return JSONResponse({"status": "ok", **check_health(home)})
        except (HubError, StoreError, SnapshotError) as error:
            return problem(503, "The hub cannot serve", str(error))


def problem(status: int, title: str, detail: str) -> JSONResponse:
    """An error as a problem document."""
    content: Mapping[str, object] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(content, status_code=status, media_type="application/problem+json")
