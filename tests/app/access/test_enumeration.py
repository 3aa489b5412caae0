"""What is another's and what is not there answer alike, byte for byte, after the same questions to the database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from httpx2 import Response
from sqlalchemy import event

from tests.app.access.world import World, opened_world

NOWHERE = str(uuid.UUID(int=7))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world, of which is only read."""
    with opened_world(tmp_path_factory.mktemp("world")) as made:
        yield made


@contextmanager
def _statements(world: World) -> Iterator[list[tuple[str, str]]]:
    """The statements that the database is asked meanwhile, and what is filled in."""
    asked: list[tuple[str, str]] = []
    engine = world.app.state.service.database.engine

    def note(_connection: object, _cursor: object, statement: str, filled: object, *_rest: object) -> None:
        asked.append((statement, str(filled)))

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


CASES = [
    ("classmate", "GET", "/api/v1/submissions/{}", "submission_id", NOWHERE),
    ("classmate", "GET", "/api/v1/submissions/{}/files", "submission_id", NOWHERE),
    ("classmate", "GET", "/api/v1/files/{}", "file_id", NOWHERE),
    ("other staff", "GET", "/api/v1/submissions/{}", "submission_id", NOWHERE),
    ("other staff", "GET", "/api/v1/files/{}", "file_id", NOWHERE),
    ("other staff", "POST", "/api/v1/refusals/{}/grade", "refusal_id", NOWHERE),
    ("classmate", "POST", "/api/v1/refusals/{}/grade", "refusal_id", NOWHERE),
    ("other staff", "GET", "/api/v1/courses/{}/assignments/hw3", "course", "xy"),
    ("other staff", "GET", "/api/v1/courses/{}/assignments/hw3/versions", "course", "xy"),
    ("other learner", "GET", "/api/v1/courses/{}/assignments/hw3/standing", "course", "xy"),
    ("other staff", "GET", "/api/v1/courses/{}/audit", "course", "xy"),
    ("other staff", "GET", "/api/v1/submissions?course={}", "course", "xy"),
    ("classmate", "GET", "/api/v1/courses/ml/assignments/hw3/learners/{}/policy", "student", "b9"),
    ("classmate", "GET", "/api/v1/courses/ml/assignments/hw3/standing?student={}", "student", "b9"),
    ("classmate", "GET", "/api/v1/courses/ml/assignments/hw3/versions/{}", "version", "0" * 16),
]


def _shown(answer: Response, sent: str) -> tuple[int, list[tuple[str, str]], str]:
    headers = [(name, value) for name, value in answer.headers.items() if name not in ("date", "x-request-id")]
    headers = [(name, "" if name == "content-length" else value) for name, value in headers]
    return answer.status_code, headers, answer.text.replace(sent, "ID")


@pytest.mark.parametrize(("caller", "method", "path", "thing", "nothing"), CASES)
def test_anothers_thing_and_one_that_is_not_there_answer_alike(
    world: World, caller: str, method: str, path: str, thing: str, nothing: str
) -> None:
    shown, asked = [], []
    world.send(caller, method, path.replace("{}", nothing))  # who calls is believed for a minute from now on
    for sent in (world.things[thing], nothing):
        with _statements(world) as statements:
            shown.append(_shown(world.send(caller, method, path.replace("{}", sent)), sent))
        asked.append([statement for statement, _ in statements])
    assert shown[0] == shown[1]
    assert shown[0][0] in (403, 404)
    assert asked[0] == asked[1]
    assert asked[0], "it was looked up"


def test_the_owner_is_answered_otherwise(world: World) -> None:
    there, nowhere = world.things["submission_id"], NOWHERE
    answers = [world.send("owner", "GET", f"/api/v1/submissions/{sent}") for sent in (there, nowhere)]
    assert [answer.status_code for answer in answers] == [200, 404]


def test_another_file_and_one_that_is_not_there_are_refused_alike(world: World) -> None:
    said = []
    for file in (world.things["file_id"], NOWHERE):
        body = {"assignment": "scans", "answers": {"1": {"scan": file}}}
        answers = [
            world.send("classmate", "POST", f"/api/v1/{place}", json=body) for place in ("previews", "submissions")
        ]
        said.append([_shown(answer, file) for answer in answers])
    assert said[0] == said[1]


def test_tokens_are_looked_up_by_their_digest_alone(world: World) -> None:
    """So that how long it takes says nothing of how much of a token is right."""
    known, near = str(world.tokens["owner"]), str(world.tokens["owner"])[:-1] + "_"
    for token in (known, near):
        with _statements(world) as statements:
            world.send("nobody", "GET", "/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert any("tokens.digest IN" in statement for statement, _ in statements)
        assert not any(token in filled for _, filled in statements)
    answers = [
        world.send("nobody", "GET", "/api/v1/me", headers={"Authorization": f"Bearer {token}".encode()}).status_code
        for token in (known, near, known.upper(), f" {known}x", "", "x" * 100_000, "\u00e9")
    ]
    assert answers == [200, *[401] * 6]
