"""An array pasted as text comes back with the shape and the digits that it showed."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from app.answers import Pasted, read_pasted
from app.answers.document import MAX_BODY
from app.errors import Unprocessable

TWO_BY_TWO = {
    "NumPy str": "[[1. 2.]\n [3. 4.]]",
    "NumPy repr": "array([[1., 2.],\n       [3., 4.]])",
    "NumPy call": "np.array([[1, 2], [3, 4]])",
    "NumPy call with options": "np.array([[1, 2], [3, 4]], dtype=np.float64)",
    "NumPy repr with dtype": "array([[1., 2.],\n       [3., 4.]], dtype=float32)",
    "list of arrays": "[array([1., 2.]), array([3., 4.])]",
    "list of NumPy scalars": "[[np.float64(1.0), np.float64(2.0)], [np.float64(3.0), np.float64(4.0)]]",
    "torch": "tensor([[1., 2.],\n        [3., 4.]], device='cuda:0')",
    "matrix": "matrix([[1., 2.],\n        [3., 4.]])",
    "a row a print": "[1. 2.]\n[3. 4.]",
    "assigned": "axes = np.array([[1, 2], [3, 4]])",
    "prompt": ">>> [[1, 2], [3, 4]]",
    "JSON": "[[1,2],[3,4]]",
    "tuples": "((1, 2), (3, 4))",
    "quoted entries": '[["1", "2"], ["3", "4"]]',
    "escaped once too often": "[[1. 2.]\\n [3. 4.]]",
    "mat2str": "[1 2;3 4]",
    "MATLAB with commas": "[1, 2; 3, 4]",
    "MATLAB assigned": "A = [ 1 2 ; 3 4 ];",
    "MATLAB over lines": "A = [1 2\n     3 4];",
    "MATLAB over lines with semicolons": "[1 2;\n 3 4;]",
    "MATLAB rows of brackets": "[[1 2];[3 4]]",
    "MATLAB printed": "A =\n\n     1     2\n     3     4\n\n",
    "MATLAB printed with a factor": "A =\n\n   1.0e-03 *\n\n   1000.0   2000.0\n   3000.0   4000.0\n",
    "rows with semicolons": "1 2; 3 4",
    "CSV": "1,2\n3,4",
    "CSV with spaces": "1, 2\n3, 4\n",
    "CSV with quotes": '"1","2"\r\n"3","4"\r\n',
    "CSV with trailing commas": "1,2,\n3,4,",
    "CSV of Europe": "1;2\n3;4",
    "spreadsheet": "1\t2\r\n3\t4\r\n",
    "white space": " 1 2\n 3 4",
    "full width": "［［１，２］，［３，４］］",
    "fractions": "[2/2 4/2; 6/2 4]",
}


@pytest.mark.parametrize("written", TWO_BY_TWO.values(), ids=TWO_BY_TWO)
def test_every_common_printout_is_read(written: str) -> None:
    pasted = read_pasted(written)
    assert (2, 2) in pasted.shapes
    assert pasted.values == (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5.472", 5.472),
        (" 5.472\n", 5.472),
        ("11/3", 11 / 3),
        ("11 / 3", 11 / 3),
        ("x = 5.472", 5.472),
        ("ans =\n\n    5.4720\n", 5.472),
        ("np.float64(5.472)", 5.472),
        ("array(5.472)", 5.472),
        ("[5.472]", 5.472),
        ("[[5.472]]", 5.472),
    ],
)
def test_a_single_entry_serves_as_a_number(written: str, value: float) -> None:
    pasted = read_pasted(written)
    assert pasted.values == (value,)
    assert pasted.fit(((),)) == ()


@pytest.mark.parametrize(
    "written", ["1\n2\n3", "[1;2;3]", "[1 2 3]", "1 2 3", "1,2,3", "1;2;3", "[[1],[2],[3]]", "1\t2\t3"]
)
def test_a_row_or_a_column_serves_as_a_vector(written: str) -> None:
    assert read_pasted(written).fit(((3,),)) == (3,)


def test_a_row_does_not_serve_as_a_column() -> None:
    row = read_pasted("[[1, 2, 3]]")
    assert row.fit(((1, 3),)) == (1, 3)
    assert row.fit(((3, 1),)) is None
    assert row.fit(((2, 2),)) is None


def test_the_exact_shape_goes_before_a_similar_one() -> None:
    assert read_pasted("[1;2;3]").fit(((3,), (3, 1))) == (3, 1)


def test_brackets_over_lines_are_a_wrapped_vector_or_rows() -> None:
    pasted = read_pasted("[1 2\n 3 4]")
    assert pasted.fit(((4,),)) == (4,)
    assert pasted.fit(((2, 2),)) == (2, 2)
    assert pasted.fit(((3,),)) is None


def test_a_vector_wrapped_unevenly_is_a_vector() -> None:
    assert read_pasted("[1 2 3\n 4]").shapes == ((4,),)


def test_a_factor_moves_into_the_digits_of_each_entry() -> None:
    pasted = read_pasted("A =\n\n   1.0e+03 *\n\n    1.2345    0.0010\n")
    assert pasted.values == (1234.5, 1.0)
    assert pasted.texts == ("1.2345e+03", "0.0010e+03")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "empty string"),
        ("[]", "empty"),
        ("[[], []]", "empty"),
        ("array([], shape=(0, 3), dtype=float64)", "empty"),
        (";", "empty"),
        ("[[1. 2. ... 3. 4.]]", "abbreviated"),
        ("[1 2 …]", "abbreviated"),
        ("[[1, 2], [3]]", "row 2: 1; in those before it: 2"),
        ("[1 2; 3 4; 5]", "row 3: 1; in those before it: 2"),
        ("1 2\n3 4\n5 6 7", "row 3: 3; in those before it: 2"),
        ("[[[1, 2], [3, 4]], [[5, 6]]]", "hold (1, 2), those before them (2, 2)"),
        ("[[1, x], [3, 4]]", "Row 1, column 2: “x” is not a number"),
        ("1,2\n3,nan", "Row 2, column 2: “nan” is not a finite"),
        ("[1, inf]", "not a finite"),
        ("[1 1e999]", "larger than a double"),
        ("[1, null]", "“null” is not a number"),
        ("[1, True]", "“True” is not a number"),
        ("[1, 1_0]", "underscore"),
        ("0,5\t0,6", "Row 1, column 1: “0,5” has a comma"),
        ("0,5;0,6\n0,7;0,8", "has a comma"),
        ("1,,2", "column 2 is empty"),
        ("[1,,2]", "column 2 is empty"),
        ("1\t\t2", "column 2 is empty"),
        ("[[1],,[2]]", "Two commas"),
        ("[1, 2", "do not match"),
        ("1, 2]", "outside"),
        ("[1, 2)", "do not match"),
        ("[[1, 2]]]", "do not match"),
        ("[1, [2, 3]]", "side by side"),
        ("[[1, 2], 3]", "side by side"),
        ("[1 2; 3 4]'", "“'” stands outside"),
        ("W: see [1]", "outside"),
        ("[" * 33 + "1" + "]" * 33, "deeper than 32"),
        ("  Columns 1 through 6\n\n  1 2 3", "mat2str"),
        ("A =\n\n  Columns 1 through 6\n\n  1 2 3", "mat2str"),
        ("ans(:,:,1) =\n\n  1 2\n", "pages"),
        ("sqrt(2)", "expression"),
        ("[sqrt(2), 1]", "expression"),
        ("1.0e+03 *\n 1/2 1", "mat2str"),
        ("1 - 2", "“-” is not a number"),
    ],
)
def test_what_is_no_array_is_refused_with_its_place(written: str, said: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        read_pasted(written)
    assert said in str(caught.value.detail)


FLOATS = st.floats(-1e6, 1e6) | st.floats(-1e300, 1e300)  # near the largest double, rounded digits overflow
ARRAYS = hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=7), elements=FLOATS)
MATRICES = hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=7), elements=FLOATS)


def shows(pasted: Pasted, array: NDArray[np.float64]) -> bool:
    """Tell whether the paste has the array's shape, and exactly the values of the texts it shows."""
    return pasted.shapes[0] == array.shape and pasted.values == tuple(map(float, pasted.texts))


