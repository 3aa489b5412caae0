"""Answers become arrays of a declared shape, or every fault is found and pointed at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answers import (
    MAX_BODY,
    MAX_PROBLEMS,
    MAX_TEXT,
    Answer,
    FieldAnswer,
    NumberText,
    TextAnswer,
    describe,
    read_answers,
    read_envelope,
    read_json,
)
from app.errors import Refusal, Unprocessable


@dataclass(frozen=True)
class Field:
    """A field as an assignment declares it."""

    shapes: tuple[tuple[int, ...], ...] = ()
    required: bool = True
    kind: Literal["numeric", "text"] = "numeric"


QUESTIONS = {
    "1.1": {"axes": Field(((3, 3),)), "eigenvalues": Field(((3,),), required=False)},
    "1.3": {"error": Field(((),))},
    "2.1": {"derivation": Field(kind="text")},
    "2.1n": {"log_evidence": Field(((),)), "elbo": Field(((),)), "kl": Field(((),))},
    "3.2": {"D": Field(((10, 10), (10,))), "L": Field(((10, 10),))},
    "4.1n": {"pi": Field(((4,),)), "mu": Field(((4, 2),)), "Sigma": Field(((4, 2, 2),))},
    "Psi": {"Psi": Field(((3, 2),))},
}


def read(answers: object) -> dict[str, dict[str, Answer]]:
    """Read answers as they come out of a body."""
    written = answers if isinstance(answers, str) else json.dumps(answers)
    return read_answers(read_json(written.encode()), QUESTIONS)


def numbers(answers: object, question: str, field: str) -> FieldAnswer:
    """Read answers and return one numeric field of them."""
    found = read(answers)[question][field]
    assert isinstance(found, FieldAnswer)
    return found


def faults(answers: object) -> list[tuple[str, str]]:
    """Return the pointers and the messages with which answers are refused."""
    with pytest.raises(Unprocessable) as caught:
        read(answers)
    str(caught.value.detail).encode("utf-8")
    found = [(problem.pointer, str(problem.message)) for problem in caught.value.problems]
    for pointer, message in found:
        (pointer + message).encode("utf-8")
    return found


EYE = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_an_array_has_its_values_and_its_texts() -> None:
    answer = numbers('{"1.1": {"axes": [[1.0, 0.25, -0], ["5.472", "11/3", 1e-3], [0.200, 7, 8]]}}', "1.1", "axes")
    assert answer.values.dtype == np.float64
    assert answer.values.tolist() == [[1, 0.25, 0], [5.472, 11 / 3, 0.001], [0.2, 7, 8]]
    assert answer.texts == ("1.0", "0.25", "-0", "5.472", "11/3", "1e-3", "0.200", "7", "8")
    assert answer.entry_decimals == (1, 2, 0, 3, None, 3, 3, 0, 0)
    assert answer.decimals == 3


def test_fractions_alone_show_no_decimals() -> None:
    assert numbers({"1.3": "11/3"}, "1.3", "error").decimals is None


def test_values_cannot_be_written_to() -> None:
    for answer in (numbers({"1.3": 5}, "1.3", "error"), numbers({"1.3": "5"}, "1.3", "error")):
        with pytest.raises(ValueError, match="read-only"):
            answer.values[...] = 0


@pytest.mark.parametrize("value", ["5.472", '"5.472"', '"x = 5.472\\n"', '{"error": 5.472}', '{"error": "5.472"}'])
def test_a_question_with_one_required_field_takes_its_value_directly(value: str) -> None:
    answer = numbers(f'{{"1.3": {value}}}', "1.3", "error")
    assert answer.values.shape == ()
    assert answer.values == 5.472


def test_a_direct_value_is_the_required_field_beside_optional_ones() -> None:
    assert numbers({"1.1": EYE}, "1.1", "axes").values.tolist() == EYE
    assert numbers({"1.1": str(np.eye(3))}, "1.1", "axes").values.tolist() == EYE


def test_a_direct_text_is_not_parsed() -> None:
    assert read({"2.1": "[1 2"}) == {"2.1": {"derivation": TextAnswer("[1 2")}}


def test_null_is_not_sent_and_an_empty_object_has_no_fields() -> None:
    assert read({"1.1": None, "1.3": {}, "2.1n": {"elbo": None}}) == {"1.3": {}, "2.1n": {}}
    assert read({}) == {}


@pytest.mark.parametrize("shape", [(10, 10), (10,)])
def test_every_accepted_shape_is_read(shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape)
    assert numbers({"3.2": {"D": array.tolist()}}, "3.2", "D").values.shape == shape
    assert numbers({"3.2": {"D": str(array)}}, "3.2", "D").values.shape == shape


def test_a_pasted_column_is_a_vector_but_a_list_of_lists_is_not() -> None:
    assert numbers({"1.1": {"eigenvalues": "1\n2\n3"}}, "1.1", "eigenvalues").values.shape == (3,)
    assert [place for place, _ in faults({"1.1": {"eigenvalues": [[1], [2], [3]]}})] == ["/answers/1.1/eigenvalues"]


@pytest.mark.parametrize(
    ("answers", "pointer", "said"),
    [
        ('{"1.2": 1}', "/1.2", "no question “1.2”. Did you mean"),
        ('{"zzzzzz": null}', "/zzzzzz", "The questions are 1.1, 1.3"),
        ('{"1.1": {"axis": 1}}', "/1.1/axis", "no field “axis”. Its fields are axes, eigenvalues"),
        ('{"2.1n": 5}', "/2.1n", "log_evidence, elbo, kl"),
        ('{"1.1": {"axes": [[1,2],[3,4],[5,6]]}}', "/1.1/axes", "arrived (3, 2), wanted (3, 3)"),
        ('{"1.1": {"axes": 5}}', "/1.1/axes", "arrived one number, wanted (3, 3)"),
        ('{"1.1": {"axes": "5"}}', "/1.1/axes", "arrived one number, wanted (3, 3)"),
        ('{"1.1": []}', "/1.1", "arrived (0,), wanted (3, 3)"),
        ('{"1.3": [5.472]}', "/1.3", "arrived (1,), wanted one number"),
        ('{"1.3": "[1 2]"}', "/1.3", "arrived (2,), wanted one number"),
        ('{"Psi": [[1,2,3],[4,5,6]]}', "/Psi", "transposed"),
        ('{"Psi": "[1 2 3; 4 5 6]"}', "/Psi", "transposed"),
        ('{"3.2": {"D": [1]}}', "/3.2/D", "wanted (10, 10) or (10,)"),
        ('{"1.1": [[1,2,3],[4,5],[6,7,8]]}', "/1.1/1", "Entries in this one: 2; wanted: 3"),
        ('{"1.1": [[1,2],[4,5,6],[6,7,8]]}', "/1.1/0", "Entries in this one: 2; wanted: 3"),
        ('{"1.3": [[1,2],[3]]}', "/1.3/1", "not equally long"),
        (
            '{"4.1n": {"Sigma": [[[1,2],[3,4]],[[1,2],[3,4]],[[1,2],[3]],[[1,2],[3,4]]]}}',
            "/4.1n/Sigma/2/1",
            "wanted: 2",
        ),
        ('{"1.1": [[1,2,3],5,[6,7,8]]}', "/1.1/1", "A list is wanted here, as beside it; a number arrived"),
        ('{"1.1": [[1,2,3],null,[6,7,8]]}', "/1.1/1", "null arrived"),
        ('{"4.1n": {"pi": [1,2,[3],4]}}', "/4.1n/pi/2", "A number is wanted here; a list arrived"),
        ('{"1.1": [[1,2,3],[4,NaN,6],[7,8,9]]}', "/1.1/1/1", "not a finite"),
        ('{"1.1": [[1,2,3],[4,5,6],[7,8,-Infinity]]}', "/1.1/2/2", "not a finite"),
        ('{"1.1": [[1,2,3],[4,nan,6],[7,8,9]]}', "/1.1/1/1", "not a finite"),
        ('{"1.1": [[1,2,3],[4,5,"inf"],[7,8,9]]}', "/1.1/1/2", "not a finite"),
        ('{"1.3": 1e999}', "/1.3", "larger than a double"),
        ('{"1.3": "1e999"}', "/1.3", "larger than a double"),
        ('{"1.3": ' + "9" * 401 + "}", "/1.3", "at most 400"),
        ('{"1.3": NaN}', "/1.3", "not a finite"),
        ('{"1.3": true}', "/1.3", "true or false arrived"),
        ('{"1.3": {"error": {"value": 5}}}', "/1.3/error", "an object arrived"),
        ('{"1.1": [[1,2,3],[4,false,6],[7,8,9]]}', "/1.1/1/1", "true or false arrived"),
        ('{"1.1": [[1,2,3],[4,{},6],[7,8,9]]}', "/1.1/1/1", "an object arrived"),
        ('{"1.1": [[1,2,3],[4,null,6],[7,8,9]]}', "/1.1/1/1", "null arrived"),
        ('{"1.1": [[1,2,3],[4,"x",6],[7,8,9]]}', "/1.1/1/1", "“x” is not a number"),
        ('{"1.3": "5,472"}', "/1.3", "comma"),
        ('{"1.3": "5.472 nats"}', "/1.3", "without a unit"),
        ('{"1.3": "sqrt(2)"}', "/1.3", "expression"),
        ('{"1.3": ""}', "/1.3", "empty"),
        ('{"1.1": "[[1 2 3]\\n [4 5]]"}', "/1.1", "row 2: 2; in those before it: 3"),
        ('{"2.1": 5}', "/2.1", "A string is wanted here; a number arrived"),
        ('{"2.1": {"derivation": ["a"]}}', "/2.1/derivation", "a list arrived"),
        ('{"2.1": "a\\u0000b"}', "/2.1", "Character 2 of this text is NUL"),
        ('{"2.1": "\\ud800"}', "/2.1", "surrogate"),
        ('{"\\ud800": 1}', "/\ufffd", "no question “\ufffd”"),
        ('{"1.1": {"\\udfff\\n": 1}}', "/1.1/\ufffd\n", "no field “\ufffd ”"),
        ('{"a/b~": 1}', "/a~1b~0", "no question"),
    ],
)
def test_a_fault_is_pointed_at_and_explained(answers: str, pointer: str, said: str) -> None:
    found = faults(answers)
    assert [place for place, _ in found] == ["/answers" + pointer]
    assert said in found[0][1]


def test_every_fault_is_found_in_the_order_of_the_document() -> None:
    answers = {"x": 1, "4.1n": {"pi": [1, None, True, 4], "y": 1, "mu": 5}, "1.3": "z", "1.1": [[1], [2]]}
    assert [pointer for pointer, _ in faults(answers)] == [
        "/answers/x",
        "/answers/4.1n/pi/1",
        "/answers/4.1n/pi/2",
        "/answers/4.1n/y",
        "/answers/4.1n/mu",
        "/answers/1.3",
        "/answers/1.1",
    ]


def test_a_wrong_shape_and_a_wrong_entry_are_both_found() -> None:
    assert [pointer for pointer, _ in faults('{"4.1n": {"pi": [1, "x"]}}')] == [
        "/answers/4.1n/pi",
        "/answers/4.1n/pi/1",
    ]


@pytest.mark.parametrize("answers", [None, [], "1", True])
def test_answers_are_an_object(answers: object) -> None:
    with pytest.raises(Unprocessable) as caught:
        read_answers(answers, QUESTIONS, at=("line", 3))
    assert [problem.pointer for problem in caught.value.problems] == ["/line/3"]


def test_at_most_a_hundred_faults_are_listed() -> None:
    assert len(faults({"1.1": [None] * 1000})) == MAX_PROBLEMS
    assert len(faults({f"q{index}": 1 for index in range(5000)})) == MAX_PROBLEMS


def test_a_long_quotation_is_cut() -> None:
    ((_, message),) = faults({"1.3": "x" * 300})
    assert len(message) < 100


def test_a_text_is_measured_in_bytes_of_utf_8() -> None:
    fits = "證" * (MAX_TEXT // 3) + "."
    assert read({"2.1": fits}) == {"2.1": {"derivation": TextAnswer(fits)}}
    assert "65537 bytes" in faults({"2.1": fits + "."})[0][1]


def test_a_preview_says_how_a_field_was_read() -> None:
    found = read({"1.1": EYE, "1.3": "0.50", "2.1": "ab"})
    assert describe(found["1.1"]["axes"]) == {"shape": [3, 3], "decimals": 0}
    assert describe(found["1.3"]["error"]) == {"shape": [], "decimals": 2}
    assert describe(found["2.1"]["derivation"]) == {"characters": 2}


def test_numbers_whose_sum_overflows_are_legal() -> None:
    assert numbers({"4.1n": {"pi": [1e308] * 4}}, "4.1n", "pi").values.tolist() == [1e308] * 4
    assert numbers({"4.1n": {"pi": "1e308 1e308 1e308 1e308"}}, "4.1n", "pi").values.tolist() == [1e308] * 4


def test_a_text_far_longer_than_the_array_is_refused_unread() -> None:
    assert "Paste the array alone" in faults({"1.1": "1 " * 10_000})[0][1]


WHOLE = MAX_BODY - 100
HOSTILE = {
    "numbers": "[" + "1," * (WHOLE // 2) + "1]",
    "one number of a mebibyte": "9" * WHOLE,
    "a hundred thousand digits": "9" * 100_000,
    "nan": "[" + "nan," * (WHOLE // 4) + "1]",
    "null": "[" + "null," * (WHOLE // 5) + "1]",
    "fractions": '["' + '1/2","' * (WHOLE // 6) + '1"]',
    "ragged": "[[1]," + "[1,2]," * (WHOLE // 6 - 1) + "[1]]",
    "deep": "[" * 29 + "1," * (WHOLE // 2) + "1" + "]" * 29,
    "a long key": '{"' + "k" * WHOLE + '": 1}',
    "surrogates": '"' + "\\ud800" * (WHOLE // 6) + '"',
    "many numbers in a string": '"' + "1 " * (WHOLE // 2) + '"',
    "NUL": '"' + "\\u0000" * (WHOLE // 6) + '"',
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("question", ["1.1", "2.1"])
def test_a_hostile_value_is_refused(question: str, value: str) -> None:
    assert faults(f'{{"{question}": {value}}}')


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.sampled_from(["1.5", "11/3", "nan", "[1 2]"])
    | st.from_regex(r"-?[0-9]{1,3}(\.[0-9]{1,3})?(e[0-9]{1,4})?", fullmatch=True).map(NumberText),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["axes", "D", "x", "\ud800"]), inner),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from([*QUESTIONS, "x"]), ANYTHING) | ANYTHING)
def test_any_value_is_read_or_refused(answers: object) -> None:
    try:
        found = read_answers(answers, QUESTIONS)
    except Refusal as refusal:
        str(refusal.detail).encode("utf-8")
        for problem in refusal.problems:
            (problem.pointer + str(problem.message)).encode("utf-8")
    else:
        for question, fields in found.items():
            for name, answer in fields.items():
                if isinstance(answer, FieldAnswer):
                    assert answer.values.shape in QUESTIONS[question][name].shapes
                    assert np.isfinite(answer.values).all()
                    assert len(answer.texts) == answer.values.size


def test_a_whole_submission_goes_from_bytes_to_arrays() -> None:
    generator = np.random.default_rng(3)
    fields: dict[str, dict[str, Field]] = {
        f"{index}": {"a": Field(((10, 3),)), "b": Field(((10, 10),)), "c": Field(((),))} for index in range(6)
    }
    sent = {
        question: {name: generator.normal(size=field.shapes[0]).round(4).tolist() for name, field in named.items()}
        for question, named in fields.items()
    }
    envelope = read_envelope(read_json(json.dumps({"assignment": "hw3", "answers": sent}).encode()))
    found = read_answers(envelope.answers, fields)
    for question, named in sent.items():
        for name, value in named.items():
            answer = found[question][name]
            assert isinstance(answer, FieldAnswer)
            np.testing.assert_array_equal(answer.values, value)
