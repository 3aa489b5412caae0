"""Every case of the peers' tests is decided as it should be, or a written reason says why it is not."""

from __future__ import annotations

import re

import numpy as np
import pytest

from graders import EXACT, ShapeMismatchError, Tolerance, compare
from tests.peers.cases import CASES, array, is_complex, read
from tests.peers.plan import ELSEWHERE, NOT_RUN, OTHERWISE, PAGE, WAYS, agreeing, page
from tests.peers.runners import run

ENTRYWISE = ("number", "vector.equal", "matrix.equal", "list.ordered", "set.unordered", "bad_input")


@pytest.mark.parametrize("name", agreeing())
def test_a_case_is_decided_as_it_should_be(name: str) -> None:
    case = CASES[name]
    found = run(WAYS[case.kind].runner, case)
    if name in ELSEWHERE:
        assert {found.verdict, case.verdict} == {"incorrect", "error"}
    else:
        assert found.verdict == case.verdict
    if case.score is not None and found.score is not None:
        assert found.score == pytest.approx(case.score)


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_case_is_decided_otherwise_exactly_as_the_page_says(name: str) -> None:
    case = CASES[name]
    verdict = run(WAYS[case.kind].runner, case).verdict
    assert verdict == OTHERWISE[name].verdict
    assert verdict != case.verdict


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.peer_was_wrong])
def test_where_a_peer_was_wrong_its_verdict_is_not_repeated(name: str) -> None:
    case = CASES[name]
    assert name in agreeing()
    assert run(WAYS[case.kind].runner, case).verdict not in str(case.peer_verdict).split()


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in agreeing()
        if CASES[name].kind in ENTRYWISE
        and CASES[name].verdict in ("incorrect", "error")
        and CASES[name].params.get("item") != "string"  # words are numbered by their runner
        and name not in ("pc237", "pc367")  # blanks and true are no numbers: only who reads can tell
    ],
)
def test_what_is_refused_is_refused_by_the_comparison_alone_too(name: str) -> None:
    case = CASES[name]
    truth, answer = array(case.expected_answer), array(case.student)
    asked = case.params
    tolerance = Tolerance(atol=asked.get("atol", 0.0), rtol=asked.get("rtol", 0.0))
    if truth.shape != answer.shape:
        with pytest.raises(ShapeMismatchError):
            compare({"x": answer[None]}, {"x": truth[None]}, {"x": tolerance})
    else:
        assert not compare({"x": answer[None]}, {"x": truth[None]}, {"x": tolerance}).fields["x"].correct[0]


def test_every_case_is_run_or_has_a_reason_and_never_both() -> None:
    assert len(CASES) == 190
    assert sorted([*agreeing(), *OTHERWISE, *NOT_RUN]) == sorted(CASES)
    assert ELSEWHERE.keys() <= set(agreeing())
    assert {CASES[name].kind for name in [*agreeing(), *OTHERWISE]} == WAYS.keys()
    reasons = [*ELSEWHERE.values(), *NOT_RUN.values(), *(other.why for other in OTHERWISE.values())]
    assert all(reason.endswith(".") for reason in reasons)


def test_the_page_holds_the_tables_and_every_case_once() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written.endswith(page()), "write it anew with tests.peers.plan.write"
    listed = [name for row in written.splitlines() if row.startswith("|") for name in re.findall(r"pc\d{3}", row)]
    mentioned = {"pc198"}  # inside the reason of another
    assert {*listed} == CASES.keys()
    assert len(listed) == len(CASES) + len(mentioned)


def test_no_case_names_this_machine() -> None:
    text = " ".join(f"{case.source} {case.note}" for case in CASES.values())
    assert not re.search(r"(?<![\w.-])/(work|home|root|tmp)/", text)


def test_numbers_of_cases_are_read_as_they_are_written() -> None:
    assert array([1, {"re": 1.0, "im": -2.0}]).tolist() == [1, 1 - 2j]
    assert is_complex([[1, {"re": 0.0, "im": 1.0}]])
    assert not is_complex([[1, 2]])
    assert array("-Infinity") == -np.inf
    assert EXACT.accepts(read("1e-3", ())[0], 0.001)
