"""Fields of every kind and truths that are written down: graded, linted, previewed, and shown as JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from app.assignments import answer_schema, parse_assignment
from app.assignments.format_schema import format_schema
from app.checking import SOLVER_NAMES, encode, example_submission, grade_lines, lint, lint_document
from app.checking.check import check
from tests.app.checking.grading import grade, summary

SOURCE = """\
format: 1
slug: kinds
title: {en: "Kinds", zh-TW: "欄位種類"}
points: 5
tolerance: {decimals: 3}
data:
  A: [[0, -2, 1], [2, 0, 0], [1, 0, 3]]
questions:
  - id: "1"
    title: {en: "Count", zh-TW: "計數"}
    prompt: {en: "How many?", zh-TW: "有多少？"}
    points: 1
    truth: {values: {count: 42, table: [[1, 2], [3, 4]], error: 5.472}}
    fields:
      count: {kind: integer}
      error: {shape: []}
      table: {kind: integer, shape: [2, 2], required: false}
    mistakes:
      - id: off_by_one
        values: {count: 41}
        hint: {en: "One was left out.", zh-TW: "少算了一個。"}
  - id: "2"
    title: {en: "Eigenvectors", zh-TW: "特徵向量"}
    prompt: {en: "Vectors", zh-TW: "向量"}
    points: 1
    truth: {solver: linear_algebra.eigenvectors, inputs: {A: {data: A}}}
    symmetry: {group: phase}
    fields:
      eigenvalues: {kind: complex, shape: [3]}
      vectors: {kind: complex, shape: [3, 3], moves: {axes: [1]}}
    mistakes:
      - id: conjugated
        apply: {vectors: conjugate}
        hint: {en: "Conjugated.", zh-TW: "取了共軛。"}
  - id: "3"
    title: {en: "Labels", zh-TW: "分群"}
    prompt: {en: "Labels", zh-TW: "標籤"}
    points: 1
    truth: {values: {labels: [0, 0, 1, 1, 0], centres: [[1.333, 1.333], [8.5, 8]]}}
    symmetry: {group: relabelling}
    fields:
      labels: {kind: labels, shape: [5], n_labels: 2}
      centres: {shape: [2, 2], moves: {axes: [0]}}
  - id: "4"
    title: {en: "Roots", zh-TW: "根"}
    prompt: {en: "Roots", zh-TW: "根"}
    points: 1
    truth: {values: {roots: ["1+2i", {re: 1, im: -2}, -3]}}
    symmetry: {group: relabelling}
    fields:
      roots: {kind: complex, shape: [3], moves: {axes: [0]}}
  - id: "5"
    title: {en: "Axes", zh-TW: "主軸"}
    prompt: {en: "Axes", zh-TW: "主軸"}
    points: 1
    truth: {values: {axes: [[0.6, -0.8], [0.8, 0.6]], eigenvalues: [2, 1]}}
    symmetry: {group: signed_order, spectrum: eigenvalues}
    fields:
      axes: {shape: [2, 2], moves: {axes: [1]}}
