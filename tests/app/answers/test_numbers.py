"""A number's text becomes a double exactly where a person would read it as that number."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answers import decimals, read_number
from app.answers.numbers import LONGEST, MOST_DECIMALS, read_numbers
from app.errors import Unprocessable


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5.472", 5.472),
        ("-12", -12.0),
        ("+3", 3.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.5e1", -5.0),
        ("1.0e+03", 1000.0),
        ("1E-3", 0.001),
        ("007", 7.0),
        ("11/3", 11 / 3),
        ("-1/2", -0.5),
        (" 1.5 / 2.5\n", 0.6),
        ("\u22123.5", -3.5),
        ("\u20133.5", -3.5),
        ("\uff11\uff12\uff0e\uff15", 12.5),
        ("\uff0d\uff11\uff0f\uff12", -0.5),
        ("\u00a05.472\u3000\r\n", 5.472),
        ("\ufeff5.472\u200b", 5.472),
        ("1e-400", 0.0),
        ("1.7976931348623157e308", 1.7976931348623157e308),
        ("0." + "3" * (LONGEST - 2), 1 / 3),
    ],
)
def test_what_a_person_reads_as_a_number_is_one(written: str, value: float) -> None:
    assert read_number(written) == value


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "empty string"),
        (" \u3000", "empty string"),
        ("nan", "not a finite"),
        ("-NaN", "not a finite"),
        ("inf", "not a finite"),
        ("+inf", "not a finite"),
        ("-Infinity", "not a finite"),
        ("INFINITY", "not a finite"),
        ("\u221e", "not a finite"),
        ("1.#QNAN", "not a finite"),
        ("\uff4e\uff41\uff4e", "not a finite"),
        ("1e999", "larger than a double"),
        ("-1e309", "larger than a double"),
        ("9" * 350, "larger than a double"),
        ("9" * 350 + "/1", "larger than a double"),
        ("1/0", "divides by zero"),
        ("0/0.0", "divides by zero"),
        ("9" * (LONGEST + 1), "at most 400"),
        ("1,234", "comma"),
        ("1,234,567.8", "comma"),
        ("5,472", "comma"),
        ("1.234,5", "comma"),
        ("5%", "percentage"),
        ("1_000", "underscore"),
        ("0x1F", "not decimal"),
        ("0b1", "not decimal"),
        ("1+2j", "complex"),
        ("0.5 - 0.1i", "complex"),
        ("2i", "complex"),
        ("sqrt(2)", "expression"),
        ("2*3", "expression"),
        ("1/2/3", "expression"),
        ("2^3", "expression"),
        ("\u03c0", "not a number"),
        ("5.472 nats", "after the number"),
        ("3kg", "after the number"),
        ("\u0663", "not a number"),
        ("\u0967.5", "not a number"),
        ("1 2", "not a number"),
        ("--1", "expression"),
        (".", "not a number"),
        ("e5", "not a number"),
        ("1e", "after the number"),
        ("true", "not a number"),
        ("null", "not a number"),
        ("\ud800", "not a number"),
        ("5\0", "not a number"),
    ],
)
def test_what_is_no_finite_number_is_refused_with_its_reason(written: str, reason: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        read_number(written)
    said = str(caught.value.detail)
    if written == "\u03c0":
        assert "expression" in said
    else:
        assert reason in said
    said.encode("utf-8")
    assert read_numbers([written]) is None


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("5.472", 3),
        ("0.200", 3),
        ("1e-3", 3),
        ("1.50e-3", 5),
        ("12", 0),
        ("12.", 0),
        ("1e3", 0),
        ("1.5e1", 0),
        ("1.25e1", 1),
        ("-.5", 1),
        ("\uff11\uff0e\uff15", 1),
        (" 1.25 ", 2),
        ("1e-99999999999", MOST_DECIMALS),
        ("11/3", None),
        ("0.5/3", None),
    ],
)
def test_the_decimals_shown_are_counted(written: str, shown: int | None) -> None:
    assert decimals(written) == shown


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_double_comes_back_from_its_repr(value: float) -> None:
    assert read_number(repr(value)) == value
    assert read_numbers([repr(value)] * 2) == [value, value]


@given(st.text() | st.text(alphabet="0123456789+-./eE_,%xjinfNa \uff11\u2212\u0663()*"))
def test_any_text_is_a_finite_number_or_refused(written: str) -> None:
    try:
        value = read_number(written)
    except Unprocessable as refusal:
        str(refusal.detail).encode("utf-8")
    else:
        assert math.isfinite(value)
        assert decimals(written) is None or "/" not in written


@given(st.lists(st.text(alphabet="0123456789+-.eE_ \u0663n")))
def test_reading_many_agrees_with_reading_each(written: list[str]) -> None:
    values = read_numbers(written)
    if values is not None:
        assert values == [read_number(one) for one in written]