@given(ARRAYS, st.integers(1, 17), st.booleans(), st.sampled_from([30, 75, 200]), st.sampled_from([" ", ", ", ","]))
def test_what_numpy_prints_comes_back(
    array: NDArray[np.float64], precision: int, suppress: bool, width: int, separator: str
) -> None:
    written = np.array2string(
        array,
        precision=precision,
        suppress_small=suppress,
        max_line_width=width,
        separator=separator,
        threshold=10**6,
    )
    assert shows(read_pasted(written), array)


@given(ARRAYS)
def test_str_and_repr_come_back(array: NDArray[np.float64]) -> None:
    assert shows(read_pasted(str(array)), array)
    pasted = read_pasted(repr(array))
    assert shows(pasted, array)
    with np.printoptions(floatmode="unique"):
        exact = read_pasted(repr(array))
    np.testing.assert_array_equal(np.reshape(exact.values, array.shape), array)


@given(ARRAYS)
def test_json_comes_back_exactly(array: NDArray[np.float64]) -> None:
    pasted = read_pasted(json.dumps(array.tolist()))
    assert shows(pasted, array)
    assert pasted.values == tuple(array.ravel())


@given(MATRICES, st.sampled_from([",", ", ", "\t", ";", " "]), st.sampled_from(["\n", "\r\n"]))
def test_what_savetxt_writes_comes_back_exactly(array: NDArray[np.float64], delimiter: str, newline: str) -> None:
    file = io.StringIO(newline="")
    np.savetxt(file, array, delimiter=delimiter, newline=newline)
    pasted = read_pasted(file.getvalue())
    if delimiter == ";" and len(array) == 1:  # on one line, a semicolon ends a row
        assert pasted.fit(((array.size, 1),)) == (array.size, 1)
    else:
        assert pasted.fit((array.shape,)) == array.shape
    assert pasted.values == tuple(array.ravel())


