"""Data of one's own: drawn for each learner, always the same, and what one is graded on."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from scipy.sparse.csgraph import connected_components
from starlette.testclient import TestClient

from app.assignments import Drawn
from app.checking import NoDrawError, draw, lint, seed_of
from app.checking.drawing import measured, tried
from app.checking.plan import prepare
from app.intake import DrawingAhead
from app.main import create_app
from app.settings import Settings
from app.storage import (
    Running,
    all_running,
    create_token,
    ensure_learners,
    find_course,
    find_variants,
    keep_variants,
    learners_without,
)
from tests.app.support import Clock
from tests.app.varied import GRAPH, adjacency, graph_assignment, right_answers

Make = Callable[[str], TestClient]
OWN = "/api/v1/courses/ml/assignments/own-graph"
SUBMISSIONS = "/api/v1/submissions"
SECRET = b"a secret for tests"


def _upload(staff: TestClient, source: str = GRAPH, *, publish: bool = False) -> str:
    found = staff.put(OWN, content=source.encode())
    assert found.status_code == 201, found.text
    version = str(found.json()["version"])
    if publish:
        assert staff.post(f"{OWN}/versions/{version}/publish").status_code == 200
    return version


def _submission(answers: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON holds
    return {"course": "ml", "assignment": "own-graph", "answers": answers, **more}


def _verdicts(report: dict[str, Any]) -> dict[str, str]:
    return {name: question["verdict"] for name, question in report["questions"].items()}


# --- Drawing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", range(5))
def test_500_variants_of_a_graph_question_meet_their_conditions(part: int) -> None:
    assignment = graph_assignment()
    for number in range(100):
        drawn = draw(assignment, seed_of(SECRET, "ml", "own-graph", f"b{100 * part + number}"))
        data = drawn.over(assignment.data)
        edges = [tuple(edge) for edge in data["edges"]]
        assert len(set(edges)) == 10
        assert all(1 <= i < j <= 8 for i, j in edges)
        W = adjacency(data)
        assert connected_components(W)[0] == 1
        degrees = W.sum(axis=1)
        eigenvalues = np.linalg.eigvalsh(np.eye(8) - W / np.sqrt(np.outer(degrees, degrees)))
        assert eigenvalues[3] - eigenvalues[2] >= 0.05 - 1e-12  # the trivial one is left out, and counts for none
        assert eigenvalues[-1] <= 1.9 + 1e-12
        variances = np.linalg.eigvalsh(np.cov(np.array(data["samples"]).T))
        assert np.diff(variances).min() / variances.max() >= 0.1 - 1e-12


def test_the_same_learner_always_gets_the_same_and_others_get_others() -> None:
    assignment = graph_assignment()
    seeds = [
        seed_of(secret, course, slug, learner)
        for secret in (SECRET, b"another secret")
        for course in ("ml", "la")
        for slug in ("own-graph", "other")
        for learner in ("b1", "b2", "b12")
    ]
    drawn = [draw(assignment, seed) for seed in seeds]
    assert drawn == [draw(assignment, seed) for seed in seeds]
    assert len({one.name for one in drawn}) == len(seeds)


def test_what_is_refused_is_what_breaks_a_condition() -> None:
    assignment = graph_assignment()
    assert assignment.variants is not None
    plan = prepare(assignment)
    reasons = set()
    for drawn, reason in tried(assignment, b"x" * 32, 60):
        broken = []
        for condition in assignment.variants.conditions:
            value = measured(plan.on(drawn), condition)
            low = -np.inf if condition.at_least is None else condition.at_least
            high = np.inf if condition.at_most is None else condition.at_most
            broken.append(not low <= value <= high)
        assert any(broken) <= (reason is not None)
        reasons.add(None if reason is None else str(reason))
    assert None in reasons
    assert any(reason and "explained_variance in question axes is out of bounds" in reason for reason in reasons)


def test_where_no_draw_is_acceptable_the_reason_is_said() -> None:
    impossible = graph_assignment(
        GRAPH.replace("at_most: 1.9", "at_most: 0.5").replace("  conditions:", "  tries: 7\n  conditions:")
    )
    with pytest.raises(NoDrawError, match="none of 7 draws is acceptable; most often: the largest of all_eigenvalues"):
        draw(impossible, b"x" * 32)


def test_drawn_data_stand_in_the_place_of_the_files() -> None:
    drawn = Drawn.of({"a.b": [1, 2], "c": 3})
    data = {"a": {"b": [0, 0], "x": 1}, "c": 0, "d": 4}
    assert drawn.over(data) == {"a": {"b": [1, 2], "x": 1}, "c": 3, "d": 4}
    assert data == {"a": {"b": [0, 0], "x": 1}, "c": 0, "d": 4}
    assert drawn == Drawn.of({"c": 3, "a.b": [1, 2]})
    assert drawn != Drawn.of({"a.b": [1, 2], "c": 4})


# --- What a learner sees ----------------------------------------------------------------------------------------


def test_a_learner_gets_their_own_data_and_staff_anybodys(staff: TestClient, learner: Make) -> None:
    _upload(staff)
    one, other = learner("b1"), learner("b2")
    mine = one.get(OWN).json()
    assert mine == one.get(OWN).json()
    theirs = other.get(OWN).json()
    assert mine["data"]["samples"] != theirs["data"]["samples"]
    assert mine["data"]["n_vertices"] == 8
    assert mine["variant"]["student"] == "b1"
    assert staff.get(OWN, params={"student": "B1"}).json() == mine
    example = staff.get(OWN).json()
    assert example["data"]["samples"][0] == [1, 2, 3]
    assert example["variant"] == {"student": None, "name": None}
    refused = one.get(OWN, params={"student": "b2"})
    assert refused.status_code == 403
    assert json.dumps(theirs["data"]["samples"]) not in refused.text
    assert one.get(OWN, params={"student": "b1"}).json() == mine


def test_an_assignment_without_variants_says_nothing_of_them(staff: TestClient, learner: Make) -> None:
    assert "variant" not in learner("b1").get("/api/v1/courses/ml/assignments/hw3").json()
    asked = {"course": "ml", "assignment": "hw3", "answers": {"1.3": 5.472}}
    assert "variant" not in learner("b1").post(SUBMISSIONS, json=asked).json()


def test_the_data_are_files_for_numpy_and_tables(staff: TestClient, learner: Make) -> None:
    _upload(staff)
    client = learner("b1")
    data = client.get(OWN).json()["data"]
    found = client.get(f"{OWN}/data.npz")
    assert found.headers["content-type"] == "application/zip"
    assert found.headers["content-disposition"] == 'attachment; filename="own-graph-b1.npz"'
    with np.load(io.BytesIO(found.content), allow_pickle=False) as arrays:
        assert {name: arrays[name].tolist() for name in arrays} == data
        assert arrays["edges"].dtype.kind == "i"
    table = client.get(f"{OWN}/data.csv", params={"name": "samples"})
    assert table.headers["content-type"].startswith("text/csv")
    assert np.loadtxt(io.StringIO(table.text), delimiter=",").tolist() == data["samples"]
    whole = client.get(f"{OWN}/data.csv").text.split("\r\n")
    assert whole[:3] == ["# n_vertices ()", "8", "# edges (10, 2)"]
    assert staff.get(f"{OWN}/data.npz", params={"student": "b1"}).content == found.content
    unknown = client.get(f"{OWN}/data.csv", params={"name": "sample"})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/query/name")
    assert client.get(f"{OWN}/data.npz", params={"student": "b2"}).status_code == 403
    blocks = client.get("/api/v1/courses/ml/assignments/hw3/data.csv", params={"name": "gmm.theta0.Sigma"}).text
    assert blocks.split("\r\n")[:3] == ["1,0", "0,1", "1,0"]


# --- What a learner is graded on --------------------------------------------------------------------------------


def test_everybody_is_graded_on_their_own_data(staff: TestClient, learner: Make) -> None:
    _upload(staff)
    one, other = learner("b1"), learner("b2")
    mine, theirs = (right_answers(client.get(OWN).json()["data"]) for client in (one, other))
    report = one.post(SUBMISSIONS, json=_submission(mine)).json()
    assert set(_verdicts(report).values()) == {"correct"}
    assert report["score"] == 4.0
    assert report["variant"] == one.get(OWN).json()["variant"]["name"]
    stolen = other.post(SUBMISSIONS, json=_submission(mine)).json()
    assert stolen["score"] == 0.0 or "follow_through" in {one["matched"] for one in stolen["questions"].values()}
    assert _verdicts(stolen)["axes"] == _verdicts(stolen)["W"] == "incorrect"
    assert other.post(SUBMISSIONS, json=_submission(theirs)).json()["score"] == 4.0
    example = right_answers(staff.get(OWN).json()["data"])
    assert _verdicts(one.post(SUBMISSIONS, json=_submission(example)).json())["axes"] == "incorrect"
    assert one.get(f"{SUBMISSIONS}/{report['id']}").json()["score"] == 4.0


def test_mistakes_and_follow_through_are_those_of_ones_own_data(staff: TestClient, learner: Make) -> None:
    _upload(staff)
    client = learner("b1")
    data = client.get(OWN).json()["data"]
    samples = np.array(data["samples"], dtype=float)
    one_sided = np.triu(adjacency(data))
    answers = {"W": one_sided.tolist(), "axes": np.linalg.eigh(samples.T @ samples)[1].tolist()}
    found = client.post(SUBMISSIONS, json=_submission(answers)).json()["questions"]
    assert (found["W"]["matched"], found["axes"]["matched"]) == ("one_sided", "not_centred")
    other = next([i, j] for i, j in combinations(range(1, 9), 2) if [i, j] not in data["edges"])
    missed = {**data, "edges": [*data["edges"][1:], other]}
    followed = client.post(SUBMISSIONS, json=_submission({**right_answers(missed), "axes": None})).json()["questions"]
    if connected_components(adjacency(missed))[0] == 1:
        assert {name: one["matched"] for name, one in followed.items() if name in ("L", "psi")} == dict.fromkeys(
            ("L", "psi"), "follow_through"
        )
    assert followed["W"]["verdict"] == "incorrect"


def test_staff_check_answers_on_anybodys_data(staff: TestClient, learner: Make, service: FastAPI) -> None:
    _upload(staff)
    mine = right_answers(learner("b1").get(OWN).json()["data"])
    checks = "/api/v1/checks"
    assert staff.post(checks, json=_submission(mine, student="b1")).json()["score"] == 4.0
    assert staff.post(checks, json=_submission(mine, student="b2")).json()["score"] < 4.0
    assert staff.post(checks, json=_submission(mine)).json()["score"] < 4.0  # nobody's: the file's example
    lines = [_submission(mine, student=student) for student in ("b1", "b3", "B1")]
    written = "\n".join(map(json.dumps, lines)).encode()
    answered = staff.post(checks, content=written, headers={"Content-Type": "application/x-ndjson"})
    reports = [json.loads(line) for line in answered.text.splitlines()]
    assert [one["score"] == 4.0 for one in reports] == [True, False, True]
    unknown = right_answers(staff.get(OWN, params={"student": "b3"}).json()["data"])
    assert staff.post(checks, json=_submission(unknown, student="b3")).json()["score"] == 4.0
    with service.state.service.database.reading() as connection:
        course = find_course(connection, "ml")
        assert course is not None
        running = next(one for one in all_running(connection) if one.assignment.slug == "own-graph")
        digest = running.assignment.variants.digest if running.assignment.variants else ""
        kept = find_variants(connection, [(running.assignment_id, digest, student) for student in ("b1", "b2", "b3")])
    assert {student for _, _, student in kept} == {"b1"}  # checking makes nobody


def test_data_are_drawn_ahead_for_known_learners(
    service: FastAPI, staff: TestClient, learner: Make, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = learner("b1")
    _upload(staff)
    learner("b2")
    asked = first.get(OWN).json()["variant"]["name"]
    ahead = DrawingAhead(service.state.service.variants, clock, pause=3600)
    assert (ahead.draw_missing(), ahead.draw_missing()) == (1, 0)  # b2; b1 has theirs already

    def fail(*_: object) -> Drawn:
        raise NoDrawError(3)

    monkeypatch.setattr(NoDrawError, "__str__", lambda _: "none of 3 draws is acceptable")
    monkeypatch.setattr("app.intake.variants.draw", fail)
    assert first.get(OWN).json()["variant"]["name"] == asked
    assert learner("b2").get(OWN).status_code == 200
    assert learner("b3").get(OWN).status_code == 503
    assert (ahead.draw_missing(), ahead.draw_missing()) == (1, 0)  # given up until the next start
    ahead.close()


def test_a_thread_draws_ahead_by_itself(service: FastAPI, staff: TestClient, learner: Make, clock: Clock) -> None:
    _upload(staff)
    learner("b1")
    ahead = DrawingAhead(service.state.service.variants, clock, pause=0.01)
    whose = service.state.service.variants
    running = _running(service)
    for _ in range(2000):
        with whose.database.reading() as connection:
            if not learners_without(connection, running.assignment_id, graph_assignment().variants.digest):  # type: ignore[union-attr] # it has some
                break
        time.sleep(0.01)
    else:
        pytest.fail("nothing was drawn")
    ahead.close()


def _running(service: FastAPI) -> Running:
    with service.state.service.database.reading() as connection:
        return next(one for one in all_running(connection) if one.assignment.slug == "own-graph")


def test_a_submission_by_staff_makes_the_learner_with_their_data(staff: TestClient) -> None:
    _upload(staff)
    mine = right_answers(staff.get(OWN, params={"student": "new"}).json()["data"])
    report = staff.post(SUBMISSIONS, json=_submission(mine, student="new"))
    assert (report.status_code, report.json()["score"]) == (201, 4.0)


# --- What stays -------------------------------------------------------------------------------------------------


def test_a_fix_of_the_file_leaves_everybody_their_data(staff: TestClient, learner: Make) -> None:
    first = _upload(staff)
    client = learner("b1")
    before = client.get(OWN).json()
    fixed = GRAPH.replace("The mean was not subtracted.", "The mean of the samples was not subtracted.")
    eased = fixed.replace("measure: relative_gap, at_least: 0.1}", "measure: relative_gap, at_least: 0.2}")
    second = _upload(staff, eased, publish=True)
    after = client.get(OWN).json()
    assert (first, second) == (before["version"], after["version"])
    assert first != second
    assert after["data"] == before["data"]
    redrawn = _upload(staff, GRAPH.replace("high: 15", "high: 16"), publish=True)
    now = client.get(OWN).json()
    assert (now["version"], now["data"] == before["data"]) == (redrawn, False)
    assert staff.post(f"{OWN}/versions/{first}/publish").status_code == 200
    assert client.get(OWN).json()["data"] == before["data"]


def test_data_once_drawn_stay_whatever_would_be_drawn_today(
    staff: TestClient, learner: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    _upload(staff)
    client = learner("b1")
    before = client.get(OWN).json()["data"]
    other = draw(graph_assignment(), b"y" * 32)
    monkeypatch.setattr("app.intake.variants.draw", lambda *_: other)
    assert client.get(OWN).json()["data"] == before
    assert learner("b2").get(OWN).json()["data"]["samples"] == other.values["samples"]


def test_who_draws_first_is_kept(staff: TestClient, learner: Make, service: FastAPI, clock: Clock) -> None:
    _upload(staff)
    learner("b1")
    first, second = (draw(graph_assignment(), bytes([number]) * 32) for number in (1, 2))
    with service.state.service.database.writing() as connection:
        course = find_course(connection, "ml")
        assert course is not None
        running = next(one for one in all_running(connection) if one.assignment.slug == "own-graph")
        ids = ensure_learners(connection, [(course.id, "b1")], clock())
        whose = running.assignment_id, graph_assignment().variants.digest, "b1"  # type: ignore[union-attr] # it has some
        kept = [
            keep_variants(connection, {whose: one}, {whose: ids[course.id, "b1"]}, clock()) for one in (first, second)
        ]
    assert kept == [{whose: first}, {whose: first}]


def test_the_secret_decides(settings: Settings, clock: Clock) -> None:
    found = []
    for secret, database in (("one secret of 16", "1"), ("another secret 16", "2"), ("one secret of 16", "3")):
        own = settings.model_copy(
            update={"secret_key": SecretStr(secret), "database_url": f"sqlite:///{settings.data_dir / database}"}
        )
        application = create_app(own, clock)
        headers = {"Authorization": f"Bearer {own.admin_token.get_secret_value() if own.admin_token else ''}"}
        with TestClient(application, headers=headers) as staff:
            _upload(staff)
            found.append(staff.get(OWN, params={"student": "b1"}).json()["variant"]["name"])
    assert found[0] == found[2] != found[1]


def test_a_secret_is_made_at_the_first_start_and_kept(settings: Settings, clock: Clock) -> None:
    settings = settings.model_copy(update={"secret_key": None})
    file = settings.data_dir / "secret-key"
    written = ""
    for _ in range(2):
        with TestClient(create_app(settings, clock)):
            written = file.read_text(encoding="ascii")
            assert file.stat().st_mode & 0o777 == 0o600
    assert len(written.strip()) >= 32


# --- What goes wrong --------------------------------------------------------------------------------------------


def test_a_learner_for_whom_nothing_can_be_drawn_loses_nothing(
    staff: TestClient, learner: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    _upload(staff)
    client = learner("b1")

    def fail(*_: object) -> Drawn:
        raise NoDrawError(3)

    monkeypatch.setattr("app.intake.variants.draw", fail)
    monkeypatch.setattr(NoDrawError, "__str__", lambda _: "none of 3 draws is acceptable")
    assert client.get(OWN).status_code == 503
    refused = client.post(SUBMISSIONS, json=_submission({"W": np.zeros((8, 8)).tolist()}))
    assert refused.status_code == 503
    assert "Retry-After" in refused.headers
    assert client.get(SUBMISSIONS).json()["items"] == []
    monkeypatch.undo()
    assert client.post(SUBMISSIONS, json=_submission({"W": np.zeros((8, 8)).tolist()})).status_code == 201


@pytest.mark.parametrize(
    ("before", "after", "code", "pointer"),
    [
        ("connected_graph", "conected_graph", "unknown_generator", "/variants/draws/0/generator"),
        ("n_edges: 10", "edges: 10", "unknown_input", "/variants/draws/0/options/edges"),
        ("n_edges: 10", "n_edges: 5", "undrawable", "/variants/draws/0/options"),
        ("n_edges: 10", "n_edges: 11", "shape", "/variants/draws/0/gives/edges"),
        ("{samples: values}", "{samples: numbers}", "unknown_output", "/variants/draws/1/gives"),
        ("{samples: values}", "{sample: values}", "unknown_data", "/variants/draws/1/gives/sample"),
        ("{samples: values}", "{edges: values}", "inconsistent", "/variants/draws/1/gives/edges"),
        (
            'question: "axes", output',
            'question: "axis", output',
            "unknown_reference",
            "/variants/conditions/2/question",
        ),
        ("output: explained_variance, measure", "output: variance, measure", "unmeasurable", "/variants/conditions/2"),
        ("between: [2, 3]", "between: [3, 2]", "inconsistent", "/variants/conditions/0/between"),
        ("between: [2, 3]", "between: [2, 13]", "unmeasurable", "/variants/conditions/0"),
        ("measure: largest, at_most: 1.9", "measure: largest", "inconsistent", "/variants/conditions/1"),
        ("at_most: 1.9", "at_most: 0.9", "undrawable", "/variants/draws"),
        ("measure: largest,", "measure: biggest,", "unknown_value", "/variants/conditions/1/measure"),
    ],
)
def test_draws_that_would_not_work_are_found(before: str, after: str, code: str, pointer: str) -> None:
    assert GRAPH.count(before) == 1
    (finding,) = lint(GRAPH.replace(before, after).encode()).findings
    assert (finding.code, finding.pointer) == (code, pointer)
    assert finding.line is not None


def test_draws_that_work_are_counted() -> None:
    linted = lint(GRAPH.encode())
    assert linted.findings == ()
    tries, accepted = linted.draws
    assert 2 <= accepted <= tries <= 24


def test_a_token_of_another_course_sees_nothing(service: FastAPI, staff: TestClient, clock: Clock) -> None:
    from app.storage import ensure_course

    _upload(staff)
    with service.state.service.database.writing() as connection:
        other = ensure_course(connection, "la", clock())
        token = create_token(connection, other, clock(), staff="somebody")
    stranger = TestClient(service, headers={"Authorization": f"Bearer {token}"})
    for path in (OWN, f"{OWN}/data.npz", f"{OWN}/data.csv"):
        assert stranger.get(path, params={"student": "b1"}).status_code == 404


def test_the_offline_grader_draws_as_the_service_does(
    settings: Settings, staff: TestClient, learner: Make, tmp_path: Path
) -> None:
    assert settings.secret_key is not None
    (tmp_path / "secret-key").write_text(settings.secret_key.get_secret_value(), encoding="ascii")
    _upload(staff)
    mine = right_answers(learner("b1").get(OWN).json()["data"])
    (tmp_path / "graph.yaml").write_text(GRAPH, encoding="utf-8")
    lines = [json.dumps({"student": student, "answers": mine}) for student in ("b1", "b2")]
    (tmp_path / "sent.ndjson").write_text("\n".join(lines), encoding="utf-8")

    def grade(folder: Path) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "upto"), "grade", "graph.yaml", "sent.ndjson"]
        environment = {**os.environ, "UPTO_DATA_DIR": str(folder)}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    done = grade(tmp_path)
    assert [json.loads(line)["score"] == 4.0 for line in done.stdout.splitlines()] == [True, False]
    refused = grade(tmp_path / "elsewhere")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "UPTO_SECRET_KEY" in refused.stderr
