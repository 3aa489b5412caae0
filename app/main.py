"""Compose the application from its settings."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from app.assignments import shipped_assignments
from app.intake import Desk, DrawingAhead, GroupWorker, Noted, RemoteDesk, Sweeper, Variants, open_desk
from app.settings import Settings
from app.storage import Database, ensure_course, ensure_shipped, token_digest
from app.watching import configure_logs
from app.watching.metrics import Metrics
from app.web import Clock, FileRules, Readiness, Service, install, make_guard

__all__ = ["COURSE", "admin_token", "create_app", "open_database", "secret_key", "utc_now"]

COURSE = "ml"
"""The course that is there from the start, with the assignments that come with the service."""

_TOKEN_FILE = "admin-token"  # noqa: S105 - the name of a file, not a token
_SECRET_FILE = "secret-key"  # noqa: S105 - the name of a file, not a secret


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def admin_token(settings: Settings) -> tuple[str, Path | None]:
    """The token that is staff of every course, and the file it is kept in where it was not set."""
    if settings.admin_token is not None:
        return settings.admin_token.get_secret_value(), None
    return _kept_secret(settings.data_dir / _TOKEN_FILE), settings.data_dir / _TOKEN_FILE


def secret_key(settings: Settings) -> bytes:
    """The key that other secrets are derived from."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _kept_secret(settings.data_dir / _SECRET_FILE).encode()


def _kept_secret(path: Path) -> str:
    """What the file holds; it is made at the first start, and only the owner may read it."""
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}")
        part.touch(mode=0o600)
        part.write_text(secrets.token_urlsafe(32) + "\n", encoding="ascii")
        try:
            os.link(part, path)  # atomic, and the first of two processes wins
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return path.read_text(encoding="ascii").strip()


def open_database(settings: Settings, clock: Clock = utc_now) -> Database:
    """Open the database, bring its tables up to date, and load the course with the shipped assignments."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database)
    database.migrate()
    with database.alone() as connection:
        course = ensure_course(connection, COURSE, clock())
        for slug, path in shipped_assignments().items():
            ensure_shipped(connection, course, slug, path.read_bytes(), clock())
    return database


def _always() -> bool:
    """Grading in the web process lives as long as that does."""
    return True


def _each(*chores: Callable[[], None]) -> Callable[[], None]:
    """What does one thing after the other."""

    def do() -> None:
        for chore in chores:
            chore()

    return do


def create_app(settings: Settings | None = None, clock: Clock = utc_now) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings : Settings, optional
        Read from the environment by default.
    clock : callable, optional
        Tells the time, in UTC.

    Returns
    -------
    FastAPI
        Its database is opened when it starts and closed when it stops.
    """
    chosen = settings or Settings()
    apart = chosen.grading == "process"
    metrics = Metrics()

    def note(noted: Noted) -> None:
        metrics.checked(noted.assignment, noted.question, noted.answers, noted.failed, noted.seconds)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = open_database(chosen, clock)
        token, _ = admin_token(chosen)
        digest = token_digest(token)
        secret = secret_key(chosen)
        desk = Desk(database, digest, chosen.rate_limit_refusals, secret, note)
        hidden = [*chosen.secrets(), token, secret.decode()]
        remote = (
            RemoteDesk(
                partial(open_desk, chosen.database, digest, chosen.rate_limit_refusals, secret),
                begin=partial(configure_logs, chosen.log_format, chosen.log_level, hidden),
                note=note,
                watch=metrics,
            )
            if apart
            else None
        )
        guard = make_guard(chosen, database, secret, clock)
        chores = _each(Sweeper(desk, clock), guard.uses)
        worker = GroupWorker((remote or desk).take, idle=chores, watch=metrics)
        variants = Variants(database, secret)
        ahead = DrawingAhead(variants, clock)
        app.state.service = Service(
            database=database,
            admin_digest=digest,
            clock=clock,
            desk=desk,
            worker=worker,
            metrics=metrics,
            metrics_for=chosen.metrics,
            note=note,
            readiness=Readiness(database, clock, _always if remote is None else remote.lives),
            body_seconds=chosen.body_seconds,
            variants=variants,
            guard=guard,
            files=FileRules(chosen.file_bytes, chosen.files_per_learner_bytes, chosen.data_dir),
        )
        try:
            if remote is not None:
                await run_in_threadpool(remote.wait)
            yield
        finally:
            await run_in_threadpool(ahead.close)
            await run_in_threadpool(worker.close)
            if remote is not None:
                await run_in_threadpool(remote.close)
            database.close()

    app = FastAPI(
        title="Upto",
        version=version("upto"),
        description="Grades numeric homework up to what the mathematics leaves free.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    install(app, metrics)
    return app
