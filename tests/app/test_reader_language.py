"""Every answer is in the language of its reader: as asked by ``?lang=``, as set, as the browser prefers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from jsonschema import Draft202012Validator
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from app.language import Language
from app.main import create_app
from app.settings import Settings
from app.storage import Credential, create_token, find_course
from app.web.admitted import Admitted
from app.web.service import Service
from tests.app.planted import planted
from tests.app.support import Clock, publish

Make = Callable[[str], TestClient]
ClientOf = Callable[[str | None], TestClient]
ME = "/api/v1/me"
SUBMISSIONS = "/api/v1/submissions"
HW3 = "/api/v1/courses/ml/assignments/hw3"
GOOD = {"assignment": "hw3", "answers": {"1.3": 5.472}}
BAD = {"assignment": "hw3", "answers": {"1.3": "much"}}
NDJSON = {"Content-Type": "application/x-ndjson"}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_CHOICES: tuple[Language | None, ...] = (None, "en", "zh-TW")
TABLE: list[tuple[str | None, Language | None, str | None, Language]] = [
    (query, setting, header, "zh-TW" if (query or setting or header or "en").startswith("zh") else "en")
    for query, setting, header in product(_CHOICES, _CHOICES, _CHOICES)
]
"""What is asked, set and accepted, and what is answered."""


def _token(service: FastAPI, clock: Clock, **whose: Any) -> str:  # noqa: ANN401 - what `create_token` takes
    with service.state.service.database.writing() as connection:
        course = find_course(connection, "ml")
        assert course is not None
        return create_token(connection, course, clock(), **whose)


def _is_in(answer: Response, language: Language) -> bool:
    """Whether an answer with words in it is in a language, and says so."""
    said = bool(_CHINESE.search(json.dumps(answer.json(), ensure_ascii=False)))
    return answer.headers["content-language"] == language and said is (language == "zh-TW")


def _set(client: TestClient, language: Language | None) -> None:
    assert client.patch(ME, json={"language": language}).status_code == 200


def _headers(header: str | None) -> dict[str, str]:
    return {} if header is None else {"Accept-Language": header}


def test_what_a_learner_gets_is_in_the_language_asked_for_then_set_then_accepted(learner: Make) -> None:
    client = learner("b1")
    requests: list[tuple[int, str, str, dict[str, Any]]] = [
        (404, "GET", "/nothing", {}),
        (404, "GET", f"{SUBMISSIONS}/nothing", {}),
        (405, "PUT", SUBMISSIONS, {}),
        (403, "POST", "/api/v1/checks", {"json": GOOD}),
        (422, "GET", f"{SUBMISSIONS}?limit=0", {}),
        (422, "GET", f"{SUBMISSIONS}?limit=many", {}),
        (422, "GET", f"{SUBMISSIONS}?student={'b' * 65}", {}),
        (200, "GET", HW3, {}),
        (422, "POST", "/api/v1/previews", {"json": BAD}),
        (400, "POST", "/api/v1/previews", {"content": "{"}),
        (422, "PATCH", ME, {"json": {}}),
        (400, "POST", SUBMISSIONS, {"content": "{"}),
        (413, "POST", SUBMISSIONS, {"content": b" " * ((1 << 20) + 1)}),
        (422, "POST", SUBMISSIONS, {"json": BAD}),
        (201, "POST", SUBMISSIONS, {"json": GOOD}),
    ]
    for query, setting, header, language in TABLE:
        _set(client, setting)
        for status, method, path, sent in requests:
            asked = "" if query is None else f"{'&' if '?' in path else '?'}lang={query}"
            answer = client.request(method, path + asked, headers=_headers(header), **sent)
            assert answer.status_code == status, path
            assert _is_in(answer, language), (query, setting, header, method, path, answer.text)
            varies = {one.strip() for one in answer.headers["vary"].split(",")}
            assert varies == ({"Authorization", "Cookie"} if query else {"Accept-Language", "Authorization", "Cookie"})


def test_what_staff_get_is_too(service: FastAPI, client_of: ClientOf, clock: Clock) -> None:
    client = client_of(_token(service, clock, staff="Ada"))
    (whole,) = client.get(f"{HW3}/versions").json()["items"]
    client.post(SUBMISSIONS, json={**BAD, "student": "b1"})
    wrong = planted(("points", "\npoints: 6.0\n", "\npoints: 6.5\n"))
    lines = "\n".join(json.dumps(one) for one in (GOOD, BAD))
    refused = client.get("/api/v1/refusals").json()["items"][0]["id"]
    for query, setting, header, language in TABLE[::2]:  # 27 is odd: each of the three goes through all that it can be
        _set(client, setting)
        asked: dict[str, Any] = {"params": {} if query is None else {"lang": query}, "headers": _headers(header)}
        found = client.put(HW3, content=wrong, **asked)
        assert found.status_code == 422
        assert _is_in(found, language)
        assert bool(_CHINESE.search(found.json()["errors"][0]["message"])) is (language == "zh-TW")
        streamed = client.post("/api/v1/checks", content=lines, **{**asked, "headers": {**asked["headers"], **NDJSON}})
        assert streamed.headers["content-language"] == language
        report, problem = streamed.text.splitlines()
        assert json.loads(problem)["status"] == 422
        assert [bool(_CHINESE.search(one)) for one in (report, problem)] == [language == "zh-TW"] * 2
        assert _is_in(client.post("/api/v1/checks", json=GOOD, **asked), language)
        listed = client.get("/api/v1/refusals", **asked)
        assert _is_in(listed, language)
        graded = client.post(f"/api/v1/refusals/{refused}/grade", json=[], **asked)
        assert graded.status_code == 422
        assert _is_in(graded, language)
    _set(client, "zh-TW")
    after_all = client.post(f"/api/v1/refusals/{refused}/grade")
    assert after_all.status_code == 201
    assert _is_in(after_all, "zh-TW")
    assert client.get(f"{HW3}/versions").json()["items"] == [whole]


def test_a_stranger_is_answered_as_asked_or_accepted(client_of: ClientOf) -> None:
    for token in (None, "nobody"):
        client = client_of(token)
        for path in (ME, HW3, f"{SUBMISSIONS}/x"):
            chinese = client.get(path, headers={"Accept-Language": "zh-TW"})
            assert chinese.status_code == 401
            assert _is_in(chinese, "zh-TW")
            assert _is_in(client.get(path, params={"lang": "zh-TW"}), "zh-TW")
            assert _is_in(client.get(path, params={"lang": "en"}, headers={"Accept-Language": "zh-TW"}), "en")
        assert _is_in(client.post(SUBMISSIONS, json=GOOD, headers={"Accept-Language": "zh-TW"}), "zh-TW")


@pytest.mark.parametrize("spelling", ["zh-TW", "zh", "zh-tw", "zh_TW", "ZH-Hant", "zh-Hant-TW", "zh-CN"])
def test_chinese_is_asked_for_in_any_spelling(client_of: ClientOf, spelling: str) -> None:
    assert _is_in(client_of(None).get("/nothing", params={"lang": spelling}), "zh-TW")


@pytest.mark.parametrize(
    "query", ["lang=fr", "lang=", "lang=zhu", "lang=en%00", "lang=%FF", "lang=en,zh", "lang=en&lang=en", "%6Cang=x"]
)
@pytest.mark.parametrize("path", ["/nothing", "/healthz", "/docs", SUBMISSIONS, HW3, ME])
def test_a_language_that_is_none_is_refused_on_every_route(learner: Make, query: str, path: str) -> None:
    client = learner("b1")
    _set(client, "zh-TW")
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/query/lang"]
    assert "en, zh-TW" in answer.json()["errors"][0]["message"]
    assert _is_in(answer, "en")
    assert _is_in(client.get(f"{path}?{query}", headers={"Accept-Language": "zh-TW"}), "zh-TW")
    assert client.get(f"{path}?lang=en").status_code != 422
    assert client.post(f"{SUBMISSIONS}?{query}", json=GOOD).status_code == 422
    assert client.get(SUBMISSIONS).json()["items"] == []


def test_the_next_page_is_in_the_language_asked_for(staff: TestClient) -> None:
    for number in range(3):
        staff.post(SUBMISSIONS, json={**BAD, "student": f"b{number}"})
    for path in ("/api/v1/refusals", SUBMISSIONS):
        staff.post(SUBMISSIONS, json={**GOOD, "student": "b1"})
        staff.post(SUBMISSIONS, json={**GOOD, "student": "b1"})
        page = staff.get(path, params={"limit": 1, "lang": "zh_tw"})
        assert "lang=zh-TW" in page.links["next"]["url"]
        assert staff.get(page.links["next"]["url"]).headers["content-language"] == "zh-TW"
        assert "lang" not in staff.get(path, params={"limit": 1}).links["next"]["url"]


def test_what_is_in_english_whoever_reads_it_says_so(client_of: ClientOf) -> None:
    for path in ("/docs", "/openapi.json", "/healthz", "/api/v1/assignment-schema"):
        answer = client_of(None).get(path, params={"lang": "zh-TW"})
        assert (answer.status_code, answer.headers["content-language"]) == (200, "en")


def test_who_one_is_and_what_one_reads(service: FastAPI, client_of: ClientOf, staff: TestClient, clock: Clock) -> None:
    learner = client_of(_token(service, clock, student="b1"))
    assert learner.get(ME).json() == {
        "name": "b1",
        "role": "learner",
        "course": "ml",
        "student": "b1",
        "language": None,
    }
    ada = client_of(_token(service, clock, staff="Ada", language="zh-TW"))
    person = {"name": "Ada", "role": "staff", "course": "ml", "student": None, "language": "zh-TW"}
    assert ada.get(ME).json() == person
    changed = ada.patch(ME, json={"language": "en"})
    assert (changed.status_code, changed.json()) == (200, {**person, "language": "en"})
    assert ada.patch(ME, json={"language": None}).json() == ada.get(ME).json() == {**person, "language": None}
    administrator = {"name": "administrator", "role": "administrator", "course": None, "student": None}
    assert staff.get(ME).json() == {**administrator, "language": None}
    refused = staff.patch(ME, json={"language": "en"})
    assert (refused.status_code, staff.get(ME).json()["language"]) == (409, None)
    assert client_of(None).get(ME).status_code == client_of("x").patch(ME, json={"language": "en"}).status_code == 401


@pytest.mark.parametrize(
    ("sent", "status", "place"),
    [
        ('{"language": "fr"}', 422, "/language"),
        ('{"language": "zh"}', 422, "/language"),
        ('{"language": ""}', 422, "/language"),
        ('{"language": 1}', 422, "/language"),
        ('{"language": true}', 422, "/language"),
        ('{"language": ["en"]}', 422, "/language"),
        ('{"language": "\\ud800\\u0000"}', 422, "/language"),
        ("{}", 422, "/language"),
        ('{"language": "en", "student": "b2"}', 422, "/student"),
        ('{"language": "en", "a/~\\ud800": 1}', 422, "/a~1~0\ufffd"),
        ("[]", 422, ""),
        ("null", 422, ""),
        ("", 400, None),
        ('{"language": "en", "language": "en"}', 400, None),
        ("\ufeff{", 400, None),
    ],
)
def test_a_setting_that_is_none_is_refused_and_changes_nothing(
    learner: Make, sent: str, status: int, place: str | None
) -> None:
    client = learner("b1")
    _set(client, "zh-TW")
    answer = client.patch(ME, content=sent.encode())
    assert answer.status_code == status
    if place is not None:
        assert [error["pointer"] for error in answer.json()["errors"]] == [place]
    assert _is_in(answer, "zh-TW")
    assert client.get(ME).json()["language"] == "zh-TW"


def test_a_learner_sets_the_language_of_all_their_tokens_and_of_nobody_else(
    service: FastAPI, client_of: ClientOf, clock: Clock
) -> None:
    one, other, stranger = (client_of(_token(service, clock, student=student)) for student in ("b1", "b1", "b2"))
    for client in (one, other, stranger):
        assert _is_in(client.post(SUBMISSIONS, json=BAD), "en")  # now it is known who has the token
    _set(one, "zh-TW")
    for client, language in ((one, "zh-TW"), (other, "zh-TW"), (stranger, "en")):
        for sent in (BAD, GOOD):
            assert client.post(SUBMISSIONS, json=sent).headers["content-language"] == language
        assert client.get(ME).json()["language"] == (None if language == "en" else language)


def test_staff_set_the_language_of_one_token(service: FastAPI, client_of: ClientOf, clock: Clock) -> None:
    one, other = (client_of(_token(service, clock, staff="Ada")) for _ in range(2))
    for client in (one, other):
        client.post(SUBMISSIONS, json={**BAD, "student": "b1"})
    _set(one, "zh-TW")
    assert _is_in(one.post(SUBMISSIONS, json={**GOOD, "student": "b1"}), "zh-TW")
    assert _is_in(other.post(SUBMISSIONS, json={**GOOD, "student": "b1"}), "en")
    assert _is_in(other.post(SUBMISSIONS, json={**BAD, "student": "b1"}), "en")


def test_what_was_looked_up_before_a_change_is_not_believed_after_it(service: FastAPI, clock: Clock) -> None:
    token = _token(service, clock, student="b1")
    credential, another = Credential.of_token(token), Credential.of_token("another")
    caller = service.state.service.caller(credential)
    admitted = Admitted()
    before = admitted.changes
    admitted.forget(another, caller)
    admitted.remember(credential, caller, before)
    assert admitted.find(credential, clock()) is None
    admitted.remember(credential, caller, admitted.changes)
    assert admitted.find(credential, clock()) == caller
    admitted.forget(another, caller)  # of the same learner
    assert admitted.find(credential, clock()) is None


@pytest.mark.parametrize("grading", ["thread", "process"])
def test_a_replayed_answer_stays_what_it_was(settings: Settings, clock: Clock, grading: str) -> None:
    application = create_app(settings.model_copy(update={"grading": grading}), clock)
    with TestClient(application) as client:
        client.headers["Authorization"] = f"Bearer {_token(application, clock, student='b1')}"
        _set(client, "zh-TW")
        key = {"Idempotency-Key": "once"}
        first = client.post(SUBMISSIONS, json=GOOD, headers=key)
        assert first.status_code == 201
        assert _is_in(first, "zh-TW")
        again = client.post(SUBMISSIONS, json=GOOD, headers=key, params={"lang": "en"})
        assert again.content == first.content
        assert again.headers["idempotent-replayed"] == "true"
        assert _is_in(again, "zh-TW")
        assert _is_in(client.post(SUBMISSIONS, json=GOOD, params={"lang": "en"}), "en")
        assert _is_in(client.post(SUBMISSIONS, json=BAD), "zh-TW")
        reused = client.post(SUBMISSIONS, json=BAD, headers=key)
        assert reused.status_code == 409
        assert _is_in(reused, "zh-TW")
        assert _is_in(client.get(first.headers["location"], params={"lang": "en"}), "en")


def test_too_soon_and_closed_are_said_in_the_readers_language(service: FastAPI, learner: Make, clock: Clock) -> None:
    client = learner("b1")
    _set(client, "zh-TW")
    publish(service, clock, cooldown_seconds=60)
    client.post(SUBMISSIONS, json=GOOD)
    soon = client.post(SUBMISSIONS, json=GOOD)
    assert soon.status_code == 429
    assert _is_in(soon, "zh-TW")
    publish(service, clock, closes_at="2026-11-01T00:00:00+08:00")
    closed = client.post(SUBMISSIONS, json=GOOD)
    assert closed.status_code == 409
    assert _is_in(closed, "zh-TW")


def test_our_own_failure_is_said_in_the_language_of_whom_we_know(
    service: FastAPI, learner: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = learner("b1")
    _set(client, "zh-TW")
    monkeypatch.setattr(service.state.service.worker, "_waiting", 0)
    busy = client.post(SUBMISSIONS, json=GOOD)
    assert busy.status_code == 503
    assert _is_in(busy, "zh-TW")
    monkeypatch.setattr(Service, "report", lambda *_: 1 / 0)
    failed = client.get(f"{SUBMISSIONS}/x")
    assert failed.status_code == 503
    assert _is_in(failed, "zh-TW")
    assert failed.headers["vary"] == "Accept-Language, Authorization, Cookie"


def test_a_database_that_does_not_answer_makes_no_other_problem_of_one(
    learner: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = learner("b1")

    def broken(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(Service, "setting", broken)
    chinese = {"Accept-Language": "zh-TW"}
    missing = client.get("/nothing", headers=chinese)
    assert missing.status_code == 404
    assert _is_in(missing, "zh-TW")
    failed = client.get(ME, headers=chinese)
    assert failed.status_code == 503
    assert _is_in(failed, "zh-TW")


def test_a_submission_asks_the_database_nothing_more(learner: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    client = learner("b1")
    _set(client, "zh-TW")
    client.post(SUBMISSIONS, json=GOOD)
    asked: list[object] = []
    for name in ("setting", "caller"):
        monkeypatch.setattr(Service, name, lambda *arguments: asked.append(arguments))
    assert _is_in(client.post(SUBMISSIONS, json=GOOD), "zh-TW")
    assert _is_in(client.post(SUBMISSIONS, json=BAD), "zh-TW")
    assert asked == []


def test_openapi_describes_lang_once_for_every_path(staff: TestClient, learner: Make) -> None:
    document = staff.get("/openapi.json").json()
    assert list(document["components"]["parameters"]) == ["lang"]
    for path in document["paths"].values():
        assert path["parameters"] == [{"$ref": "#/components/parameters/lang"}]
        for method, operation in path.items():
            if method != "parameters":
                assert "422" in operation["responses"]
                assert "lang" not in [parameter["name"] for parameter in operation.get("parameters", [])]
    schema = document["components"]["parameters"]["lang"]["schema"]
    for sent, right in (("zh_tw", True), ("EN-us", True), ("fr", False), ("", False), ("zhu", False)):
        assert Draft202012Validator(schema).is_valid(sent) is right
        assert (staff.get("/healthz", params={"lang": sent}).status_code == 200) is right
    answered = document["paths"][ME]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**answered, "components": document["components"]})
    for client in (staff, learner("b1")):
        validator.validate(client.get(ME).json())
    assert staff.get("/openapi.json").json() == document
