"""Whole numbers, complex numbers and labels are read in every spelling, and what is none of them is pointed at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answers import FieldAnswer, describe, read_answers, read_json
from app.answers.records import FieldKind
from app.errors import Unprocessable


@dataclass(frozen=True)
class Field:
    """A field as an assignment declares it."""

    kind: FieldKind
    shapes: tuple[tuple[int, ...], ...] = ((),)
    required: bool = True


QUESTIONS = {
    "n": {"n": Field("integer")},
    "N": {"N": Field("integer", ((2, 2),))},
    "z": {"z": Field("complex")},
    "Z": {"Z": Field("complex", ((2,),))},
    "M": {"M": Field("complex", ((2, 2),))},
    "y": {"y": Field("labels", ((4,),))},
    "x": {"x": Field("numeric", ((2,),))},
    "re": {"re": Field("complex"), "im": Field("numeric", required=False)},
}


def read(question: str, value: object) -> FieldAnswer:
    body = json.dumps({question: {question: value}}).encode()
    found = read_answers(read_json(body), QUESTIONS)[question][question]
    assert isinstance(found, FieldAnswer)
    return found


def pointers(question: str, value: object) -> list[str]:
    with pytest.raises(Unprocessable) as caught:
        read(question, value)
    return [problem.pointer.removeprefix(f"/answers/{question}/{question}") for problem in caught.value.problems]


@pytest.mark.parametrize("sent", [3, 3.0, "3", "6/2", "3.000", "0.3/0.1", "３"])
def test_a_whole_number_is_one_however_it_is_written(sent: object) -> None:
    assert read("n", sent).values.tolist() == 3.0


@pytest.mark.parametrize("sent", ["1e3", 1e3, 2**53, -(2**53), "9007199254740992", 0, -0.0])
def test_whole_numbers_up_to_2_to_the_53_are_read_exactly(sent: object) -> None:
    assert float(read("n", sent).values) == float(sent)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sent", [2.5, "5/2", "3.0001", 1e300, 2**53 + 1, "9007199254740993", "4503599627370497.3", True]
)
def test_what_is_not_whole_or_too_large_is_refused(sent: object) -> None:
    assert pointers("n", sent) == [""]


def test_every_entry_that_is_not_whole_is_pointed_at() -> None:
    assert pointers("N", [[1, 2.5], ["7/2", 4]]) == ["/0/1", "/1/0"]
    assert pointers("N", "[1 2; 3 4.5]") == [""]
    assert read("N", "[1 2; 3 4]").values.tolist() == [[1, 2], [3, 4]]


def test_the_message_says_what_arrived() -> None:
    with pytest.raises(Unprocessable) as caught:
        read("n", 2.5)
    assert str(caught.value.problems[0].message) == "A whole number is wanted here; 2.5 arrived."


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ("1+2j", 1 + 2j),
        ("1 + 2i", 1 + 2j),
        ("(1+2j)", 1 + 2j),
        ("2j", 2j),
        ("-i", -1j),
        ("+J", 1j),
        ("2i + 1", 1 + 2j),
        ("1e-3-2.5E2i", 0.001 - 250j),
        ("1/2 + 3i", 0.5 + 3j),
        ("11/4", 2.75 + 0j),
        ("1+2*i", 1 + 2j),
        (7, 7 + 0j),
        ({"re": 1, "im": -2}, 1 - 2j),
        ({"im": "1/2", "re": "3"}, 3 + 0.5j),
        ("１＋２i", 1 + 2j),
        ("z = 1.5 - 2i", 1.5 - 2j),
    ],
)
def test_a_complex_number_is_read_as_people_write_it(sent: object, value: complex) -> None:
    assert complex(read("z", sent).values) == value


@pytest.mark.parametrize(
    "written",
    [
        "[1.+2.j 3.-1.j]",
        "array([1. +2.j , 3. -1.j ])",
        "1.0000 + 2.0000i   3.0000 - 1.0000i",
        "[1+2i, 3-1i]",
        "[1+2i; 3-i]",
        "1+2i,3-1i",
        "[(1+2j), (3-1j)]",
        "[np.complex128(1+2j), np.complex128(3-1j)]",
        "z =\n\n   1.0000 + 2.0000i\n   3.0000 - 1.0000i\n",
        "  1.0e-01 *\n\n  10.0000 + 20.0000i  30.0000 - 10.0000i",
    ],
)
def test_whole_arrays_are_read_as_they_are_printed(written: str) -> None:
    assert read("Z", written).values.tolist() == [1 + 2j, 3 - 1j]


@given(st.lists(st.complex_numbers(max_magnitude=1e6, allow_nan=False, allow_infinity=False), min_size=4, max_size=4))
def test_what_numpy_prints_is_read_back(entries: list[complex]) -> None:
    array = np.array(entries).reshape(2, 2)
    with np.printoptions(floatmode="unique", linewidth=60):
        for written in (str(array), repr(array), str(array.tolist())):
            np.testing.assert_array_equal(read("M", written).values, array)


def test_real_numbers_beside_complex_ones_keep_their_place() -> None:
    assert read("M", "[1 2i; -3, 4+i]").values.tolist() == [[1, 2j], [-3, 4 + 1j]]
    assert read("M", "1 + 2i, 3\n2, 4i").values.tolist() == [[1 + 2j, 3], [2, 4j]]
    assert read("Z", "[1, 2]").values.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({"re": 1}, [""]),
        ({"re": 1, "im": 2, "arg": 3}, [""]),
        ({"re": [1], "im": 2}, ["/re"]),
        ({"re": {"re": 1, "im": 0}, "im": True}, ["/re", "/im"]),
        ({"re": "nan", "im": "1e999"}, ["/re", "/im"]),
        ({}, [""]),
        ("1+2k", [""]),
        ("nan+1j", [""]),
        ("1+infj", [""]),
        ("1e999+1j", [""]),
        ("1+2j+3", [""]),
        ("i i", [""]),
        ("\ud800j", [""]),
        ("", [""]),
        (True, [""]),
        ([[]], [""]),
        ("9" * 2000 + "j", [""]),
    ],
)
def test_what_is_no_complex_number_is_pointed_at(sent: object, where: list[str]) -> None:
    assert pointers("z", sent) == where


def test_an_object_of_two_parts_may_stand_in_the_place_of_the_question() -> None:
    def direct(question: str, value: object) -> dict[str, Any]:
        return read_answers(read_json(json.dumps({question: value}).encode()), QUESTIONS)[question]

    assert complex(direct("z", {"re": 1, "im": 2})["z"].values) == 1 + 2j
    with pytest.raises(Unprocessable, match="keys re and im"):
        direct("z", {"re": 1})
    assert direct("z", {}) == {}
    assert complex(direct("re", {"re": "1+2j", "im": 3})["re"].values) == 1 + 2j  # these are its fields
    with pytest.raises(Unprocessable, match="no field"):
        direct("n", {"re": 1, "im": 2})


def test_every_wrong_entry_of_a_complex_array_is_pointed_at() -> None:
    assert pointers("Z", ["1+2k", {"re": 1}]) == ["/0", "/1"]
    assert pointers("Z", [None, [1]]) == ["/1"]
    assert pointers("Z", "[1+2j, nan+1j]") == [""]
    assert pointers("Z", "[1+2j, 3j, 4]") == [""]
    deep: Any = 1
    for _ in range(25):
        deep = [deep]
    assert pointers("Z", deep) == [""]


@pytest.mark.parametrize("question", ["Z", "y", "x", "N"])
@pytest.mark.parametrize("entry", [1, "1", "a", True, None, {}])
def test_of_far_too_many_entries_only_their_number_is_told(question: str, entry: object) -> None:
    with pytest.raises(Unprocessable) as caught:
        read(question, [entry] * 1017)
    (problem,) = caught.value.problems
    assert "(1017,)" in str(problem.message)
    assert question != "Z" or pointers("Z", [entry, "x"])[-1] == "/1"  # of a few each is read


def test_objects_and_complex_texts_stay_wrong_where_real_numbers_belong() -> None:
    assert pointers("x", [{"re": 1, "im": 0}, "1+2j"]) == ["/0", "/1"]
    assert pointers("N", [[{"re": 1, "im": 0}, 2], [3, 4]]) == ["/0/0"]


def test_decimals_are_the_most_of_either_part() -> None:
    assert describe(read("Z", ["1.25-2.5i", {"re": 1, "im": "0.125"}])) == {"shape": [2], "decimals": 3}
    assert describe(read("Z", "[1.+2.50j 3.-1.j]"))["decimals"] == 2


@pytest.mark.parametrize("unit", ["1 ", "+ ", "1+", "i ", "(", "1+2j ", "1 + "])
def test_a_long_text_is_refused_without_work(unit: str) -> None:
    assert pointers("Z", unit * (100_000 // len(unit)) + "j") == [""]


@pytest.mark.parametrize(
    ("sent", "ranks"),
    [
        (["b", "a", "b", "c"], [1, 0, 1, 2]),
        ([10, 9, 10, -1], [2, 1, 2, 0]),
        (["10", 9.0, "9", "x"], [1, 0, 0, 2]),
        ([0, 0, 0, 0], [0, 0, 0, 0]),
        ("[2 1 2 7]", [1, 0, 1, 2]),
        ("2,1,2,7", [1, 0, 1, 2]),
        ([" a", "a ", "甲", "a"], [0, 0, 1, 0]),
    ],
)
def test_labels_are_ranked_numbers_first(sent: object, ranks: list[int]) -> None:
    answer = read("y", sent)
    assert answer.values.tolist() == ranks
    assert describe(answer) == {"shape": [4], "decimals": None, "labels": len(set(ranks))}


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        (["a", 2.5, "b", "c"], ["/1"]),
        (["a", True, None, {}], ["/1", "/2", "/3"]),
        (["", "x" * 33, "\ud800", "a\nb"], ["/0", "/1", "/2", "/3"]),
        (["nan", "inf", "-Infinity", 1], ["/0", "/1", "/2"]),
        ([1, 2, 3], [""]),
        ([[1], [2], [3], [4]], [""]),
        ("a b a b", [""]),
        ("[1 2.5 3 4]", [""]),
        (3, [""]),
    ],
)
def test_what_is_no_label_is_pointed_at(sent: object, where: list[str]) -> None:
    assert pointers("y", sent) == where


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.text("+-.0123456789eij ()[],;/"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["re", "im", "x"]), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(QUESTIONS)), _JSON)
def test_anything_is_read_or_refused_with_a_message_that_can_be_sent(question: str, value: object) -> None:
    if value is None:  # not sent
        return
    try:
        answer = read(question, value)
    except Unprocessable as refusal:
        for problem in refusal.problems:
            (problem.pointer + str(problem.message)).encode("utf-8")
    else:
        assert answer.values.shape in QUESTIONS[question][question].shapes
        assert np.isfinite(answer.values).all()
