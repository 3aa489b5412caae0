"""What learners see of certificates tells them no digit of the truth, however often they ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.answers import read_answers, read_json
from app.assignments import Assignment, parse_assignment
from app.checking import Reach, Report, check, view
from tests.app.access.canaries import SOURCE, WRITTEN
from tests.app.support import Clock, publish_source

TRUTH = 5.3810274916357
FILE = """\
format: 1
slug: oracle
title: {{en: "Oracles", zh-TW: "神諭"}}
points: 1
tolerance: {{decimals: 3}}
questions:
  - id: "1"
    title: {{en: "A figure", zh-TW: "一個數"}}
    prompt: {{en: "Find it.", zh-TW: "請求出。"}}
    points: 1
    truth: {{values: {{x: {truth!r}}}}}
    fields: {{x: {{shape: [], tolerance: {tolerance}}}}}
"""
TOLERANCES = {
    "{decimals: 3}": 5e-4,
    "{atol: 0.007}": 7e-3,
    "{significant: 4}": 5e-4,
    "{rtol: 1.0e-3}": TRUTH * 1e-3,
    "{atol: 0.001, rtol: 0.002}": TRUTH * 2e-3,
    "{exact: true}": 1e-9,
}
TRULY_WRONG = (0.0, -TRUTH, 4.9, 5.2, 6.0, 53.81, 1e-12, 1e6, 1e300)


def _assignment(tolerance: str, truth: float = TRUTH) -> Assignment:
    return parse_assignment(FILE.format(truth=truth, tolerance=tolerance).encode())


def _report(assignment: Assignment, answers: dict[str, Any]) -> Report:
    document = read_json(json.dumps(answers).encode())
    assert isinstance(document, dict)
    return check(assignment, read_answers(document, assignment.answer_fields))


def _seen(assignment: Assignment, answers: dict[str, Any]) -> str:
    """What a learner is shown before the release."""
    report = view(_report(assignment, answers), "en", "hints")
    return json.dumps(report["questions"])


def _measured(shown: str) -> float | None:
    found: float | None = json.loads(shown)["1"]["fields"]["x"]["measured"]
    return found


@pytest.mark.parametrize(("tolerance", "bound"), TOLERANCES.items())
def test_what_is_seen_changes_a_few_times_within_the_tolerance(tolerance: str, bound: float) -> None:
    """So that a window narrower than a tenth of it is halved at best by an attempt, as by the verdict itself."""
    assignment = _assignment(tolerance)
    offsets = np.linspace(-1.2, 1.2, 1201) * bound
    seen = [_seen(assignment, {"1": TRUTH + offset}) for offset in offsets]
    changes = [after for (before, after) in pairwise(range(len(seen))) if seen[before] != seen[after]]
    assert 2 <= len(changes) <= 2 * 11
    assert min(after - before for before, after in pairwise(changes)) * 2.4 / 1200 >= 1 / 20
    assert len(set(seen)) <= 12


@pytest.mark.parametrize("tolerance", TOLERANCES)
def test_what_a_wrong_answer_is_told_does_not_depend_on_the_truth(tolerance: str) -> None:
    truths = (TRUTH, 0.0419, 777.7, -5.1e8)
    for wrong in TRULY_WRONG:
        told = {_seen(_assignment(tolerance, truth), {"1": wrong}) for truth in truths}
        assert len(told) == 1
    ours = [_report(_assignment(tolerance, truth), {"1": 5.2})["questions"]["1"]["fields"]["x"] for truth in truths]
    assert len({json.dumps(field) for field in ours}) == len(truths), "staff do see how far it was off"


def _homing(look: Callable[[float], float | None], start: float, attempts: int = 40) -> float:
    """Walk by what was measured, to either side, and say how near that came at last."""
    at = start
    for _ in range(attempts // 2):
        step = look(at) or 0.0
        at = min((at - step, at + step), key=lambda tried: abs(look(tried) or 0.0) if look(tried) is not None else 1e9)
    return abs(at - TRUTH)


def test_walking_by_what_was_measured_finds_no_digit_beyond_the_tolerance() -> None:
    assignment = _assignment("{decimals: 3}")
    starts = TRUTH + np.array([4.4e-4, -3.7e-4, 2.6e-4, -1.8e-4])

    def one_digit(at: float) -> float | None:
        field = _report(assignment, {"1": at})["questions"]["1"]["fields"]["x"]
        return float(f"{field['measured']:.0e}") if field["verdict"] == "correct" else None

    for start in starts:
        assert _homing(lambda at: _measured(_seen(assignment, {"1": at})), start) >= 1e-5
        assert _homing(one_digit, start) <= 1e-10, "one significant digit of the error itself leads to the truth"


@pytest.mark.parametrize(
    ("tolerance", "shown"),
    [("{decimals: 3}", 5e-4), ("{exact: true}", 1e-9), ("{significant: 4}", None), ("{rtol: 1.0e-3}", None)],
)
def test_the_bound_is_shown_where_the_assignment_states_it(tolerance: str, shown: float | None) -> None:
    assignment = _assignment(tolerance)
    for sent in (TRUTH, TRUTH + 5e-4, 0.0):  # right, right only by the last few units, and wrong
        assert json.loads(_seen(assignment, {"1": sent}))["1"]["fields"]["x"]["allowed"] == shown
        report = _report(assignment, {"1": sent})
        everything = view(report, "en", "everything")["questions"]
        assert isinstance(everything, dict)
        assert everything["1"]["fields"]["x"]["allowed"] is not None
        assert "stated" not in everything["1"]["fields"]["x"]


def test_what_failed_on_our_side_is_for_staff_also_after_the_release() -> None:
    assignment = parse_assignment(SOURCE.encode())
    report = _report(assignment, {"1": 7.2904, "5": 1})
    report["questions"]["5"] = {**report["questions"]["5"], "failure": "LookupError: /some/path"}
    levels: tuple[tuple[Reach, bool], ...] = (("staff", True), ("everything", False), ("hints", False))
    for level, shown in levels:
        questions = view(report, "en", level)["questions"]
        assert isinstance(questions, dict)
        assert ("basis" in questions["1"], "failure" in questions["5"]) == (shown, shown)
        assert questions["1"]["matched"] == "slip"


def test_room_that_was_made_for_rounding_is_not_shown() -> None:
    """It ends at a fifth of the way to a declared mistake, so that it would say where that is."""
    assignment = parse_assignment(SOURCE.encode())
    sent = {"4": [[2.0, 1.0], [0.5, 1.000]], "5": 0.0}
    condition = float(np.linalg.cond(np.array(sent["4"])))
    grown = None
    for offset in np.linspace(6e-4, 4e-3, 18):
        answers = {"4": [["2.00", "1.00"], ["0.50", "1.00"]], "5": condition + offset}
        question = _report(assignment, answers)["questions"]["5"]
        if question.get("basis", {}).get("grown"):
            grown = answers
    assert grown is not None
    field = _report(assignment, grown)["questions"]["5"]["fields"]["kappa"]
    assert field["allowed"] is not None
    assert field["allowed"] > 5e-4
    assert json.loads(_seen(assignment, grown))["5"]["fields"]["kappa"]["allowed"] is None


def test_a_preview_and_an_assignment_do_not_depend_on_the_truth(
    service: FastAPI, clock: Clock, learner: Callable[[str], TestClient]
) -> None:
    client = learner("b1")
    told = []
    for truth in (WRITTEN["the truth"], "0.0000017"):
        changed = SOURCE.replace(WRITTEN["the truth"], truth)
        publish_source(service, clock, "canary", changed.encode())
        body = {"assignment": "canary", "answers": {"1": 5.381, "2": 0, "4": [[2.482, 1], [0.5, 1.75]]}}
        document = client.get("/api/v1/courses/ml/assignments/canary").json()
        told.append((client.post("/api/v1/previews", json=body).text, document | {"version": None}))
    assert told[0] == told[1]
    assert "version" in told[0][1]