"""
KINDS = parse_assignment(SOURCE.encode())
FULL = ("correct", 1.0, "truth")


def one(question: str, value: object) -> Any:  # noqa: ANN401 - a nested document
    return grade({question: value}, KINDS)[question]


def _changed(before: str, after: str) -> Any:  # noqa: ANN401 - what the lint says
    assert SOURCE.count(before) == 1
    return lint(SOURCE.replace(before, after).encode())


def test_the_lint_has_nothing_to_mend_and_its_example_is_right() -> None:
    linted = lint(SOURCE.encode())
    assert linted.findings == ()
    assert {(each.question, each.mistake) for each in linted.earned} == {("1", "off_by_one"), ("2", "conjugated")}
    example = example_submission(KINDS)
    Draft202012Validator(answer_schema(KINDS)).validate(example)
    assert json.loads(json.dumps(lint_document(linted, "en")))["example"] == example
    found = grade(example, KINDS)
    assert {summary(found[question.id]) for question in KINDS.questions} == {FULL}


def test_whole_numbers_are_exact_whatever_the_assignment_tolerates() -> None:
    assert summary(one("1", {"count": "84/2", "error": 5.4724})) == FULL
    assert summary(one("1", {"count": 41, "error": 5.472})) == ("partial", 0.75, "off_by_one")
    assert one("1", {"count": 43, "error": 5.472})["fields"]["count"]["verdict"] == "incorrect"
    table = one("1", {"count": 42, "error": 5.472, "table": [[1, 2], [3, 5]]})["fields"]["table"]
    assert (table["verdict"], table["worst"]) == ("incorrect", {"index": [1, 1], "error": 1.0})


@given(st.integers(0, 2**32 - 1))
def test_complex_vectors_are_right_under_any_phase_and_shown_as_json(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, vectors = (_eigenvectors()[name] for name in ("eigenvalues", "vectors"))
    turned = np.round(vectors * np.exp(2j * np.pi * rng.uniform(size=3)), 3)
    found = one("2", {"eigenvalues": str(np.round(values, 3)), "vectors": _objects(turned)})
    assert summary(found) == FULL
    element = found["fields"]["vectors"]["symmetry"]["element"]
    assert all(part.keys() == {"re", "im"} and abs(complex(part["re"], part["im"])) for part in element)
    turned[rng.integers(3), 0] += 0.01
    wrong = one("2", {"eigenvalues": str(np.round(values, 3)), "vectors": _objects(turned)})
    assert wrong["fields"]["vectors"]["verdict"] == "incorrect"


def _eigenvectors() -> dict[str, Any]:
    values, vectors = np.linalg.eig(np.array(KINDS.data["A"], dtype=float))
    order = np.lexsort([-values.imag.round(9), -values.real.round(9), -np.abs(values).round(9)])
    return {"eigenvalues": values[order], "vectors": vectors[:, order]}


def _objects(array: Any) -> Any:  # noqa: ANN401 - nested lists
    return [_objects(inner) for inner in array] if array.ndim else {"re": float(array.real), "im": float(array.imag)}


def test_complex_roots_are_right_in_any_order_and_rounded_ones_are_told() -> None:
    assert summary(one("4", ["1-2j", {"re": -3, "im": "0"}, "1+2i"])) == FULL
    assert summary(one("4", "[-3, 1-2j, 1+2.0004j]")) == FULL
    assert one("4", ["1-2j", -3, "1-2j"])["verdict"] == "incorrect"
    assert one("4", ["1-2j", -3, "1+2.001j"])["verdict"] == "incorrect"


def test_labels_are_right_under_any_names_shared_with_the_centres() -> None:
    centres = [[1.333, 1.333], [8.5, 8.0]]
    assert summary(one("3", {"labels": ["b", "b", "A", "A", "b"], "centres": centres[::-1]})) == FULL
    assert summary(one("3", {"labels": "[-1 -1 7 7 -1]", "centres": centres})) == FULL
    crossed = one("3", {"labels": ["b", "b", "A", "A", "b"], "centres": centres})
    assert crossed["verdict"] == "partial"


@pytest.mark.parametrize(("labels", "count"), [([1, 1, 2, 2, 3], 1), ([1] * 5, 2), ([5, 5, 6, 6, 7], 1)])
def test_another_number_of_labels_is_wrong_and_not_refused(labels: list[int], count: int) -> None:
    field = one("3", {"labels": labels})["fields"]["labels"]
    assert (field["verdict"], field["measured"], field["allowed"], field["unit"]) == ("incorrect", count, 0, "samples")


def test_a_truth_that_is_written_down_is_compared_up_to_its_symmetry() -> None:
    assert summary(one("5", [[0.8, 0.6], [-0.6, 0.8]])) == FULL
    assert one("5", [[0.8, 0.6], [0.6, 0.8]])["verdict"] == "incorrect"


def test_reports_of_every_kind_are_json() -> None:
    answers = {"2": {"eigenvalues": ["1+1j"] * 3, "vectors": [["1j"] * 3] * 3}, "3": {"labels": [1, 1, 2, 2, 3]}}
    line = json.dumps({"student": "b1", "answers": answers}).encode()
    bad = json.dumps({"student": "b1", "answers": {"4": [{"re": 1}, 2, "1+2k"]}}).encode()
    first, second = grade_lines(KINDS, [line, bad], "zh-TW").splitlines()
    assert json.loads(first)["questions"]["2"]["verdict"] == "incorrect"
    assert [problem["pointer"] for problem in json.loads(second)["errors"]] == ["/answers/4/0", "/answers/4/2"]
    json.loads(encode(check(KINDS, {})))


FAULTS = [
    ("shape", "table: [[1, 2], [3, 4]]", "table: [[1, 2, 3], [3, 4, 5]]"),
    ("ragged", "table: [[1, 2], [3, 4]]", "table: [[1, 2], [3]]"),
    ("wrong_type", "table: [[1, 2], [3, 4]]", "table: [[1, 2], [3, 4.5]]"),
    ("wrong_type", "error: 5.472}}", "error: about five}}"),
    ("wrong_type", "count: 42, ", "count: true, "),
    ("wrong_type", '"1+2i", {re: 1, im: -2}', '"1+2k", {re: 1, im: -2}'),
    ("wrong_type", "{re: 1, im: -2}", "{re: 1}"),
    ("wrong_type", "values: {count: 41}", "values: {count: 4.5}"),
    ("unknown_output", "values: {count: 41}", "values: {counts: 41}"),
    ("unknown_output", "count: 42, ", "counts: 42, "),
    ("unknown_output", "spectrum: eigenvalues", "spectrum: values"),
    ("inconsistent", "values: {count: 41}", "options: {count: 41}"),
    ("inconsistent", "count: {kind: integer}", "count: {kind: integer, tolerance: {decimals: 3}}"),
    ("inconsistent", ", n_labels: 2}", "}"),
    ("inconsistent", ", n_labels: 2}", ", n_labels: 3}"),
    ("inconsistent", "error: {shape: []}", "error: {shape: [], n_labels: 2}"),
    ("inconsistent", "labels, shape: [5], n_labels: 2}", "labels, shape: [5], n_labels: 2, moves: {axes: [0]}}"),
    ("inconsistent", "symmetry: {group: phase}", "symmetry: {group: rotation}"),
    ("unknown_key", "    symmetry: {group: phase}", "    symmetries: {group: phase}"),
    ("unknown_solver", "linear_algebra.eigenvectors", "linear_algebra.eigenvector"),
]


@pytest.mark.parametrize(("code", "before", "after"), FAULTS)
def test_a_fault_of_a_kind_or_a_figure_has_its_line(code: str, before: str, after: str) -> None:
    found = _changed(before, after).findings
    place = next(each for each in found if each.code == code)
    wanted = SOURCE[: SOURCE.index(before)].count("\n") + 1
    assert place.line is not None
    assert abs(place.line - wanted) <= 3
    assert place.column is not None


@pytest.mark.parametrize(
    ("before", "after", "meant"),
    [
        ("    symmetry: {group: phase}", "    symetry: {group: phase}", "symmetry"),
        ("vectors: {kind: complex", "vectors: {kinds: complex", "kind"),
        ("{solver: linear_algebra.eigenvectors", "{solvers: linear_algebra.eigenvectors", "solver"),
        ("linear_algebra.eigenvectors", "linear_algebra.eigenvector", "linear_algebra.eigenvectors"),
        ("slug: kinds", "slugs: kinds", "slug"),
    ],
)
def test_typos_are_answered_with_what_was_meant(before: str, after: str, meant: str) -> None:
    said = [str(each.message) for each in _changed(before, after).findings]
    assert any("Did you mean" in message and meant in message.partition("Did you mean")[2] for message in said), said


def test_editors_know_the_solvers_and_the_kinds() -> None:
    schema = format_schema(SOLVER_NAMES)
    assert schema["$defs"]["Node"]["properties"]["solver"]["enum"] == list(SOLVER_NAMES)
    document = json.loads(KINDS.model_dump_json(by_alias=True, exclude_unset=True))
    validator = Draft202012Validator(schema)
    assert not list(validator.iter_errors(document))
    document["questions"][1]["truth"]["solver"] = "linear_algebra.eigenvector"
    assert list(validator.iter_errors(document))
    assert not list(Draft202012Validator(format_schema()).iter_errors(document))
