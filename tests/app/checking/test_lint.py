"""The lint finds what is wrong with an assignment, where it stands, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.assignments import answer_schema, shipped_assignments
from app.checking import check, example_submission, lint, lint_document
from app.language import LANGUAGES, render
from tests.app.planted import HW3, TEN, planted
from tests.app.support import hw3


@pytest.mark.parametrize("slug", sorted(shipped_assignments()))
def test_a_shipped_assignment_has_nothing_to_mend(slug: str) -> None:
    linted = lint(shipped_assignments()[slug].read_bytes())
    assert linted.findings == ()
    assert linted.skipped == ()
    assert linted.assignment is not None
    assert len(linted.earned) == sum(len(question.mistakes) for question in linted.assignment.questions)
    assert all(0 < one.points < one.of for one in linted.earned)


def test_ten_planted_errors_give_ten_findings_with_their_lines() -> None:
    source = planted(*TEN)
    linted = lint(source)
    written = source.decode().split("\n")
    errors = {code: after for code, _, after in TEN}
    assert sorted(one.code for one in linted.findings) == sorted(errors)
    assert [one.line for one in linted.findings] == sorted(one.line or 0 for one in linted.findings)
    for one in linted.findings:
        assert one.line is not None
        assert one.column is not None
        line = written[one.line - 1]
        assert any(line.strip() in said or said.strip() in line for said in errors[one.code].strip().split("\n")), one
        assert line[: one.column - 1].strip() != line.strip()
    assert linted.assignment is None


@pytest.mark.parametrize(("code", "before", "after"), TEN, ids=[code for code, _, _ in TEN])
def test_a_planted_error_alone_gives_one_finding(code: str, before: str, after: str) -> None:
    (found,) = lint(planted((code, before, after))).findings
    assert found.code == code


def test_what_is_wrong_elsewhere_is_looked_for_as_far_as_links_allow() -> None:
    assert lint(planted(*TEN)).skipped == ("1.3", "2.1n", "2.2n", "3.2", "3.3", "3.4", "5.1n", "5.2n")


def test_a_finding_is_said_in_both_languages_and_points_into_the_file() -> None:
    linted = lint(planted(*TEN))
    document = json.loads(HW3_AS_JSON)
    for one in linted.findings:
        english, chinese = (render(one.message, language) for language in LANGUAGES)
        assert english != chinese
        here: Any = document
        for step in one.path[:-1]:
            here = here[step]


HW3_AS_JSON = hw3().model_dump_json(by_alias=True, exclude_unset=True)

CHANGES: tuple[tuple[str, str, str, int], ...] = (
    (
        "zeros_accepted",
        "tolerance: {exact: true}\n    fields:\n      W:",
        "tolerance: {atol: 1.5}\n    fields:\n      W:",
        2,
    ),
    ("unsolvable", "options: {estimator: closed_form_kl}", "options: {estimator: closed}", 1),
    ("unknown_input", "inputs: {edges: {data: edges},", "inputs: {edge: {data: edges},", 1),
    ("unknown_output", "output: explained_variance, moves", "output: explained, moves", 1),
    ("unknown_data", "inputs: {X: {data: samples}}\n", "inputs: {X: {data: sample}}\n", 1),
    ("number_as_text", "    s2: 0.5\n", "    s2: 5e-1\n", 1),
    ("not_allowed", "  n_vertices: 10\n", "  n_vertices: 010\n", 1),
    ("not_finite", "    s2: 0.5\n", "    s2: .nan\n", 1),
    ("duplicate_key", "slug: hw3\n", "slug: hw3\nslug: hw4\n", 1),
    ("unknown_key", "rounded: 0.5\n", "rounded: 0.5\nround: 0.5\n", 1),
    ("wrong_type", "tolerance: {decimals: 3}\nrounded", "tolerance: {decimals: three}\nrounded", 1),
    ("inconsistent", "tolerance: {decimals: 3}\nrounded", "tolerance: {decimals: 3, exact: true}\nrounded", 1),
    ("inconsistent", "  counts: best\n", "  counts: best\n  late: {rule: linear}\n", 1),
    ("unknown_field", "apply: {error: sqrt}", "apply: {err: sqrt}", 1),
    ("out_of_range", "{shape: [20, 2], moves", "{shape: [20, 0], moves", 1),
)


@pytest.mark.parametrize(("code", "before", "after", "count"), CHANGES)
def test_what_else_is_found(code: str, before: str, after: str, count: int) -> None:
    found = lint(planted((code, before, after))).findings
    assert code in [one.code for one in found]
    assert len(found) == count


def test_a_symmetry_that_leaves_everything_free_is_found() -> None:
    before = HW3[
        HW3.index("    symmetry: {group: signed_order") : HW3.index("    conventions:\n      - id: axes_as_rows")
    ]
    after = "    symmetry: {group: span}\n    fields:\n      axes: {shape: [3, 3], moves: {axes: [1]}}\n"
    found = lint(planted(("span", before, after))).findings
    assert ("wrong_accepted", "1.1") in [(one.code, one.question) for one in found]


def test_digits_that_refuse_the_right_answer_are_found() -> None:
    before = (
        "    symmetry: {group: rotation, spectrum: spectrum}\n    fields:\n"
        "      Psi: {shape: [10, 3], output: basis, moves: {axes: [1]}}\n    mistakes"
    )
    found = lint(planted(("span", before, before.replace("rotation, spectrum: spectrum", "span")))).findings
    assert ("rounded_refused", "3.3") in [(one.code, one.question) for one in found]


def test_a_perfect_submission_is_perfect() -> None:
    from app.answers import read_answers, read_json

    example = json.dumps(example_submission(hw3())).encode()
    report = check(hw3(), read_answers(read_json(example), hw3().answer_fields))
    assert {one["verdict"] for one in report["questions"].values()} == {"correct", "manual"}
    assert report["score"] + report["pending"] == report["max_score"]


def test_the_document_shows_what_a_student_sees() -> None:
    import jsonschema

    document: Any = lint_document(lint(HW3.encode()), "zh-TW")
    assert document["findings"] == []
    assert document["points"] == sum(one["points"] for one in document["questions"])
    assert document["answer_schema"] == answer_schema(hw3())
    jsonschema.validate(document["example"], document["answer_schema"])
    assert document["questions"][0]["mistakes"][0]["points"] == 0.1


def test_the_lint_says_the_same_again() -> None:
    source = planted(*TEN)
    assert lint(source) == lint(source)
