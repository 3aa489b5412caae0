"""Homework 3 over HTTP: right answers in every form, and wrong ones beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import numpy as np
import pytest
from sklearn.decomposition import PCA
from starlette.testclient import TestClient

from app.answers import Json, read_answers, read_json
from app.checking import Submission, check_many
from tests.app.support import MANUAL_POINTS, NUMERIC, Answers, hw3, orthogonal, perfect, published, true_fields

SAMPLES = np.array(hw3().data["samples"], dtype=float)


def _submit(staff: TestClient, answers: Answers, student: str = "b12901001") -> dict[str, Any]:
    response = staff.post("/api/v1/submissions", json={"assignment": "hw3", "student": student, "answers": answers})
    assert response.status_code == 201, response.text
    report: dict[str, Any] = response.json()
    return report


def _full(report: dict[str, Any], *questions: str) -> None:
    for question in questions:
        found = report["questions"][question]
        assert found["score"] == found["max_score"], (question, found)
        assert found["verdict"] == "correct"


def test_the_published_solution_as_printed_gets_full_marks(staff: TestClient) -> None:
    report = _submit(staff, published())
    _full(report, "1.1", "1.2", "1.3", "3.1", "3.2", "3.3", "3.4")
    assert report["score"] == 1.8
    assert report["questions"]["1.1"]["fields"]["eigenvalues"]["verdict"] == "correct"


def test_every_answer_in_full_precision_and_rounded_gets_full_marks(staff: TestClient) -> None:
    for decimals in (None, 8, 3):
        report = _submit(staff, perfect(decimals))
        _full(report, *NUMERIC)
        assert (report["score"], report["pending"]) == (3.7, MANUAL_POINTS)
        assert report["status"] == "pending_manual"


def test_scikit_learns_output_gets_full_marks(staff: TestClient) -> None:
    model = PCA().fit(SAMPLES)
    rows = {"axes": model.components_.tolist(), "eigenvalues": model.explained_variance_.tolist()}
    columns = {"axes": model.components_.T.tolist(), "eigenvalues": model.explained_variance_.tolist()}
    scores = model.transform(SAMPLES).tolist()
    by_rows = _submit(staff, {"1.1": rows, "1.2": scores})
    _full(by_rows, "1.1", "1.2")
    assert by_rows["questions"]["1.1"]["matched"] == "axes_as_rows"
    by_columns = _submit(staff, {"1.1": columns, "1.2": scores})
    _full(by_columns, "1.1", "1.2")
    assert by_columns["questions"]["1.1"]["matched"] == "truth"


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("ddof", [0, 1])
def test_numpys_eigh_smallest_first_gets_full_marks(staff: TestClient, rows: bool, ddof: int) -> None:
    values, vectors = np.linalg.eigh(np.cov(SAMPLES.T, ddof=ddof))
    scores = (SAMPLES - SAMPLES.mean(axis=0)) @ vectors
    answers = {
        "1.1": {"axes": (vectors.T if rows else vectors).tolist(), "eigenvalues": values.tolist()},
        "1.2": {"components": scores.tolist()},
    }
    report = _submit(staff, answers)
    _full(report, "1.1", "1.2")
    first = report["questions"]["1.1"]
    assert first["fields"]["eigenvalues"]["verdict"] == "correct"
    expected = {(0, 0): "ddof_0", (0, 1): "axes_as_rows_ddof_0", (1, 0): "truth", (1, 1): "axes_as_rows"}
    assert first["matched"] == expected[ddof, int(rows)]


def test_components_that_contradict_the_axes_signs_are_refused_and_named(staff: TestClient) -> None:
    answers = published()
    scores = np.array(answers["1.2"])
    scores[:, 1] *= -1
    report = _submit(staff, {**answers, "1.2": scores.tolist()})
    _full(report, "1.1")
    second = report["questions"]["1.2"]
    assert (second["verdict"], second["matched"]) == ("incorrect", None)
    worst = second["fields"]["components"]["worst"]
    assert worst["index"] == [int(np.abs(scores[:, 1]).argmax()), 1]
    alone = _submit(staff, {"1.2": scores.tolist()})
    _full(alone, "1.2")


def test_components_whose_axes_are_wrong_are_free_in_sign_and_order(staff: TestClient) -> None:
    scores = true_fields("1.2")["components"][:, ::-1] * np.array([1, -1, 1])
    report = _submit(staff, {"1.1": np.eye(3).tolist(), "1.2": scores.tolist()})
    assert report["questions"]["1.1"]["verdict"] == "incorrect"
    _full(report, "1.2")


def test_a_thousand_embeddings_turned_and_then_rounded_are_all_right() -> None:
    rng = np.random.default_rng(2026)
    psi = {question: true_fields(question)["Psi"] for question in ("3.3", "3.4")}
    trace = true_fields("3.4")["trace"].item()
    submissions = []
    for _ in range(1000):
        turned = {question: np.round(value @ orthogonal(rng, 3), 3).tolist() for question, value in psi.items()}
        sent = {"3.3": turned["3.3"], "3.4": {"Psi": turned["3.4"], "trace": round(trace, 3)}}
        answers = read_answers(_text(sent), hw3().answer_fields)
        submissions.append(Submission(answers))
    reports = check_many(hw3(), submissions)
    assert [report["score"] for report in reports] == [0.8] * 1000
    for report in reports[:50]:
        field = report["questions"]["3.3"]["fields"]["Psi"]
        assert field["symmetry"] is not None
        element = np.array(field["symmetry"]["element"], dtype=float)
        assert np.abs(element.T @ element - np.eye(3)).max() < 1e-12


def _text(answers: Answers) -> Json:
    return read_json(json.dumps(answers).encode())


@pytest.mark.parametrize("question", NUMERIC)
def test_one_entry_wrong_by_2e_3_is_not_full_marks_and_is_named(staff: TestClient, question: str) -> None:
    rng = np.random.default_rng(5)
    right = perfect()[question]
    required = [name for name, spec in hw3().question(question).fields.items() if spec.required]
    for name in required:
        value = np.array(right[name], dtype=float)
        index = tuple(int(rng.integers(size)) for size in value.shape)
        value[index] += 2e-3
        report = _submit(staff, {question: {**right, name: value.tolist()}})["questions"][question]
        assert report["verdict"] in ("incorrect", "partial")
        assert report["score"] < report["max_score"]
        assert report["fields"][name]["verdict"] == "incorrect"
        assert report["fields"][name]["worst"]["index"] == list(index)
        assert all(field["verdict"] == "correct" for other, field in report["fields"].items() if other != name)


def test_a_moved_edge_is_refused_and_named(staff: TestClient) -> None:
    answers = published()
    moved = np.array(answers["3.1"])
    moved[0, 1] = moved[1, 0] = 0
    moved[0, 4] = moved[4, 0] = 1
    report = _submit(staff, {"3.1": moved.tolist()})["questions"]["3.1"]
    assert report["verdict"] == "incorrect"
    assert report["fields"]["W"]["worst"] == {"index": [0, 1], "error": 1.0}


def test_an_embedding_with_two_equal_columns_is_refused(staff: TestClient) -> None:
    psi = np.array(published()["3.3"])
    psi[:, 2] = psi[:, 1]
    report = _submit(staff, {"3.3": psi.tolist()})["questions"]["3.3"]
    assert report["verdict"] == "incorrect"
    assert report["fields"]["Psi"]["worst"]["indicative"] is True


def test_the_degrees_as_a_vector_are_right_and_named(staff: TestClient) -> None:
    answers = published()["3.2"]
    degrees = np.diag(answers["D"])
    report = _submit(staff, {"3.2": {**answers, "D": degrees.tolist()}})["questions"]["3.2"]
    assert (report["verdict"], report["matched"]) == ("correct", "degrees_as_vector")
    wrong = degrees.copy()
    wrong[4] += 1
    report = _submit(staff, {"3.2": {**answers, "D": wrong.tolist()}})["questions"]["3.2"]
    assert (report["verdict"], report["score"]) == ("partial", 0.15)
    assert report["fields"]["D"]["worst"]["index"] == [4]


def test_the_reconstruction_error_with_divisor_nine_is_right_and_named(staff: TestClient) -> None:
    report = _submit(staff, {"1.3": 6.080})["questions"]["1.3"]
    assert (report["verdict"], report["matched"], report["score"]) == ("correct", "ddof_1", 0.1)
    assert _submit(staff, {"1.3": 1.825})["questions"]["1.3"]["verdict"] == "incorrect"


def _relabelled(answers: Answers, order: list[int]) -> Answers:
    changed = {}
    for name, value in answers.items():
        array = np.array(value)
        if name == "delta":
            array = array[:, order]
        elif name != "log_likelihood":
            array = array[order]
        changed[name] = array.tolist()
    return changed


def test_components_3_and_4_may_be_numbered_either_way_but_only_as_linked(staff: TestClient) -> None:
    right = perfect(3)
    swapped = {question: _relabelled(right[question], [0, 1, 3, 2]) for question in ("4.1n", "4.2n", "4.3n")}
    report = _submit(staff, swapped)
    _full(report, "4.1n", "4.2n", "4.3n")
    assert report["questions"]["4.2n"]["fields"]["delta"]["symmetry"] == {
        "group": "relabelling",
        "element": [0, 1, 3, 2],
    }
    contradicting = _submit(staff, {"4.1n": right["4.1n"], "4.2n": swapped["4.2n"]})
    _full(contradicting, "4.2n")
    assert contradicting["questions"]["4.1n"]["verdict"] == "incorrect"
    pinned = _submit(staff, {"4.2n": _relabelled(right["4.2n"], [1, 0, 2, 3])})
    assert pinned["questions"]["4.2n"]["verdict"] == "incorrect"


def test_one_permutation_for_pi_and_another_for_mu_is_refused(staff: TestClient) -> None:
    right = perfect(3)["5.3n"]
    mixed = {**right, "pi": right["pi"][::-1]}
    report = _submit(staff, {"5.3n": mixed})["questions"]["5.3n"]
    assert report["verdict"] == "partial"
    assert report["fields"]["pi"]["verdict"] == "incorrect"
    assert report["fields"]["w"]["verdict"] == report["fields"]["rho"]["verdict"] == "correct"


def test_an_optional_field_that_is_wrong_costs_nothing_and_is_reported(staff: TestClient) -> None:
    answers = perfect(3)["1.1"]
    report = _submit(staff, {"1.1": {**answers, "eigenvalues": [1, 2, 3]}})["questions"]["1.1"]
    assert (report["verdict"], report["score"]) == ("correct", 0.2)
    assert report["fields"]["eigenvalues"]["verdict"] == "incorrect"


def test_a_required_field_left_out_loses_its_share(staff: TestClient) -> None:
    answers = perfect(3)["2.1n"]
    del answers["kl"]
    report = _submit(staff, {"2.1n": answers})["questions"]["2.1n"]
    assert (report["verdict"], report["score"]) == ("partial", 0.066667)
    assert report["fields"]["kl"]["verdict"] == "missing"


def test_nothing_sent_is_missing_and_not_wrong(staff: TestClient) -> None:
    report = _submit(staff, {"1.1": {}, "1.3": None})
    assert report["questions"]["1.1"]["verdict"] == report["questions"]["1.3"]["verdict"] == "missing"
    assert report["questions"]["1.1"]["fields"]["axes"]["verdict"] == "missing"
    assert report["questions"]["2.1"]["verdict"] == "manual"
    assert (report["score"], report["max_score"], report["pending"]) == (0.0, 6.0, 2.3)


@pytest.mark.parametrize("value", [1e308, -1e308, 5e-324, 1e200])
def test_absurd_but_legal_numbers_are_wrong_and_nothing_else(staff: TestClient, value: float) -> None:
    answers = {
        question: {name: np.full(np.shape(field), value).tolist() for name, field in fields.items()}
        for question, fields in perfect().items()
    }
    report = _submit(staff, answers)
    assert report["score"] == 0.0
    assert report["status"] == "pending_manual"


def test_reports_of_every_kind_are_what_the_openapi_document_says(
    staff: TestClient, learner: Callable[[str], TestClient]
) -> None:
    document = staff.get("/openapi.json").json()
    schema = {"$ref": "#/components/schemas/ReportModel", "components": document["components"]}
    answers = {
        "1.1": np.round(true_fields("1.1")["axes"], 2).tolist(),
        "1.3": 5.517,
        "2.1n": {"log_evidence": 1.0, "elbo": 0.0, "kl": 0.5},
        "3.1": (1.0 - np.eye(10)).tolist(),
        "3.2": {"D": [9.0] * 10, "L": (10.0 * np.eye(10) - 1.0).tolist()},
        "3.3": np.ones((10, 3)).tolist(),
    }
    seen = _submit(staff, answers)
    assert seen["questions"]["3.2"]["basis"] == {"convention": "degrees_as_vector", "inputs": "as sent", "grown": False}
    shown = learner("b1").post("/api/v1/submissions", json={"assignment": "hw3", "answers": answers}).json()
    assert "basis" not in shown["questions"]["3.2"]
    assert [one["code"] for one in shown["questions"]["1.3"]["feedback"]] == ["mistake"]
    for report in (seen, shown):
        jsonschema.Draft202012Validator(schema).validate(report)