@given(MATRICES)
def test_mat2str_comes_back_exactly(array: NDArray[np.float64]) -> None:
    written = "[" + ";".join(" ".join(map(repr, row)) for row in array.tolist()) + "]"
    pasted = read_pasted(written)
    assert pasted.shapes[0] == (array.shape if len(array) > 1 else (array.size,))
    assert pasted.values == tuple(array.ravel())


@given(st.text(st.characters(exclude_categories=())) | st.text(alphabet="[]()12.,;:= \n\t\\'\"/eEnanp*-+xjColumns"))
def test_any_text_is_read_or_refused(written: str) -> None:
    try:
        pasted = read_pasted(written)
    except Unprocessable as refusal:
        str(refusal.detail).encode("utf-8")
    else:
        assert {int(np.prod(shape)) for shape in pasted.shapes} == {len(pasted.texts)} == {len(pasted.values)}
        assert np.isfinite(pasted.values).all()


PIECES = ["[", "[]", "[1]", "(", "1 ", "1,", "1\n", "1;", "a", "a.", "a=", "float(", "array(", ",dtype=", ", ", "\n"]
PIECES += [
    " ",
    "Columns ",
    "\nColumn",
    "1.0e+03 *",
    "1/",
    "\uff11",
    "\u2212",
    "nan ",
    "\\n",
    "\ud800",
    "\0",
    ">>>",
    "9",
]


@pytest.mark.parametrize("length", [1 << 16, MAX_BODY])
@pytest.mark.parametrize("piece", PIECES)
def test_hostile_text_is_read_or_refused_in_linear_time(piece: str, length: int) -> None:
    written = piece * (length // len(piece))
    try:
        assert len(read_pasted(written).values) <= length
    except Unprocessable as refusal:
        assert len(str(refusal.detail)) < 1000  # noqa: PT017
