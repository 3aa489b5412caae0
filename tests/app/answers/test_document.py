"""A body becomes strict JSON whose numbers keep their text, or one refusal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answers import MAX_BODY, MAX_DEPTH, NumberText, read_json
from app.errors import NotJson, Refusal, TooLarge


@pytest.mark.parametrize("number", ["0.200", "-0", "1E+3", "1e999", "9" * 5000, "-1.50e-3"])
def test_a_number_keeps_its_exact_text(number: str) -> None:
    read = read_json(f'{{"x": [{number}]}}'.encode())
    assert read == {"x": [number]}
    assert isinstance(read, dict)
    assert isinstance(read["x"], list)
    assert type(read["x"][0]) is NumberText


@pytest.mark.parametrize("bare", ["NaN", "Infinity", "-Infinity", "nan", "inf", "-inf", "+Inf", "INFINITY"])
def test_bare_nan_and_infinity_are_left_for_the_fields_to_refuse(bare: str) -> None:
    read = read_json(f'{{"an inf or \\" nan": [1, {bare}], "b": "inf"}}'.encode())
    assert isinstance(read, dict)
    assert list(read) == ['an inf or " nan', "b"]
    assert read["b"] == "inf"
    numbers = read['an inf or " nan']
    assert isinstance(numbers, list)
    assert type(numbers[1]) is NumberText


@pytest.mark.parametrize("word", ["nano", "+1", "infix", "-", "undefined", "None", "True", "'a'", "01", "1.", ".5"])
def test_other_bare_words_are_not_json(word: str) -> None:
    with pytest.raises(NotJson, match="line 1, column"):
        read_json(f"[1, {word}]".encode())


def test_a_string_is_no_number_text() -> None:
    read = read_json(b'"5.472"')
    assert type(read) is str


def test_a_byte_order_mark_is_ignored() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": null}') == {"a": None}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'"\xff"', id="no UTF-8 byte"),
        pytest.param(b'"\xc0\xaf"', id="overlong"),
        pytest.param(b'"\xed\xa0\x80"', id="encoded surrogate"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
    ],
)
def test_what_is_not_utf_8_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson, match="UTF-8"):
        read_json(body)


def test_a_syntax_error_says_where_it_stands() -> None:
    with pytest.raises(NotJson, match=r"line 2, column 8 it says “oops"):
        read_json(b'{\n "a" : oops}')


@pytest.mark.parametrize("body", [b'{"a": [1', b'{"a"', b'"a', b"[1,"])
def test_a_body_cut_off_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson):
        read_json(body)


@pytest.mark.parametrize("body", [b"", b"  \n", b"\xef\xbb\xbf"])
def test_an_empty_body_is_called_empty(body: bytes) -> None:
    with pytest.raises(NotJson, match="empty"):
        read_json(body)


@pytest.mark.parametrize("body", [b"{} {}", b"{}]", b"[1] x", b"{}\x00", b'{"a": "\n"}'])
def test_garbage_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson):
        read_json(body)


@pytest.mark.parametrize("body", [b'{"a": 1, "a": 1}', b'[{"b": {"a": 1, "c": 2, "a": 3}}]', b'{"a": 1, "\\u0061": 2}'])
def test_a_repeated_key_is_named(body: bytes) -> None:
    with pytest.raises(NotJson, match="“a” twice"):
        read_json(body)


def test_the_same_key_in_two_objects_is_no_repetition() -> None:
    assert read_json(b'[{"a": {"a": 1}}, {"a": 2}]') == [{"a": {"a": "1"}}, {"a": "2"}]


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
def test_nesting_is_legal_up_to_the_limit(opened: str, closed: str) -> None:
    read_json((opened * MAX_DEPTH + "1" + closed * MAX_DEPTH).encode())
    with pytest.raises(NotJson, match="deeper than 32"):
        read_json((opened * (MAX_DEPTH + 1) + "1" + closed * (MAX_DEPTH + 1)).encode())


@pytest.mark.parametrize("string", ["[" * 100, '\\"' + "[" * 100, "\\\\\\" + '"' + "{" * 100, "]" * 100])
def test_brackets_inside_strings_do_not_nest(string: str) -> None:
    assert isinstance(read_json(f'["{string}", 1]'.encode()), list)


def test_brackets_after_an_escaped_backslash_do_nest() -> None:
    with pytest.raises(NotJson, match="deeper"):
        read_json(('["\\\\", ' + "[" * 40 + "]" * 41).encode())


def test_closing_brackets_inside_a_string_do_not_hide_depth() -> None:
    with pytest.raises(NotJson, match="deeper"):
        read_json(('["' + "]" * 100 + '", ' + "[" * 40 + "]" * 41).encode())


def test_a_body_over_the_limit_is_too_large() -> None:
    assert read_json(b"1" + b" " * (MAX_BODY - 1)) == "1"
    with pytest.raises(TooLarge):
        read_json(b"1" + b" " * MAX_BODY)


HOSTILE = {
    "open brackets": b"[" * MAX_BODY,
    "open objects": b'{"a":' * (MAX_BODY // 5),
    "alternating": b'[{"a":' * (MAX_BODY // 6),
    "quotation marks": b'"' * MAX_BODY,
    "escaped quotation marks": b'"' + b'\\"' * (MAX_BODY // 2 - 1),
    "backslashes": b'"' + b"\\" * (MAX_BODY - 1),
    "closing brackets": b"]" * MAX_BODY,
    "bare nan and no end": b"[" + b"nan," * (MAX_BODY // 4 - 1),
    "repeated keys": b"{" + b'"a":1,' * (MAX_BODY // 6 - 2) + b'"a":1}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_mebibyte_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson):
        read_json(body)


def test_a_huge_integer_is_only_text() -> None:
    digits = b"9" * 100_000
    assert read_json(digits) == digits.decode()


def test_escaped_surrogates_and_nul_are_read_as_sent() -> None:
    assert read_json(b'{"\\ud800": "\\u0000"}') == {"\ud800": "\0"}


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_whatever_json_dumps_writes_is_read_or_refused_for_depth(value: object) -> None:
    written = json.dumps(value)
    try:
        read = read_json(written.encode())
    except NotJson as refusal:
        assert "deeper" in str(refusal.detail)  # noqa: PT017
    else:
        assert read == json.loads(written, parse_float=str, parse_int=str, parse_constant=str)


@given(st.binary() | st.text(alphabet='[]{}",:\\ 1eE+-.naNIinfty\n').map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        read_json(body)
    except Refusal as refusal:
        str(refusal.detail).encode("utf-8")
