"""A service of one's own for every test: its database, its clock, its clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from app.storage import create_token, find_course
from tests.app.support import Clock
from tests.databases import fresh_database, prepared_database

ADMIN = "an-admin-token-for-tests"


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is advanced."""
    return Clock()


@pytest.fixture(scope="session")
def template() -> Iterator[str]:
    """A PostgreSQL database that the others are copied from."""
    with prepared_database() as name:
        yield name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of its own, on each of the two kinds: whatever uses it is tested on both."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'upto.sqlite3'}"
    else:
        with fresh_database(request.getfixturevalue("template")) as url:
            yield url


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings with a data directory and a database of their own."""
    return Settings(
        data_dir=tmp_path,
        admin_token=SecretStr(ADMIN),
        secret_key=SecretStr("a secret key for tests"),  # what is drawn for learners is the same every time
        database_url=database_url,
        grading="thread",
    )


@pytest.fixture
def service(settings: Settings, clock: Clock) -> Iterator[FastAPI]:
    """The application, started."""
    application = create_app(settings, clock)
    with TestClient(application):
        yield application


@pytest.fixture
def client_of(service: FastAPI) -> Callable[[str | None], TestClient]:
    """Clients with a bearer token."""

    def make(token: str | None) -> TestClient:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return TestClient(service, headers=headers, raise_server_exceptions=False)

    return make


@pytest.fixture
def staff(client_of: Callable[[str | None], TestClient]) -> TestClient:
    """A client that is staff of every course."""
    return client_of(ADMIN)


@pytest.fixture
def learner(
    service: FastAPI, client_of: Callable[[str | None], TestClient], clock: Clock
) -> Callable[[str], TestClient]:
    """Clients of learners of the course ml."""

    def make(student: str) -> TestClient:
        with service.state.service.database.writing() as connection:
            course = find_course(connection, "ml")
            assert course is not None
            return client_of(create_token(connection, course, clock(), student=student))

    return make
