"""Fields of every kind over HTTP: described, previewed, refused, graded and read again."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from tests.app.checking.test_kinds import SOURCE

KINDS = "/api/v1/courses/ml/assignments/kinds"
ANSWERS: dict[str, Any] = {
    "1": {"count": "84/2", "error": 5.472},
    "2": {"eigenvalues": ["3.224", "-0.112+1.926i", "-0.112-1.926i"], "vectors": [["1j"] * 3] * 3},
    "3": {"labels": ["b", "b", "A", "A", "b"], "centres": [[8.5, 8], [1.333, 1.333]]},
    "4": [{"re": 1, "im": "2.000"}, "1-2j", -3],
}


@pytest.fixture
def uploaded(staff: TestClient) -> TestClient:
    response = staff.put(KINDS, content=SOURCE.encode(), headers={"Content-Type": "application/yaml"})
    assert response.status_code == 201
    return staff


def _body(answers: object) -> dict[str, object]:
    return {"course": "ml", "assignment": "kinds", "student": "b1", "answers": answers}


def test_every_kind_is_described(uploaded: TestClient) -> None:
    document = uploaded.get(KINDS).json()
    kinds = {field["name"]: field["kind"] for question in document["questions"] for field in question["fields"]}
    assert kinds == {
        "count": "integer",
        "error": "number",
        "table": "integer",
        "eigenvalues": "complex",
        "vectors": "complex",
        "labels": "labels",
        "centres": "matrix",
        "roots": "complex",
        "axes": "matrix",
    }
    schema = Draft202012Validator(document["answer_schema"])
    assert schema.is_valid(ANSWERS)
    for wrong in ({"1": {"count": 2.5}}, {"4": [{"re": 1}, 2, 3]}, {"3": {"labels": [1.5, 1, 1, 1, 1]}}):
        assert not schema.is_valid(wrong)


def test_a_preview_says_how_every_kind_was_read(uploaded: TestClient) -> None:
    found = uploaded.post("/api/v1/previews", json=_body(ANSWERS)).json()["questions"]
    assert found["1"]["fields"]["count"] == {"shape": [], "decimals": None}
    assert found["2"]["fields"]["eigenvalues"] == {"shape": [3], "decimals": 3}
    assert found["3"]["fields"]["labels"] == {"shape": [5], "decimals": None, "labels": 2}
    assert found["4"]["fields"]["roots"] == {"shape": [3], "decimals": 3}


def test_what_is_of_another_kind_is_refused_with_pointers(uploaded: TestClient) -> None:
    answers = {"1": {"count": 2.5}, "3": {"labels": [1, True, 2, 2, 1]}, "4": ["1+2k", "nan+1j", {"re": [1], "im": 0}]}
    for path in ("/api/v1/previews", "/api/v1/submissions"):
        response = uploaded.post(path, json=_body(answers))
        assert response.status_code == 422
        assert [error["pointer"] for error in response.json()["errors"]] == [
            "/answers/1/count",
            "/answers/3/labels/1",
            "/answers/4/0",
            "/answers/4/1",
            "/answers/4/2/re",
        ]


def test_a_submission_is_graded_and_read_again(uploaded: TestClient) -> None:
    first = uploaded.post("/api/v1/submissions", json=_body(ANSWERS))
    assert first.status_code == 201
    report = uploaded.get(f"/api/v1/submissions/{first.json()['id']}").json()
    verdicts = {name: question["verdict"] for name, question in report["questions"].items()}
    assert verdicts == {"1": "correct", "2": "partial", "3": "correct", "4": "correct", "5": "missing"}
    element = report["questions"]["2"]["fields"]["vectors"]["symmetry"]["element"]
    assert [sorted(phase) for phase in element] == [["im", "re"]] * 3
    assert report["questions"]["3"]["fields"]["labels"]["unit"] == "samples"
