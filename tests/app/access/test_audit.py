"""What staff did is written down with the change itself, for good, and their course's staff can read it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from app.assignments import shipped_assignments
from app.settings import Settings
from app.storage import Database, back_up, create_token, ensure_course, restore
from app.storage.tables import audit_log
from tests.app.support import Clock, publish_source
from tests.app.uploads import SOURCE, upload
from tests.databases import fresh_database

AUDIT = "/api/v1/courses/ml/audit"
HW3 = "/api/v1/courses/ml/assignments/hw3"
ClientOf = Callable[[str | None], TestClient]


@pytest.fixture
def tutor(service: FastAPI, client_of: ClientOf, clock: Clock) -> TestClient:
    """Staff of the course ml alone."""
    with service.state.service.database.writing() as connection:
        course = ensure_course(connection, "ml", clock())
        return client_of(create_token(connection, course, clock(), staff="a tutor"))


def _log(client: TestClient, **query: str) -> list[dict[str, Any]]:
    answer = client.get(AUDIT, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def _submit(client: TestClient, **more: object) -> Any:  # noqa: ANN401 - a response
    body = {"course": "ml", "assignment": "hw3", "answers": {"1.3": 5.472}, **more}
    return client.post("/api/v1/submissions", json=body)


def test_every_change_by_staff_is_written_down_once(service: FastAPI, tutor: TestClient, clock: Clock) -> None:
    changed = shipped_assignments()["hw3"].read_bytes() + b"# changed\n"
    version = tutor.put(HW3, params={"reason": "a typo"}, content=changed).json()["version"]
    assert tutor.put(HW3, content=changed).status_code == 201  # it is there already
    for _ in range(2):
        assert tutor.post(f"{HW3}/versions/{version}/publish", params={"reason": "now"}).status_code == 200
    policy = f"{HW3}/learners/B1/policy"
    assert tutor.put(policy, json={"attempts": 3, "reason": "was ill"}).status_code == 200
    assert tutor.delete(policy, params={"reason": "is well"}).status_code == 200
    assert tutor.delete(policy).status_code == 200  # nothing is left to take back
    made = _submit(tutor, student="b1").json()["id"]
    assert _submit(tutor, student="b1", answers={"1.3": "?"}).status_code == 422
    (refused,) = tutor.get("/api/v1/refusals").json()["items"]
    clock.advance(60)
    graded = tutor.post(f"/api/v1/refusals/{refused['id']}/grade", json={"answers": {"1.3": 5.472}}).json()["id"]
    publish_source(service, clock, "scans", (SOURCE % "").encode())
    file = upload(tutor, student="b1").json()["id"]

    log = _log(tutor)
    assert [(one["action"], one["subject"], one["student"]) for one in reversed(log)] == [
        ("version.uploaded", version, None),
        ("version.published", version, None),
        ("allowance.granted", None, "b1"),
        ("allowance.withdrawn", None, "b1"),
        ("submission.made", made, "b1"),
        ("refusal.graded", refused["id"], "b1"),
        ("file.uploaded", file, "b1"),
    ]
    assert {(one["actor"], one["role"], one["token"] is None) for one in log} == {("a tutor", "staff", False)}
    assert len({one["request"] for one in log} - {None}) == len(log)  # each by a request of its own
    said = {one["action"]: one["details"] for one in log}
    assert said["version.uploaded"] == {"state": "draft", "reason": "a typo"}
    assert said["allowance.granted"] == {"before": None, "after": {"attempts": 3}, "reason": "was ill"}
    assert said["allowance.withdrawn"] == {"before": {"attempts": 3}, "after": None, "reason": "is well"}
    assert said["refusal.graded"] == {"submission": graded, "corrected": True}
    assert "5.472" not in json.dumps(log)
    assert log[1]["at"].startswith("2026-11-24T12:01:00"), "when it was graded, not when it had been sent"


def test_what_learners_do_or_staff_do_in_vain_is_not_in_it(
    staff: TestClient, learner: Callable[[str], TestClient]
) -> None:
    assert _submit(learner("b1")).status_code == 201
    assert staff.put(HW3, content=b"format: 1\n").status_code == 422
    assert staff.post(f"{HW3}/versions/none/publish").status_code == 404
    assert staff.put(f"{HW3}/learners/b1/policy", json={"attempts": 0}).status_code == 422
    assert staff.post("/api/v1/checks", json={"assignment": "hw3", "answers": {}}).status_code == 200
    assert _log(staff) == []
    assert _submit(staff, student="b1").status_code == 201
    assert [(one["role"], one["token"]) for one in _log(staff)] == [("administrator", None)]


def test_a_change_that_is_undone_leaves_no_entry(
    tutor: TestClient, monkeypatch: pytest.MonkeyPatch, staff: TestClient
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("the power went off")

    with monkeypatch.context() as patch:
        patch.setattr("app.web.allowing.write_log", fail)
        assert tutor.put(f"{HW3}/learners/b1/policy", json={"attempts": 3}).status_code == 503
    assert staff.get(f"{HW3}/policies").json()["items"] == []
    assert _log(staff) == []


def test_the_list_is_filtered_and_paged(tutor: TestClient) -> None:
    for student in ("b1", "b2", "b1"):
        assert _submit(tutor, student=student).status_code == 201
    assert tutor.put(f"{HW3}/learners/b1/policy", json={"attempts": 3}).status_code == 200
    assert [one["student"] for one in _log(tutor, action="submission.made")] == ["b1", "b2", "b1"]
    assert [one["action"] for one in _log(tutor, student="B1")] == ["allowance.granted", *["submission.made"] * 2]
    pages, address = [], f"{AUDIT}?limit=3"
    while address:
        page = tutor.get(address)
        pages.append([(one["action"], one["student"]) for one in page.json()["items"]])
        address = page.links.get("next", {}).get("url", "")
    assert [len(page) for page in pages] == [3, 1]
    assert [one for page in pages for one in page] == [(one["action"], one["student"]) for one in _log(tutor)]
    assert tutor.get(AUDIT, params={"action": "everything"}).json()["errors"][0]["pointer"] == "/query/action"
    assert tutor.get(AUDIT, params={"cursor": "?"}).status_code == 422


def test_only_the_courses_own_staff_read_it(
    service: FastAPI, tutor: TestClient, client_of: ClientOf, learner: Callable[[str], TestClient], clock: Clock
) -> None:
    with service.state.service.database.writing() as connection:
        other = ensure_course(connection, "other", clock())
        outsider = client_of(create_token(connection, other, clock(), staff="somebody"))
    assert _submit(tutor, student="b1").status_code == 201
    assert outsider.get(AUDIT).status_code == 404
    assert outsider.get("/api/v1/courses/other/audit").json() == {"items": []}
    assert learner("b1").get(AUDIT).status_code == 403
    assert client_of(None).get(AUDIT).status_code == 401


# Append-only


CHANGES = (
    "UPDATE audit_log SET actor = 'nobody'",
    "DELETE FROM audit_log",
    "DELETE FROM audit_log WHERE number = 1",
    "INSERT INTO audit_log (number, at, actor, role, action, details) VALUES (1, 0, 'x', 'x', 'x', '{}')"
    " ON CONFLICT (number) DO UPDATE SET actor = 'nobody'",
)


@pytest.mark.parametrize("statement", CHANGES)
def test_the_database_refuses_to_change_or_delete_entries(service: FastAPI, tutor: TestClient, statement: str) -> None:
    assert _submit(tutor, student="b1").status_code == 201
    before = _log(tutor)
    database: Database = service.state.service.database
    with pytest.raises(DBAPIError, match="only appended to"), database.writing() as connection:
        connection.execute(text(statement))
    assert _log(tutor) == before


def test_the_database_refuses_to_replace_or_truncate(service: FastAPI, tutor: TestClient) -> None:
    assert _submit(tutor, student="b1").status_code == 201
    before = _log(tutor)
    database: Database = service.state.service.database
    row = "audit_log (number, at, actor, role, action, details) VALUES (1, 0, 'x', 'x', 'x', '{}')"
    small = database.engine.dialect.name == "sqlite"
    statement = f"INSERT OR REPLACE INTO {row}" if small else "TRUNCATE audit_log"
    with pytest.raises(DBAPIError, match="only appended to"), database.writing() as connection:
        connection.execute(text(statement))
    assert _log(tutor) == before


def test_to_append_is_allowed(service: FastAPI, staff: TestClient) -> None:
    database: Database = service.state.service.database
    entry = {"at": service.state.service.clock(), "actor": "x", "role": "operator", "action": "x", "details": "{}"}
    with database.writing() as connection:
        connection.execute(insert(audit_log), [entry, entry])
    assert len(_log(staff)) == 2


# Backups and the command line


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_carries_the_log_and_restoring_it_is_its_last_entry(
    service: FastAPI, tutor: TestClient, clock: Clock, tmp_path: Path, kind: str
) -> None:
    assert _submit(tutor, student="b1").status_code == 201
    kept = _log(tutor)
    back_up(service.state.service.database, tmp_path / "backup")
    with fresh_database() if kind == "postgresql" else nullcontext(f"sqlite:///{tmp_path / 'new.sqlite3'}") as url:
        database, rows = Database(url), []
        for replace in (False, True):
            restore(database, tmp_path / "backup", replace=replace, by="root", now=clock())
            with database.reading() as connection:
                rows = list(connection.execute(text("SELECT action, actor, details FROM audit_log ORDER BY number")))
            assert [row.action for row in rows] == [kept[0]["action"], "database.restored"]
            assert rows[1].actor == "root"
        replaced = {"submissions": 1, "learners": 1, "entries": 2}
        assert json.loads(rows[1].details) == {"submissions": 1, "learners": 1, "replaced": replaced}
        with pytest.raises(DBAPIError, match="only appended to"), database.writing() as connection:
            connection.execute(text("DELETE FROM audit_log"))
        database.close()


def test_a_restored_backup_stands_in_the_log_of_every_course(
    service: FastAPI, settings: Settings, staff: TestClient, tmp_path: Path
) -> None:
    database: Database = service.state.service.database
    back_up(database, tmp_path / "backup")
    restore(database, tmp_path / "backup", by="root")
    (entry,) = _log(staff)
    assert (entry["action"], entry["actor"], entry["role"]) == ("database.restored", "root", "operator")


def test_tokens_of_the_command_line_are_in_the_log_and_not_their_secrets(tmp_path: Path) -> None:
    environment = {"UPTO_DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "USER": "an-operator"}

    def upto(*arguments: str) -> str:
        command = [sys.executable, "-c", "from app.cli import main; main()", *arguments]
        root = Path(__file__).parents[3]
        done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    token = upto("token", "create", "--course", "ml", "--student", "B1")
    upto("token", "revoke", "1")
    with closing(sqlite3.connect(tmp_path / "upto.sqlite3")) as connection:
        rows = connection.execute("SELECT action, actor, role, student, subject, details FROM audit_log").fetchall()
    assert [row[:5] for row in rows] == [
        ("token.created", "an-operator", "operator", "b1", "1"),
        ("token.revoked", "an-operator", "operator", "b1", "1"),
    ]
    assert token not in str(rows)
