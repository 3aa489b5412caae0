"""The service over HTTP."""

from fastapi import FastAPI

from app.watching.metrics import Metrics
from app.web import (
    auditing,
    datasets,
    files,
    health,
    me,
    pages,
    policies,
    problems,
    refusals,
    routes,
    sessions,
    speaking,
    submitting,
    tokens,
    versions,
)
from app.web.format import router as format_router
from app.web.guard import make_guard
from app.web.headers import SecurityHeaders
from app.web.readiness import Readiness
from app.web.service import Clock, FileRules, Service
from app.web.watched import Watched

__all__ = ["Clock", "FileRules", "Readiness", "Service", "install", "make_guard"]


def install(app: FastAPI, metrics: Metrics) -> None:
    """Put the routes, the error handlers, the documentation page and what surrounds every request into an application.

    Parameters
    ----------
    app : FastAPI
    metrics : Metrics
        Where requests are counted.
    """
    problems.install(app)
    submitting.install(app)
    app.include_router(routes.router)
    app.include_router(refusals.router)
    app.include_router(files.router)
    app.include_router(versions.router)
    app.include_router(datasets.router)
    app.include_router(me.router)
    app.include_router(sessions.router)
    app.include_router(tokens.router)
    app.include_router(policies.router)
    app.include_router(auditing.router)
    app.include_router(format_router)
    app.include_router(health.router)
    pages.install(app)
    speaking.install(app)
    app.add_middleware(Watched, metrics=metrics)
    app.add_middleware(SecurityHeaders)  # outermost: also around the answers to failures
