"""A group that cannot be committed: for whom it can still be done, and that nothing counts twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from app.checking import check_many
from app.errors import Unavailable, UptoError
from app.intake import Accepted, Arrival, Desk, desk
from app.intake.writing import write
from app.storage import Credential, Database
from app.web.responses import Responding
from tests.app.conftest import ADMIN
from tests.app.support import Clock

SUBMISSIONS = "/api/v1/submissions"


@pytest.fixture
def taken(service: FastAPI) -> Desk:
    """The desk of a service."""
    made: Desk = service.state.service.desk
    return made


def _arrivals(clock: Clock, *students: str) -> list[Arrival]:
    bodies = [json.dumps({"assignment": "hw3", "student": one, "answers": {"1.3": 5.472}}) for one in students]
    return [Arrival(Credential.of_token(ADMIN), body.encode(), clock(), Responding("en")) for body in bodies]


def _attempts(outcomes: Sequence[Accepted | UptoError]) -> list[int | None]:
    return [json.loads(one.response)["attempt"] if isinstance(one, Accepted) else None for one in outcomes]


def test_one_row_that_the_database_refuses_costs_nobody_else(
    taken: Desk, staff: TestClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = write

    def poisoned(connection: Connection, cases: Sequence[Any], *rest: int, again: bool) -> Mapping[Any, Any]:
        if any(b"poison" in case.arrival.body for case in cases):
            connection.execute(text("INSERT INTO courses (slug, created_at) VALUES ('ml', 0)"))
        return whole(connection, cases, *rest, again=again)

    monkeypatch.setattr(desk, "write", poisoned)
    outcomes = taken.take(_arrivals(clock, "b1", "poison", "b2", "b1"))
    assert _attempts(outcomes) == [1, None, 1, 2]
    assert isinstance(outcomes[1], Unavailable)
    assert len(staff.get(SUBMISSIONS).json()["items"]) == 3


def test_a_bug_over_one_submission_costs_nobody_else(
    taken: Desk, staff: TestClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = check_many

    def broken(assignment: Any, submissions: Sequence[Any], *_: object) -> Any:  # noqa: ANN401 - stands in for any signature
        if any(one.learner == "poison" for one in submissions):
            raise ZeroDivisionError("a bug of ours")
        return whole(assignment, submissions)

    monkeypatch.setattr(desk, "check_many", broken)
    outcomes = taken.take(_arrivals(clock, "poison", "b1", "b2"))
    assert _attempts(outcomes) == [None, 1, 1]
    assert len(staff.get(SUBMISSIONS).json()["items"]) == 2


@contextmanager
def _losing(database: Database, *, after_commit: bool, times: int) -> Iterator[list[int]]:
    """Lose the connection at the commit, before or after the database had carried it out."""
    lost: list[int] = []

    def lose(connection: Connection) -> None:
        if len(lost) >= times or not connection.get_execution_options().get("writes"):
            return
        lost.append(1)
        if after_commit:
            connection.connection.commit()
        else:
            connection.connection.rollback()
        raise OperationalError("COMMIT", {}, OSError("the line went dead"), connection_invalidated=True)

    event.listen(database.engine, "commit", lose)
    try:
        yield lost
    finally:
        event.remove(database.engine, "commit", lose)


@pytest.mark.parametrize("after_commit", [True, False])
def test_where_the_connection_is_lost_at_the_commit_everything_counts_once(
    taken: Desk, staff: TestClient, clock: Clock, after_commit: bool
) -> None:
    refused = Arrival(
        Credential.of_token(ADMIN),
        b'{"assignment": "hw3", "student": "b3", "answers": {"9": 1}}',
        clock(),
        Responding("en"),
    )
    arrivals = [*_arrivals(clock, "b1", "b2", "b1"), refused]
    with _losing(taken.database, after_commit=after_commit, times=1) as lost:
        outcomes = taken.take(arrivals)
    assert len(lost) == 1
    assert _attempts(outcomes) == [1, 1, 2, None]
    assert isinstance(outcomes[3], UptoError)
    assert outcomes[3].status == 422
    assert len(staff.get(SUBMISSIONS).json()["items"]) == 3
    assert len(staff.get("/api/v1/refusals").json()["items"]) == 1


def test_where_it_is_lost_again_everybody_is_told_to_come_back(taken: Desk, staff: TestClient, clock: Clock) -> None:
    with _losing(taken.database, after_commit=False, times=2):
        outcomes = taken.take(_arrivals(clock, "b1", "b2"))
    assert all(isinstance(one, Unavailable) and one.retry_after for one in outcomes)
    assert staff.get(SUBMISSIONS).json()["items"] == []
    assert _attempts(taken.take(_arrivals(clock, "b1"))) == [1]
