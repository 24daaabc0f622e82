"""The HTTP service: one application over one home."""

from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from api.health import add_health


@dataclass(frozen=True)
class ApiSettings:
    """Which home is served."""

    home: Path


def create_app(settings: ApiSettings) -> FastAPI:
    """The application; opens nothing until it is asked."""
    app = FastAPI(title="District hub", version="0.2.0", docs_url=None, redoc_url=None)
    add_health(app, settings.home)
    return app
