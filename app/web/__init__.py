"""The service over HTTP."""

from fastapi import FastAPI

from app.web import (
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
from app.web.service import Clock, FileRules, Service

__all__ = ["Clock", "FileRules", "Service", "install", "make_guard"]


def install(app: FastAPI) -> None:
    """Put the routes, the error handlers and the documentation page into an application."""
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
    app.include_router(format_router)
    app.include_router(health.router)
    pages.install(app)
    speaking.install(app)
