"""Before the policy allows it, nothing that is secret in an assignment comes out anywhere: not one of its digits."""

from __future__ import annotations

import json
import logging
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from app.storage import create_token, find_course
from tests.app.access.canaries import CANARIES, OWN_CANARY, RIGHT, SOURCE, WRONG, birds_in, shown
from tests.app.access.matrix import ROWS
from tests.app.access.world import World, opened_world
from tests.app.support import publish_source
from tests.databases import fresh_database
from tests.faults.client import TOKEN, connect
from tests.faults.server import Server

LEARNERS = ("wrong", "right", "silent", "other learner", "nobody")
SECRET_ALWAYS = {"a hint", "a condition of draws", "a comment in the file", "the tolerance of a slip"}


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[World]:
    """A world with the assignment of canaries, and learners who were wrong, who were right and who sent nothing."""
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.INFO, "sqlalchemy.engine")  # before it is made, so that it logs its statements
    with nullcontext() if request.param == "sqlite" else fresh_database() as url, opened_world(tmp_path, url) as made:
        publish_source(made.app, made.clock, "canary", SOURCE.encode())
        publish_source(made.app, made.clock, "own-canary", OWN_CANARY.encode())
        made.tokens |= {
            "wrong": made.tokens["owner"],
            "right": made.tokens["classmate"],
            "silent": made.tokens["revoked"],
        }
        _let_in(made)
        yield made


def _let_in(world: World) -> None:
    world.tokens |= {"wrong": world.tokens["owner"], "right": world.tokens["classmate"]}
    with world.app.state.service.database.writing() as connection:
        course = find_course(connection, "ml")
        assert course is not None
        world.tokens["silent"] = create_token(connection, course, world.clock(), student="b4")
    world.things |= {"assignment": "canary"}
    for caller, answers in (("right", RIGHT), ("wrong", WRONG)):
        sent = world.send(caller, "POST", "/api/v1/submissions", json={"assignment": "canary", "answers": answers})
        assert sent.status_code == 201, sent.text
        world.things["submission_id"] = sent.json()["id"]
    body = {"assignment": "canary", "answers": {"1": "?", "4": [[1], [2, 3]], "9": 1}}
    assert world.send("wrong", "POST", "/api/v1/submissions", json=body).status_code == 422
    world.things["refusal_id"] = world.send("staff", "GET", "/api/v1/refusals").json()["items"][0]["id"]
    for caller in ("wrong", "right", "silent"):
        drawn = world.send(caller, "GET", "/api/v1/courses/ml/assignments/own-canary")
        world.things[f"data of {caller}"] = json.dumps(drawn.json()["data"]["samples"]).replace(" ", "")
    versions = world.send("staff", "GET", "/api/v1/courses/ml/assignments/canary/versions").json()["items"]
    world.things |= {"version": versions[0]["version"], "earlier": versions[0]["version"]}


def _bodies() -> Iterator[dict[str, object]]:
    """Answers that are right, wrong, close, absurd, and none."""
    yield {}
    yield {"answers": WRONG}
    yield {"answers": RIGHT}
    yield {"answers": {"1": 5.3, "2": 1e300, "3": -1, "4": [[1, 0], [0, 1]], "5": 1}}
    yield {"answers": {"1": "5.38", "4": "[2.5 1; 0.5 1.8]", "5": "11/3"}}
    yield {"answers": {"1": "nan", "2": [1, 2], "4": [[1, 2, 3]], "5": True, "7": {"x": 1}}}
    yield {"answers": {"1": {"y": 1}, "4": "np.array([[1, 2"}}
    yield {"answers": {"1": {}, "6": "x" * 70_000}}
    yield {"answers": [], "student": "b1"}


def _walk(world: World, caller: str) -> Iterator[str]:
    """All that a caller gets to see who tries everything, in both languages."""
    for language in ("en", "zh-TW"):
        said = {"Accept-Language": language}
        for row in ROWS:
            for asked in {row.asked or row.path, (row.asked or row.path).replace("own-graph", "own-canary")}:
                request = {key: value for key, value in row.request.items() if key != "headers"}
                yield shown(world.send(caller, row.method, asked, headers=said, **request))
        for slug in ("canary", "own-canary"):
            inside = f"/api/v1/courses/ml/assignments/{slug}"
            for address in (inside, *(f"{inside}/{part}" for part in ("data.npz", "data.csv", "standing", "x"))):
                for query in ("", "?student=b1", "?student=b2", "?name=x", "?lang=xx", "?student=%00"):
                    yield shown(world.send(caller, "GET", address + query, headers=said))
            for body in _bodies():
                whole = {"assignment": slug, "course": "ml", "answers": {}, **body}
                for place in ("previews", "checks", "submissions"):
                    yield shown(world.send(caller, "POST", f"/api/v1/{place}", headers=said, json=whole))
                lines = "\n".join([json.dumps(whole), "{", ""])
                ndjson = {**said, "Content-Type": "application/x-ndjson"}
                yield shown(world.send(caller, "POST", "/api/v1/checks", headers=ndjson, content=lines))
        yield shown(world.send(caller, "GET", "/api/v1/submissions?course=ml", headers=said))


@pytest.mark.parametrize("caller", LEARNERS)
def test_no_learner_finds_anything(world: World, caller: str, caplog: pytest.LogCaptureFixture) -> None:
    said = list(_walk(world, caller))
    assert len(said) > 200
    assert birds_in(said) == set()
    assert birds_in([caplog.text]) == set()
    if caller in ("right", "silent"):
        theirs = "\n".join(said).replace(" ", "")
        assert world.things[f"data of {caller}"] in theirs
        assert world.things["data of wrong"] not in theirs


