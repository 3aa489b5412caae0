"""Files: uploaded for a field, named by a submission, read by those whom they concern, and nobody else's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from app.web import FileRules
from tests.app.support import Clock, publish_source
from tests.app.uploads import EXAMPLES, FILES, NOTEBOOK, PDF, PNG, SOURCE, upload

Make = Callable[[str], TestClient]
SUBMISSIONS = "/api/v1/submissions"
PLACE = "/api/v1/courses/ml/assignments/scans"


@pytest.fixture(autouse=True)
def scans(service: FastAPI, clock: Clock) -> None:
    """The assignment that takes files."""
    publish_source(service, clock, "scans", (SOURCE % "").encode())


def _limit(service: FastAPI, each: int = 20 << 20, per_learner: int = 200 << 20) -> None:
    known: FileRules = service.state.service.files
    service.state.service = replace(service.state.service, files=replace(known, each=each, per_learner=per_learner))


def _id(client: TestClient, content: bytes = PDF, name: str = "scan.pdf", **parts: str) -> str:
    answer = upload(client, content, name, **parts)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _body(file: str, **more: object) -> dict[str, Any]:
    return {"assignment": "scans", "answers": {"1": {"scan": file}, "3": 6.854}, **more}


def _pointers(answer: Any) -> list[str]:  # noqa: ANN401 - a response
    assert answer.headers["content-type"] == "application/problem+json"
    return [problem["pointer"] for problem in answer.json()["errors"]]


# Up and down again


def test_what_is_uploaded_is_described_and_comes_back_byte_for_byte(learner: Make) -> None:
    client = learner("b1")
    content = PDF + bytes(range(256)) * 4000  # several pieces
    answer = upload(client, content, "推導.pdf")
    said = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{FILES}/{said['id']}"
    assert said | {"id": ""} == {
        "id": "",
        "name": "推導.pdf",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "media_type": "application/pdf",
        "created_at": "2026-11-24T12:00:01.000000Z",
        "expires_at": "2026-12-01T12:00:01.000000Z",
    }
    found = client.get(f"{FILES}/{said['id']}")
    assert found.content == content
    assert found.headers["content-type"] == "application/pdf"
    assert found.headers["content-length"] == str(len(content))
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert found.headers["cache-control"] == "private, no-store"
    assert found.headers["content-disposition"] == (
        "attachment; filename=\"__.pdf\"; filename*=UTF-8''%E6%8E%A8%E5%B0%8E.pdf"
    )


def test_a_file_is_seen_by_its_learner_and_by_staff_alone(
    learner: Make, staff: TestClient, client_of: Callable[[str | None], TestClient]
) -> None:
    file = _id(learner("b1"))
    for client in (learner("b1"), staff):
        assert client.get(f"{FILES}/{file}").content == PDF
    for other in (f"{FILES}/{file[:-1]}", f"{FILES}/nothing", f"{FILES}/%00"):
        assert staff.get(other).status_code == 404
    hidden = learner("b2").get(f"{FILES}/{file}")
    assert hidden.status_code == 404
    assert hidden.json()["detail"] == f"There is no file {file}."
    assert client_of(None).get(f"{FILES}/{file}").status_code == 401


def test_staff_of_another_course_see_and_send_nothing(
    service: FastAPI, learner: Make, client_of: Callable[[str | None], TestClient], clock: Clock
) -> None:
    from app.storage import create_token, ensure_course

    with service.state.service.database.writing() as connection:
        course = ensure_course(connection, "other", clock())
        stranger = client_of(create_token(connection, course, clock(), staff="someone"))
    file = _id(learner("b1"))
    assert stranger.get(f"{FILES}/{file}").status_code == 404
    assert upload(stranger, course="ml", student="b1").status_code == 404
    assert upload(stranger, student="b1").status_code == 404


def test_staff_upload_for_a_learner_and_a_learner_for_nobody_else(learner: Make, staff: TestClient) -> None:
    file = _id(staff, student="B7")
    assert learner("b7").get(f"{FILES}/{file}").content == PDF
    assert learner("b1").get(f"{FILES}/{file}").status_code == 404
    assert _pointers(upload(staff)) == ["/student"]
    assert upload(learner("b1"), student="b7").status_code == 403
    assert upload(learner("b1"), student="B1", course="ml").status_code == 201


def test_the_same_content_for_the_same_field_is_the_same_file(learner: Make, clock: Clock) -> None:
    client = learner("b1")
    first = upload(client).json()
    clock.advance(3600)
    again = upload(client, name="another.pdf").json()
    assert again == first | {"expires_at": "2026-12-01T13:00:01.000000Z"}
    others = [_id(client, question="2"), _id(client, PDF + b"\n"), _id(learner("b2"))]
    assert len({first["id"], *others}) == 4


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_kind_is_known_by_its_content_and_served_as_such(
    service: FastAPI, learner: Make, clock: Clock, kind: str
) -> None:
    name, content = EXAMPLES[kind]  # type: ignore[index] # its own keys
    every = SOURCE.replace("scan: {kind: file}", f"scan: {{kind: file, accept: [{', '.join(EXAMPLES)}]}}")
    publish_source(service, clock, "scans", (every % "").encode())
    client = learner("b1")
    said = upload(client, content, name).json()
    assert said["name"] == name
    found = client.get(f"{FILES}/{said['id']}")
    assert (found.content, found.headers["content-type"]) == (content, said["media_type"])
    assert "html" not in said["media_type"]  # which is what the sender called it
    alone = SOURCE.replace("scan: {kind: file}", f"scan: {{kind: file, accept: [{kind}]}}")
    publish_source(service, clock, "scans", (alone % "").encode())
    assert upload(client, content, name).status_code == 201
    for other, (its_name, its_content) in EXAMPLES.items():
        if other != kind and {other, kind} != {"npz", "zip"}:
            assert upload(client, its_content, its_name).status_code == 422, other


@pytest.mark.parametrize(
    ("name", "content", "arrived"),
    [
        ("scan.pdf", b"<html><script>alert(1)</script></html>", "of no kind"),
        ("scan.pdf", b"PDF-1.7", "of no kind"),
        ("scan.pdf", b" " * 2000 + PDF, "of no kind"),
        ("scan.pdf", EXAMPLES["zip"][1], "zip"),
        ("scan.png", b"\x89PN", "of no kind"),
        ("scan.txt", b"a text", "txt"),
    ],
)
def test_content_that_is_not_what_the_field_takes_is_refused(
    learner: Make, name: str, content: bytes, arrived: str
) -> None:
    answer = upload(learner("b1"), content, name)
    assert answer.status_code == 422
    assert _pointers(answer) == ["/file"]
    assert f"What arrived is {arrived}" in answer.json()["detail"]
    assert "pdf, png, jpeg, heic" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.py", b"x = '\xff'"), ("a.py", b"\0x"), ("a.txt", b"x"), ("a.ipynb", PNG), ("a.py", b"\xe4\xb8")],
)
def test_a_text_is_utf_8_without_nul_under_its_usual_ending(learner: Make, name: str, content: bytes) -> None:
    where = {"question": "2", "field": "code"}
    assert upload(learner("b1"), content, name, **where).status_code == 422
    assert upload(learner("b1"), b"x = 1", "a.PY", **where).status_code == 201


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ({"question": "9"}, "/question"),
        ({"question": "3", "field": "kappa"}, "/field"),
        ({"field": "remark"}, "/field"),
        ({"field": "\0\r\n<script>"}, "/field"),
        ({"assignment": "NO NAME"}, "/assignment"),
        ({"student": "nobody at all"}, "/student"),
        ({"answers": "{}"}, "/answers"),
    ],
)
def test_a_part_that_names_nothing_is_pointed_to(staff: TestClient, parts: dict[str, str], pointer: str) -> None:
    answer = upload(staff, PDF, "scan.pdf", **{"student": "b1", **parts})
    assert answer.status_code == 422
    assert _pointers(answer) == [pointer]
    assert all(character.isprintable() for character in answer.json()["detail"])


def test_an_assignment_that_takes_no_file_or_is_not_there(learner: Make) -> None:
    answer = upload(learner("b1"), assignment="hw3", question="2.1", field="derivation")
    assert (answer.status_code, _pointers(answer)) == (422, ["/field"])
    assert upload(learner("b1"), assignment="hw9").status_code == 404


def test_refusals_are_said_in_chinese_as_well(learner: Make) -> None:
    client = learner("b1")
    client.headers["Accept-Language"] = "zh-TW"
    answer = upload(client, b"")
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (
        422,
        "檔案是空的。請重新選擇檔案，再傳一次。",
    )


# Limits


def test_a_file_may_be_as_large_as_the_field_says_and_not_a_byte_larger(learner: Make) -> None:
    where = {"question": "2", "field": "code"}
    client = learner("b1")
    assert upload(client, b"#" * 1000, "a.py", **where).json()["bytes"] == 1000
    answer = upload(client, b"#" * 1001, "a.py", **where)
    assert answer.status_code == 413
    assert "1001 bytes; at most 1000" in answer.json()["detail"]


def test_a_file_may_be_as_large_as_the_service_takes_and_not_a_byte_larger(service: FastAPI, learner: Make) -> None:
    _limit(service, each=500)
    client = learner("b1")
    assert upload(client, PDF.ljust(500)).json()["bytes"] == 500
    answer = upload(client, PDF.ljust(501))
    assert answer.status_code == 413
    assert "at most 500 bytes" in answer.json()["detail"]
    assert upload(client, b"#" * 501, "a.py", question="2", field="code").status_code == 413


def test_a_learners_files_for_an_assignment_have_a_limit_together(
    service: FastAPI, learner: Make, clock: Clock
) -> None:
    _limit(service, per_learner=1000)
    client = learner("b1")
    submitted = _id(client, PDF.ljust(300))
    assert client.post(SUBMISSIONS, json=_body(submitted)).status_code == 201
    _id(client, PDF.ljust(700, b"."))
    for _ in range(2):
        answer = upload(client)
        assert answer.status_code == 409
        assert answer.json()["type"] == "/problems/file-quota"
        assert "have 1000 bytes" in answer.json()["detail"]
    assert upload(client, PDF.ljust(700, b".")).status_code == 201  # it is there already
    assert upload(learner("b2")).status_code == 201
    clock.advance(timedelta(days=7, seconds=1).total_seconds())
    _id(client, PDF.ljust(700, b"-"))  # what can no longer be submitted does not count, what was submitted does
    assert upload(client).status_code == 409


def test_files_are_taken_while_answers_are(service: FastAPI, learner: Make, clock: Clock) -> None:
    policy = "opens_at: 2026-11-24T13:00:00Z, due_at: 2026-11-24T14:00:00Z, closes_at: 2026-11-24T14:59:00Z"
    publish_source(service, clock, "scans", (SOURCE % policy).encode())
    client = learner("b1")
    answers = []
    for _ in range(4):
        answers.append(upload(client))
        clock.advance(3600)
    assert [answer.status_code for answer in answers] == [409, 201, 201, 409]
    assert answers[3].json()["type"] == answers[0].json()["type"] == "/problems/closed"


# Named by a submission


def test_a_submission_names_a_file_and_a_person_grades_it(learner: Make, staff: TestClient) -> None:
    client = learner("b1")
    file = _id(client)
    code = _id(client, NOTEBOOK, "a.ipynb", question="2", field="code")
    answers = {"1": {"scan": file, "remark": "see page 2"}, "2": code, "3": 6.854}
    report = client.post(SUBMISSIONS, json={"assignment": "scans", "answers": answers})
    assert report.status_code == 201
    said = report.json()
    assert (said["score"], said["pending"], said["status"]) == (1.0, 3.0, "pending_manual")
    assert said["questions"]["1"]["verdict"] == said["questions"]["1"]["fields"]["scan"]["verdict"] == "manual"
    assert said["questions"]["1"]["feedback"][0]["code"] == "manual"
    for reader in (client, staff):
        items = reader.get(f"{SUBMISSIONS}/{said['id']}/files").json()["items"]
        assert [(one["id"], one["question"], one["field"], one["expires_at"]) for one in items] == [
            (file, "1", "scan", None),
            (code, "2", "code", None),
        ]
    assert learner("b2").get(f"{SUBMISSIONS}/{said['id']}/files").status_code == 404
    again = client.post(SUBMISSIONS, json=_body(file))
    assert (again.status_code, again.json()["attempt"]) == (201, 2)


def test_a_submission_without_files_has_an_empty_list(learner: Make) -> None:
    client = learner("b1")
    made = client.post(SUBMISSIONS, json={"assignment": "scans", "answers": {"1": {"scan": None}}}).json()
    assert client.get(f"{SUBMISSIONS}/{made['id']}/files").json() == {"items": []}


def test_a_preview_says_which_file_was_meant(learner: Make, staff: TestClient) -> None:
    client = learner("b1")
    file = _id(client)
    questions = client.post("/api/v1/previews", json=_body(file)).json()["questions"]
    assert questions["1"] == {"fields": {"scan": {"name": "scan.pdf", "bytes": len(PDF)}}}
    assert client.get(f"{FILES}/{file}").status_code == 200
    check = staff.post("/api/v1/checks", json=_body(file, student="b1"))
    assert (check.status_code, check.json()["pending"]) == (200, 3.0)
    lines = "\n".join(json.dumps(_body(one, student="b1")) for one in (file, file[:-4] + "0000"))
    headers = {"content-type": "application/x-ndjson"}
    good, bad = staff.post("/api/v1/checks", content=lines, headers=headers).text.splitlines()
    assert (json.loads(good)["pending"], json.loads(bad)["status"]) == (3.0, 422)


def test_only_the_learners_own_file_of_that_very_field_can_be_named(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock
) -> None:
    client = learner("b1")
    strange = {
        "unknown": "01234567-89ab-4cde-8f01-23456789abcd",
        "another learner's": _id(learner("b2")),
        "another question's": _id(client, question="2"),
    }
    answers = [
        client.post(path, json=_body(file)) for file in strange.values() for path in (SUBMISSIONS, "/api/v1/previews")
    ]
    assert [(one.status_code, _pointers(one)) for one in answers] == [(422, ["/answers/1/scan"])] * 6
    told = {one.json()["detail"].replace(file, "") for one, file in zip(answers[::2], strange.values(), strict=True)}
    assert len(told) == 1  # nothing tells one from the other
    publish_source(service, clock, "copies", (SOURCE % "").replace("scans", "copies").encode())
    mine = _id(client)
    assert client.post(SUBMISSIONS, json=_body(mine, assignment="copies")).status_code == 422
    assert staff.post(SUBMISSIONS, json=_body(mine, student="b2")).status_code == 422
    assert staff.post("/api/v1/checks", json=_body(mine)).status_code == 422
    assert client.post(SUBMISSIONS, json=_body(mine)).status_code == 201


@pytest.mark.parametrize("value", [3, True, [], {"file": "x"}, "", "a.pdf", "\0", "0" * 36, "é" * 9000])
def test_what_is_no_id_is_refused(learner: Make, value: object) -> None:
    answer = learner("b1").post(SUBMISSIONS, json={"assignment": "scans", "answers": {"1": {"scan": value}}})
    assert answer.status_code == 422
    assert _pointers(answer) == ["/answers/1/scan"]
    assert "POST /api/v1/files" in answer.json()["detail"]
    assert len(answer.json()["detail"]) < 400


def test_a_file_can_be_named_for_seven_days_and_then_no_more(learner: Make, clock: Clock) -> None:
    client, other = learner("b1"), learner("b2")
    file, late = _id(client), _id(other)
    clock.advance(timedelta(days=7).total_seconds())
    assert client.post(SUBMISSIONS, json=_body(file)).status_code == 201
    clock.advance(1)
    assert other.post(SUBMISSIONS, json=_body(late)).status_code == 422
    assert client.post(SUBMISSIONS, json=_body(file)).status_code == 201  # it was submitted in time
    assert upload(other).json()["id"] == late
    assert other.post(SUBMISSIONS, json=_body(late)).status_code == 201


def test_what_nobody_submitted_is_swept_and_what_somebody_did_never_is(
    service: FastAPI, learner: Make, clock: Clock
) -> None:
    client = learner("b1")
    kept, swept = _id(client), _id(client, PDF + b"\n")
    assert client.post(SUBMISSIONS, json=_body(kept)).status_code == 201
    desk, database = service.state.service.desk, service.state.service.database
    for days, status in ((7 + 30.9, 200), (0.2, 404)):
        clock.advance(timedelta(days=days).total_seconds())
        desk.sweep(clock())
        assert client.get(f"{FILES}/{swept}").status_code == status
    clock.advance(timedelta(days=1000).total_seconds())
    desk.sweep(clock())
    assert client.get(f"{FILES}/{kept}").content == PDF
    with database.reading() as connection:
        pieces = connection.exec_driver_sql("SELECT count(*) FROM file_pieces").scalar_one()
    assert pieces == 1


def test_a_refused_submission_that_names_a_file_can_be_graded_after_all(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock
) -> None:
    client = learner("b1")
    file = _id(client)
    clock.advance(timedelta(days=6.9).total_seconds())
    refused = {"assignment": "scans", "answers": {"1": {"scan": file}, "2": file, "3": "6,854 I think"}}
    assert client.post(SUBMISSIONS, json=refused).status_code == 422
    clock.advance(timedelta(days=29.9).total_seconds())
    service.state.service.desk.sweep(clock())
    (item,) = staff.get("/api/v1/refusals").json()["items"]
    made = staff.post(f"/api/v1/refusals/{item['id']}/grade")
    assert made.status_code == 201
    feedback = {name: one["feedback"][0]["code"] for name, one in made.json()["questions"].items()}
    assert feedback == {"1": "manual", "2": "manual_not_sent", "3": "not_sent"}
    items = client.get(f"{SUBMISSIONS}/{made.json()['id']}/files").json()["items"]
    assert [one["id"] for one in items] == [file]


def test_a_file_named_in_vain_is_a_refusal_that_is_kept(learner: Make, staff: TestClient) -> None:
    client = learner("b1")
    assert client.post(SUBMISSIONS, json=_body("01234567-89ab-4cde-8f01-23456789abcd")).status_code == 422
    (item,) = staff.get("/api/v1/refusals").json()["items"]
    made = staff.post(f"/api/v1/refusals/{item['id']}/grade", json={"answers": {"1": _id(client)}})
    assert made.status_code == 201
    assert client.get(SUBMISSIONS).json()["items"][0]["attempt"] == 1


def test_the_same_key_counts_once(learner: Make) -> None:
    client = learner("b1")
    body, headers = _body(_id(client)), {"Idempotency-Key": "one"}
    first, again = (client.post(SUBMISSIONS, json=body, headers=headers) for _ in range(2))
    assert (first.json(), again.headers["idempotent-replayed"]) == (again.json(), "true")


# The documents


def test_the_assignment_says_what_a_field_takes(service: FastAPI, learner: Make) -> None:
    client = learner("b1")
    found = client.get(PLACE).json()
    fields = {(one["id"], field["name"]): field for one in found["questions"] for field in one["fields"]}
    assert fields["1", "scan"] == {
        "name": "scan", "shape": [], "required": True, "kind": "file", "accept": ["pdf", "png", "jpeg", "heic"],
        "max_bytes": 20 << 20,
    }  # fmt: skip
    assert fields["2", "code"]["max_bytes"] == 1000
    assert "accept" not in fields["1", "remark"]
    validator = Draft202012Validator(found["answer_schema"])
    validator.validate({"1": {"scan": _id(client)}, "2": None})
    for wrong in ({"1": {"scan": "scan.pdf"}}, {"1": {"scan": 4}}):
        assert not validator.is_valid(wrong)


def test_answers_obey_the_openapi_document(learner: Make) -> None:
    client = learner("b1")
    document = client.get("/openapi.json").json()

    def validate(path: str, method: str, status: str, body: object) -> None:
        schema = document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(body)

    file = upload(client).json()
    made = client.post(SUBMISSIONS, json=_body(file["id"])).json()
    validate(FILES, "post", "201", file)
    validate(
        SUBMISSIONS + "/{submission_id}/files", "get", "200", client.get(f"{SUBMISSIONS}/{made['id']}/files").json()
    )
    validate("/api/v1/previews", "post", "200", client.post("/api/v1/previews", json=_body(file["id"])).json())
    validate("/api/v1/courses/{course}/assignments/{assignment}", "get", "200", client.get(PLACE).json())
    assert set(document["paths"][FILES]["post"]["responses"]) >= {"201", "400", "408", "409", "413", "422"}
