"""A clock that is set back by an hour: attempts count on, keys are remembered, and nobody is locked out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from app.assignments import shipped_assignments
from app.main import create_app
from app.settings import Settings
from app.storage import add_version, find_course, publish
from tests.app.support import Clock
from tests.faults.client import HEADERS, SUBMISSIONS, TOKEN, Sent, body_of
from tests.faults.ledger import Ledger, prove
from tests.faults.support import Place, Report

_HOUR = 3600
_COOLDOWN = 60


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is set."""
    return Clock()


@pytest.fixture
def service(place: Place, clock: Clock, tmp_path: Path) -> Iterator[FastAPI]:
    """The application, started."""
    url = place.settings.get("DATABASE_URL")
    application = create_app(Settings(data_dir=tmp_path, admin_token=SecretStr(TOKEN), database_url=url), clock)
    with TestClient(application):
        yield application


@pytest.fixture
def staff(service: FastAPI) -> TestClient:
    """A client that is staff of every course."""
    return TestClient(service, headers=HEADERS, raise_server_exceptions=False)


def _cool_down(service: FastAPI, clock: Clock) -> None:
    """Publish homework 3 with a pause between two attempts."""
    source = shipped_assignments()["hw3"].read_text(encoding="utf-8")
    changed = source.replace("  counts: best\n", f"  counts: best\n  cooldown_seconds: {_COOLDOWN}\n")
    assert changed != source
    clock.advance(1)
    with service.state.service.database.writing() as connection:
        course = find_course(connection, "ml")
        assert course is not None
        made = add_version(connection, course, "hw3", changed.encode(), by="a test", reason=None, now=clock())
        publish(connection, course, "hw3", made.version, by="a test", reason=None, now=clock())


def _hand_in(staff: TestClient, ledger: Ledger, remark: str, key: str | None = None) -> Sent:
    """A submission that has to be answered 201, entered into the ledger."""
    headers = {} if key is None else {"Idempotency-Key": key}
    response = staff.post(SUBMISSIONS, content=body_of("b1", remark), headers=headers)
    assert response.status_code == 201, response.text
    report = json.loads(response.content)
    replayed = response.headers.get("idempotent-replayed") == "true"
    sent = Sent("b1", key, 0.0, 201, report["id"], report["attempt"], replayed, response.content)
    ledger.add(sent)
    return sent


def test_attempts_count_on_and_the_list_is_newest_first_when_the_clock_is_set_back(
    place: Place, staff: TestClient, clock: Clock, times: int, report: Report
) -> None:
    ledger = Ledger()
    made = []
    for turn in range(times + 1):
        made += [_hand_in(staff, ledger, f"{turn} {remark}") for remark in ("one", "two")]
        clock.advance(-_HOUR)
    items = staff.get(SUBMISSIONS, params={"limit": 200}).json()["items"]
    proof = prove(ledger, items)
    report(f"clock an hour back, {times} times", place.name, proof)
    proof.check()
    assert [item["id"] for item in items] == [sent.id for sent in reversed(made)]
    assert [sent.attempt for sent in made] == list(range(1, len(made) + 1))


def test_a_key_is_remembered_when_the_clock_is_set_back(
    place: Place, staff: TestClient, clock: Clock, report: Report
) -> None:
    ledger = Ledger()
    first = _hand_in(staff, ledger, "the same", "key")
    clock.advance(-_HOUR)
    again = _hand_in(staff, ledger, "the same", "key")
    proof = prove(ledger, staff.get(SUBMISSIONS).json()["items"])
    report("clock an hour back, same key", place.name, proof)
    proof.check()
    assert (first.replayed, again.replayed) == (False, True)
    assert again.content == first.content


def test_a_cool_down_lasts_no_longer_when_the_clock_is_set_back(
    place: Place, service: FastAPI, staff: TestClient, clock: Clock, times: int, report: Report
) -> None:
    _cool_down(service, clock)
    ledger = Ledger()
    for turn in range(times):
        _hand_in(staff, ledger, f"{turn} before")
        clock.advance(-_HOUR)
        soon = staff.post(SUBMISSIONS, content=body_of("b1", f"{turn} soon"))
        if soon.status_code == 201:  # entered once more: the pause is not kept, and nobody is harmed
            answer = soon.json()
            ledger.add(Sent("b1", None, 0.0, 201, answer["id"], answer["attempt"]))
        else:
            assert soon.status_code == 429, soon.text
            assert int(soon.headers["retry-after"]) <= _COOLDOWN
        clock.advance(_COOLDOWN)
        _hand_in(staff, ledger, f"{turn} after")
        clock.advance(_COOLDOWN)
    proof = prove(ledger, staff.get(SUBMISSIONS, params={"limit": 200}).json()["items"])
    report(f"clock an hour back with a cool-down, {times} times", place.name, proof)
    proof.check()
