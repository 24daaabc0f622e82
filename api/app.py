"""The HTTP service: one application over one home, put together from its routes and what stands around them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

import anyio.to_thread
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from api.background import TASKS, running
from api.ending import Ending, ending_with_parent, noting
from api.failures import add_failures
from api.frame import Frame
from api.intake import Bounds, Intake
from api.interface import HubApp
from api.metrics import Metrics
from api.queries import only_declared
from api.routes import (
    audit,
    changes,
    deliveries,
    disputes,
    entities,
    health,
    match,
    problems,
    questions,
    records,
    sessions,
    snapshot,
    tokens,
)
from api.service import opened_service
from api.settings import ApiSettings

ROUTERS = (
    health.router,
    problems.router,
    tokens.router,
    sessions.router,
    snapshot.router,
    records.router,
    entities.router,
    match.router,
    changes.router,
    disputes.router,
    deliveries.router,
    questions.router,
    audit.router,
)
DELIVERIES = "/v1/deliveries"


def create_app(settings: ApiSettings) -> FastAPI:
    """The application; it opens the home when it starts, and tells there what cannot be opened."""
    metrics, ending = Metrics(), Ending()
    app = HubApp(
        title="District hub",
        description="Every answer is decided, cut and logged before it leaves. 先决定、再裁剪、先记录、后提供。",
        version=version("district-hub"),
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(settings, ending),
        generate_unique_id_function=_name_of,
        # Spans and metrics of the framework hold addresses as they were asked, and could leave for elsewhere.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        dependencies=[Depends(only_declared)],
        middleware=[
            Middleware(Frame, metrics=metrics, ending=ending, is_secure=settings.certificate_file is not None),
            Middleware(Intake, bounds=_bounds(settings)),
        ],
    )
    add_failures(app)
    tokens.add_oauth_errors(app)
    for router in ROUTERS:
        app.include_router(router)
    app.state.metrics, app.state.ending = metrics, ending
    return app


def _lifespan(settings: ApiSettings, ending: Ending) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.work_at_once
        with opened_service(settings) as service, noting(ending), ending_with_parent():
            app.state.service = service
            async with running(TASKS, service):
                yield

    return lifespan


def _bounds(settings: ApiSettings) -> Bounds:
    return Bounds(
        requests=settings.work_at_once + settings.waiting,
        largest_body=settings.largest_body,
        body_seconds=settings.body_seconds,
        larger={DELIVERIES: settings.largest_delivery},
    )


def _name_of(route: APIRoute) -> str:
    return route.name
