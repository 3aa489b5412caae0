"""What surrounds the answers is read strictly, and every fault is pointed at."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answers import Envelope, Json, NumberText, read_envelope
from app.errors import Unprocessable

LEGAL: dict[str, Json] = {"course": "ml", "assignment": "hw3", "student": "b12901001", "answers": {"1.3": None}}


def test_an_envelope_is_read_whole() -> None:
    assert read_envelope(LEGAL) == Envelope("ml", "hw3", "b12901001", {"1.3": None})


@pytest.mark.parametrize("key", ["course", "student"])
def test_null_is_the_same_as_left_out(key: str) -> None:
    without = {name: value for name, value in LEGAL.items() if name != key}
    assert read_envelope({**LEGAL, key: None}) == read_envelope(without)


def test_empty_answers_are_legal() -> None:
    assert read_envelope({**LEGAL, "answers": {}}).answers == {}


def test_a_student_id_is_lowered() -> None:
    assert read_envelope({**LEGAL, "student": "B12.9_0-1@NTU"}).student == "b12.9_0-1@ntu"


def test_the_assignment_may_be_known_from_elsewhere() -> None:
    assert read_envelope({"answers": {}}, assignment_required=False) == Envelope(None, None, None, {})


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"student": ""}, "/student"),
        ({"student": "x" * 65}, "/student"),
        ({"student": "b1290 1001"}, "/student"),
        ({"student": "b12901001\n"}, "/student"),
        ({"student": "學生"}, "/student"),
        ({"student": "\u0131"}, "/student"),
        ({"student": NumberText("12901001")}, "/student"),
        ({"student": ["b1"]}, "/student"),
        ({"course": True}, "/course"),
        ({"course": "ML"}, "/course"),
        ({"course": "../ml"}, "/course"),
        ({"course": "\ud800"}, "/course"),
        ({"assignment": "-hw3"}, "/assignment"),
        ({"assignment": "h" * 65}, "/assignment"),
        ({"assignment": None}, ""),
        ({"answers": None}, "/answers"),
        ({"answers": []}, "/answers"),
        ({"answers": "1.3"}, "/answers"),
        ({"Student": "b1"}, "/Student"),
        ({"a/b~c": 1}, "/a~1b~0c"),
        ({"\ud800": 1}, "/\ufffd"),
    ],
)
def test_a_fault_is_pointed_at(change: Mapping[str, Json], pointer: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        read_envelope({**LEGAL, **change})
    assert [problem.pointer for problem in caught.value.problems] == [pointer]
    str(caught.value.detail).encode("utf-8")


@pytest.mark.parametrize("document", [None, True, NumberText("NaN"), "x", [LEGAL]])
def test_the_top_level_is_an_object(document: Json) -> None:
    with pytest.raises(Unprocessable) as caught:
        read_envelope(document)
    assert [problem.pointer for problem in caught.value.problems] == [""]


def test_every_fault_is_found_at_once() -> None:
    with pytest.raises(Unprocessable) as caught:
        read_envelope({"course": "ML", "x": NumberText("1"), "student": []})
    pointers = [problem.pointer for problem in caught.value.problems]
    assert pointers == ["/course", "/x", "/student", "", ""]


@given(
    st.dictionaries(
        st.sampled_from(["course", "assignment", "student", "answers"]) | st.text(),
        st.none() | st.booleans() | st.text() | st.text().map(NumberText) | st.just({}),
    )
)
def test_any_object_is_read_or_refused(document: dict[str, Json]) -> None:
    try:
        read_envelope(document)
    except Unprocessable as refusal:
        for problem in refusal.problems:
            (problem.pointer + str(problem.message)).encode("utf-8")
