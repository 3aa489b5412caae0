"""The floor: the least that a durable FastAPI service does, to hold the real one against.

The same web stack, body model and group commit, and one insert of what was sent; nothing is read, graded or verified.
Its settings are the real service's environment variables.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import psycopg
import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from app.intake import GroupWorker
from app.settings import Settings
from app.web.schemas import SubmissionBody

__all__ = ["create_app"]

Row = tuple[str, bytes]
Store = Callable[[Sequence[Row]], Sequence[None]]


def _sqlite(settings: Settings) -> tuple[Store, Callable[[], None]]:
    """Keep groups in an SQLite file, one durable transaction each."""
    file = settings.data_dir / "floor.sqlite3"
    connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None, timeout=5)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS submissions (id INTEGER PRIMARY KEY, student TEXT, body BLOB)")

    def store(rows: Sequence[Row]) -> Sequence[None]:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO submissions (student, body) VALUES (?, ?)", rows)
        connection.execute("COMMIT")
        return [None] * len(rows)

    return store, connection.close


def _postgresql(url: str) -> tuple[Store, Callable[[], None]]:
    """Keep groups in PostgreSQL: one statement, one round trip and one durable transaction each."""
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("SET synchronous_commit = on")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS submissions"
        " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, student text, body text)"
    )
    insert = "INSERT INTO submissions (student, body) SELECT * FROM unnest(%s::text[], %s::text[])"

    def store(rows: Sequence[Row]) -> Sequence[None]:
        connection.execute(insert, ([student for student, _ in rows], [body.decode() for _, body in rows]))
        return [None] * len(rows)

    return store, connection.close


def create_app() -> FastAPI:
    """Make the application from the environment."""
    settings = Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        url = settings.database_url
        store, close = _sqlite(settings) if url is None else _postgresql(url)
        worker: GroupWorker[Row, None] = GroupWorker(store)
        app.state.worker = worker
        try:
            yield
        finally:
            await run_in_threadpool(worker.close)
            close()

    app = FastAPI(lifespan=lifespan)

    @app.post("/api/v1/submissions", status_code=201)
    async def submit(body: SubmissionBody, request: Request) -> Response:
        student = body.student or request.headers.get("authorization", "")
        await request.app.state.worker.do((student, await request.body()))
        return Response(json.dumps({"student": student}), 201, media_type="application/json")

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    return app


def main() -> None:
    """Serve with the settings of uvicorn that ``upto serve`` uses."""
    settings = Settings()
    uvicorn.run(
        "tests.benchmarks.floor:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
    )


if __name__ == "__main__":
    main()
