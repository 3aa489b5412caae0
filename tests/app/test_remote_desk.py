"""The process that grades: where it dies, another takes its place, and nothing counts twice."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.errors import Unavailable, UptoError
from app.intake import Accepted, Arrival, Desk, Noted, RemoteDesk, remote
from app.main import open_database
from app.settings import Settings
from app.storage import Credential, Database, token_digest
from app.storage.tables import refusals, submissions
from app.web.responses import Responding

TOKEN = "a-token-for-the-tests-of-the-desk"  # noqa: S105 - it opens nothing but the database of a test
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class FragileDesk(Desk):
    """Dies after it has committed a submission of the student “once” for the first time, and of “always” each time."""

    def take(
        self, arrivals: Sequence[Arrival], names: Sequence[str] | None = None, *, again: bool = False
    ) -> list[Accepted | UptoError]:
        outcomes = super().take(arrivals, names, again=again)
        bodies = b"".join(arrival.body for arrival in arrivals)
        if b"always" in bodies or (b"once" in bodies and not again):
            os._exit(1)
        return outcomes


def _fragile(url: str) -> Desk:
    return FragileDesk(Database(url), token_digest(TOKEN), 60, b"")


@pytest.fixture
def url(settings: Settings) -> str:
    """A database with the course in it, of either kind."""
    open_database(settings).close()
    return settings.database


@pytest.fixture
def desk(url: str) -> Iterator[RemoteDesk]:
    """A desk that dies of some submissions."""
    made = RemoteDesk(partial(_fragile, url))
    made.wait()
    yield made
    made.close()


def _arrival(student: str, key: str | None = None, question: str = "1.3") -> Arrival:
    body = json.dumps({"assignment": "hw3", "student": student, "answers": {question: 5.472}}).encode()
    return Arrival(Credential.of_token(TOKEN), body, NOW, Responding("en"), [key] if key else [])


def _attempts(outcomes: Sequence[Accepted | UptoError]) -> list[int]:
    return [json.loads(one.response)["attempt"] for one in outcomes if isinstance(one, Accepted)]


def _count(url: str) -> tuple[int, int]:
    database = Database(url)
    with database.reading() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(one)).scalar_one() for one in (submissions, refusals)
        ]
    database.close()
    return counts[0], counts[1]


def test_what_it_refuses_and_accepts_comes_back_whole(desk: RemoteDesk, url: str) -> None:
    accepted, refused = desk.take([_arrival("b1"), _arrival("b1", question="9.9")])
    assert isinstance(accepted, Accepted)
    assert isinstance(refused, UptoError)
    assert refused.status == 422
    assert refused.problems[0].pointer == "/answers/9.9"
    assert _count(url) == (1, 1)


def test_a_group_over_which_it_dies_after_the_commit_counts_once(desk: RemoteDesk, url: str) -> None:
    group = [_arrival("once"), _arrival("once", "key"), _arrival("b2", question="9.9"), _arrival("once")]
    outcomes = desk.take(group)
    assert sorted(_attempts(outcomes)) == [1, 2, 3]
    assert not any(one.replayed for one in outcomes if isinstance(one, Accepted))
    assert _count(url) == (3, 1)
    (again,) = desk.take([_arrival("once", "key")])
    assert isinstance(again, Accepted)
    assert again.replayed


def test_killed_between_two_groups_it_is_replaced(desk: RemoteDesk, url: str) -> None:
    assert _attempts(desk.take([_arrival("b1")])) == [1]
    for attempt in (2, 3):
        os.kill(desk.pid, signal.SIGKILL)
        assert _attempts(desk.take([_arrival("b1")])) == [attempt]


def test_a_group_over_which_two_die_is_given_up_and_the_next_one_is_taken(desk: RemoteDesk, url: str) -> None:
    with pytest.raises(Unavailable):
        desk.take([_arrival("always")])
    assert _attempts(desk.take([_arrival("b1")])) == [1]


def test_signals_to_everybody_leave_it_to_finish(desk: RemoteDesk) -> None:
    before = desk.pid
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(before, number)
    assert _attempts(desk.take([_arrival("b1")])) == [1]
    assert desk.pid == before


def test_it_ends_with_the_one_that_started_it(url: str) -> None:
    desk = RemoteDesk(partial(_fragile, url))
    desk.wait()
    pid = desk.pid
    desk.close()
    assert not Path(f"/proc/{pid}").exists()


def test_after_a_start_that_took_too_long_everybody_gets_their_own_answer(
    desk: RemoteDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_START_SECONDS", 0.01)
    os.kill(desk.pid, signal.SIGKILL)
    with pytest.raises(Unavailable):
        desk.take([_arrival("b1")])
    monkeypatch.setattr(remote, "_START_SECONDS", 60.0)
    for student in ("b2", "b3", "b4"):
        (accepted,) = desk.take([_arrival(student)])
        assert isinstance(accepted, Accepted)
        assert json.loads(accepted.response)["student"] == student


def test_once_closed_it_starts_no_other(url: str) -> None:
    desk = RemoteDesk(partial(_fragile, url))
    desk.wait()
    assert desk.lives()
    desk.close()
    pid = desk.pid
    assert not desk.lives()
    assert desk.pid == pid
    assert not Path(f"/proc/{pid}").exists()


def test_what_grading_took_is_told_over_here(url: str) -> None:
    told: list[Noted] = []
    desk = RemoteDesk(partial(_fragile, url), note=told.append)
    desk.take([_arrival("b1"), _arrival("b2"), _arrival("b3", question="9.9")])
    desk.take([_arrival("b1")])
    desk.close()
    assert [(one.assignment, one.question, one.answers, one.failed) for one in told] == [
        ("hw3", "1.3", 2, 0),
        ("hw3", "1.3", 1, 0),
    ]
    assert all(one.seconds > 0 for one in told)
