"""Accounts and sessions for the tests, with passwords that are hashed cheaply."""

from __future__ import annotations

from argon2.profiles import CHEAPEST
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from app.login import Passwords
from app.storage import create_account, ensure_course
from tests.app.support import Clock

__all__ = ["CHEAP", "PASSWORD", "SESSION", "hand_in", "log_in", "make_account", "visitor"]

CHEAP = Passwords(CHEAPEST)
PASSWORD = "several words in a row"  # noqa: S105 - of the accounts of a test
SESSION = "/api/v1/session"


def make_account(
    service: FastAPI, clock: Clock, name: str = "ada", *courses: str, admin: bool = False, password: str = PASSWORD
) -> int:
    """An account that is staff of courses, which are made where there are none."""
    with service.state.service.database.writing() as connection:
        among = [ensure_course(connection, course, clock()) for course in courses]
        return create_account(connection, name, CHEAP.hash(password), among, clock(), administrator=admin)


def visitor(service: FastAPI, address: str = "192.0.2.1", *, scheme: str = "http") -> TestClient:
    """A browser somewhere, with cookies of its own."""
    return TestClient(
        service, base_url=f"{scheme}://testserver", client=(address, 50000), raise_server_exceptions=False
    )


def log_in(client: TestClient, name: str = "ada", password: str = PASSWORD) -> Response:
    """Log in; from then on the client sends the session and its CSRF token."""
    answer = client.post(SESSION, json={"name": name, "password": password})
    if answer.status_code == 201:
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return answer


def hand_in(client: TestClient, student: str | None = "b1") -> Response:
    """Hand something in."""
    body = {"course": "ml", "assignment": "hw3", "answers": {"1.3": 5.472}}
    return client.post("/api/v1/submissions", json=body | ({} if student is None else {"student": student}))
