"""Tokens: 256 random bits, kept as digests, compared in constant time, shown once, and worthless once revoked."""

from __future__ import annotations

import dataclasses
import hmac
import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.storage import Database, create_token, find_course, list_tokens, revoke_token, token_digest
from tests.app.support import Clock
from tests.app.uploads import upload

ClientOf = Callable[[str | None], TestClient]
HW3 = "/api/v1/courses/ml/assignments/hw3"


def _made(service: FastAPI, clock: Clock, **whose: str) -> str:
    database: Database = service.state.service.database
    with database.writing() as connection:
        course = find_course(connection, "ml")
        assert course is not None
        return create_token(connection, course, clock(), **whose)  # type: ignore[arg-type] # staff or student


def test_a_token_is_random_and_shown_once(service: FastAPI, clock: Clock) -> None:
    tokens = [_made(service, clock, staff="tutor") for _ in range(20)]
    assert all(re.fullmatch(r"upto_[A-Za-z0-9_-]{43}", token) for token in tokens)
    assert len(set(tokens)) == 20
    with service.state.service.database.reading() as connection:
        listed = str([dataclasses.asdict(row) for row in list_tokens(connection)])
    assert not any(token in listed or token_digest(token) in listed for token in tokens)


def test_only_digests_are_compared_and_in_constant_time(
    service: FastAPI, client_of: ClientOf, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, compared = _made(service, clock, staff="tutor"), []
    compare = hmac.compare_digest

    def note(one: str, other: str) -> bool:
        compared.append((one, other))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", note)
    assert client_of(token).get("/api/v1/me").status_code == 200
    assert client_of("x").get("/api/v1/me").status_code == 401
    assert {one for one, _ in compared} == {token_digest(token), token_digest("x")}
    assert {other for _, other in compared} == {service.state.service.admin_digest}


@pytest.mark.parametrize("whose", [{"staff": "tutor"}, {"student": "b1"}])
def test_a_token_that_is_revoked_is_worthless_at_once(
    service: FastAPI, client_of: ClientOf, clock: Clock, whose: dict[str, str]
) -> None:
    """Although its holder is believed for a minute to be worth reading a body from."""
    token = _made(service, clock, **whose)
    client, database = client_of(token), service.state.service.database
    submission = {"course": "ml", "assignment": "hw3", "student": "b1", "answers": {"1.3": 5.472}}

    def asked() -> list[int]:
        return [
            client.post("/api/v1/submissions", json=submission, headers={"Idempotency-Key": "one"}).status_code,
            client.post("/api/v1/previews", json=submission).status_code,
            client.patch("/api/v1/me", json={"language": None}).status_code,
            client.put(f"{HW3}/learners/b1/policy", json={"attempts": 9}).status_code,
            client.put(HW3, content=b"format: 1\n").status_code,
            client.get(f"{HW3}/standing?student=b1").status_code,
            upload(client, student="b1").status_code,
        ]

    assert 401 not in asked()
    with database.writing() as connection:
        (row,) = list_tokens(connection)
        assert revoke_token(connection, row.id, clock())
    assert asked() == [401] * 7


def test_a_token_in_an_address_or_a_form_is_none(service: FastAPI, client_of: ClientOf, clock: Clock) -> None:
    """So that none stands in the logs of whatever is in between."""
    token, client = _made(service, clock, student="b1"), client_of(None)
    assert client.get(f"/api/v1/me?access_token={token}&token={token}").status_code == 401
    assert client.get("/api/v1/me", headers={"Cookie": f"token={token}"}).status_code == 401
    assert client.get("/api/v1/me", headers={"Authorization": f"Basic {token}"}).status_code == 401
    assert client.get("/api/v1/me", headers={"Authorization": f"bearer {token}"}).status_code == 200