def test_staff_find_everything(world: World) -> None:
    """So that nothing would have been found above only because it cannot be."""
    said = list(_walk(world, "staff"))
    for path in ("canary", "own-canary"):
        versions = world.send("staff", "GET", f"/api/v1/courses/ml/assignments/{path}/versions").json()["items"]
        address = f"/api/v1/courses/ml/assignments/{path}/versions/{versions[0]['version']}"
        said.append(shown(world.send("staff", "GET", address)))
    assert birds_in(said) == set(CANARIES)


def test_after_the_release_the_truth_comes_out_where_the_policy_says(world: World) -> None:
    report = "/api/v1/submissions/{submission_id}"
    assert birds_in([shown(world.send("wrong", "GET", report))]) == set()
    world.clock.advance(5 * 3600)
    found = birds_in([shown(world.send("wrong", "GET", report))])
    assert {"the truth", "an entry of the truth", "a truth graded by its share"} <= found
    assert {name for name in CANARIES if name.startswith("what the solver gives")} <= found
    for caller in ("silent", "right", "wrong"):
        assert birds_in(_walk(world, caller)) & SECRET_ALWAYS == set()
    assert world.send("right", "GET", report).status_code == 404


def test_a_hint_is_told_to_whom_it_is_for(world: World) -> None:
    body = {"assignment": "canary", "answers": {"1": 7.2904}}
    matched = world.send("silent", "POST", "/api/v1/submissions", json=body)
    assert birds_in([shown(matched)]) == {"a hint"}
    unmatched = world.send("silent", "POST", "/api/v1/submissions", json=body | {"answers": {"1": 7.28}})
    assert birds_in([shown(unmatched)]) == set()


def _break(connection: Connection, table: str) -> None:
    """Let nothing be put into a table any more."""
    if connection.dialect.name == "sqlite":
        refuse = "BEGIN SELECT RAISE(ABORT, 'no'); END"
    else:
        body = "$$ BEGIN RAISE EXCEPTION 'no'; END $$"
        connection.execute(text(f"CREATE FUNCTION no_{table}() RETURNS trigger LANGUAGE plpgsql AS {body}"))
        refuse = f"FOR EACH ROW EXECUTE FUNCTION no_{table}()"
    connection.execute(text(f"CREATE TRIGGER broken_{table} BEFORE INSERT ON {table} {refuse}"))


def test_a_failure_of_ours_says_and_logs_nothing_of_it(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with world.app.state.service.database.writing() as connection:
        for table in ("submissions", "assignment_versions"):
            _break(connection, table)
    caplog.clear()
    said = [shown(world.send("wrong", "GET", "/api/v1/submissions/{submission_id}"))]
    for body in _bodies():
        sent = world.send("wrong", "POST", "/api/v1/submissions", json={"assignment": "canary", "answers": {}, **body})
        assert sent.status_code in (403, 422, 503)
        said.append(shown(sent))
    assert any("/problems/unavailable" in one for one in said)
    assert birds_in(said) == set()
    changed = SOURCE.encode() + b"# changed\n"
    upload = world.send("staff", "PUT", "/api/v1/courses/ml/assignments/canary", content=changed)
    assert upload.status_code == 503
    assert birds_in([shown(upload)]) == set()
    assert "/api/v1/courses/{course}/assignments/{assignment} failed" in caplog.text
    assert "could not be kept" in caplog.text
    assert birds_in([caplog.text]) == set()
    assert str(world.tokens["wrong"]) not in caplog.text


def test_a_real_server_writes_nothing_of_it(tmp_path: Path) -> None:
    with Server(tmp_path) as server:

        def ask(token: str, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
            with closing(connect(server.port)) as connection:
                connection.request(method, f"/api/v1{path}", body, {"Authorization": f"Bearer {token}"})
                answer = connection.getresponse()
                return answer.status, f"{answer.getheaders()} {answer.read().decode()}"

        source = SOURCE.replace('opens_at: "2026-11-24 18:00", due_at: "2026-11-24 23:59"', "release: never")
        status, said = ask(TOKEN, "PUT", "/courses/ml/assignments/canary", source.encode())
        assert status == 201, said
        made = subprocess.run(
            [
                sys.executable,
                "-c",
                "from app.cli import main; main()",
                "token",
                "create",
                "--course",
                "ml",
                "--student",
                "b1",
            ],
            env={"UPTO_DATA_DIR": str(server.data), "PATH": "/usr/bin:/bin"},
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=True,
        )
        token = made.stdout.strip()
        body = json.dumps({"assignment": "canary", "answers": WRONG}).encode()
        answers = [ask(token, "POST", place, body) for place in ("/submissions", "/previews", "/checks")]
        assert [status for status, _ in answers] == [201, 200, 403]
        with closing(sqlite3.connect(server.data / "upto.sqlite3")) as database:
            for table in ("submissions", "assignment_versions"):
                refuse = "BEGIN SELECT RAISE(ABORT, 'no'); END"
                database.execute(f"CREATE TRIGGER broken_{table} BEFORE INSERT ON {table} {refuse}")
            database.commit()
        answers.append(ask(token, "POST", "/submissions", body))
        answers.append(ask(TOKEN, "PUT", "/courses/ml/assignments/canary", source.encode() + b"# changed\n"))
        assert [status for status, _ in answers[-2:]] == [503, 503]
        assert birds_in(said for _, said in answers) == set()
        log = "".join(file.read_text(encoding="utf-8") for file in tmp_path.glob("log-*"))
        assert "could not be kept" in log
        assert birds_in([log]) == set()
        assert token not in log
