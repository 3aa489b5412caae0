"""A whole array pasted as a string, as NumPy, Python, MATLAB or a spreadsheet shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.answers.brackets import read_brackets
from app.answers.numbers import LONGEST, read_number, read_numbers, tidy
from app.answers.problems import quote
from app.answers.rows import Shape, read_lines
from app.errors import Unprocessable
from app.language import text

__all__ = ["Pasted", "Shape", "read_pasted"]


# Every pattern below is anchored or possessive, so that each reads a text in linear time.
_PROMPT_AND_NAME = re.compile(r"(?:>{2,3}\s*+)?+(?:[^\W\d]\w*+\s*+[=:](?!=)\s*+)?+")
_SCALAR_CALL = re.compile(
    r"(?<![\w.])(?:(?:np|numpy)\.)?(?:float|int|uint|double|longdouble)[0-9]*+\(\s*+([^()\[\]\s,;]*+)\s*+\)"
)
_ARRAY_CALL = re.compile(
    r"(?<![\w.])(?:(?:np|numpy|jnp|torch)\.)?(?:array|asarray|matrix|tensor|Array|list|tuple)\s*+(?=\()"
)
_OPTION = re.compile(
    r",\s*+(?:dtype|shape|device|requires_grad|grad_fn)\s*+=\s*+(?:\([0-9, ]*+\)|[^\s,()\[\]]++(?:\(\))?)"
)
_OTHER_CALL = re.compile(r"(?<![\w.])[^\W\d][\w.]*+\s?\(")
_PAGE = re.compile(r"\(:,:,")
_COLUMNS = re.compile(r"^[ \t]*+Columns?[ \t]++[0-9]", re.MULTILINE | re.IGNORECASE)
_SEVERAL = re.compile(r"[\s,;\[\](]")


@dataclass(frozen=True)
class Pasted:
    """The numbers of a pasted array, row by row, and every shape that the text can be read as.

    There is more than one where printouts agree in their looks: brackets over two lines are a wrapped vector to
    NumPy and two rows to MATLAB.
    """

    shapes: tuple[Shape, ...]
    texts: tuple[str, ...]
    values: tuple[float, ...]

    def fit(self, accepted: Sequence[Shape]) -> Shape | None:
        """Choose the accepted shape that the text shows, or None.

        A row or a column also serves as a vector and a single entry as a number, since printouts do not tell
        these apart; a row never serves as a column.
        """
        for wanted in accepted:
            if wanted in self.shapes:
                return wanted
        for wanted in accepted:
            for shown in self.shapes:
                if min(len(wanted), len(shown)) <= 1 and _without_ones(wanted) == _without_ones(shown):
                    return wanted
        return None


def read_pasted(written: str) -> Pasted:
    r"""Read a number, or an array as NumPy, Python, JSON, MATLAB, CSV, TSV or a spreadsheet shows it.

    Parameters
    ----------
    written : str
        Any text; the time taken grows linearly with its length.

    Returns
    -------
    Pasted
        With one text and one finite value an entry.

    Raises
    ------
    Unprocessable
        Not an array of numbers; the detail says what stands where.

    Examples
    --------
    >>> read_pasted("[[1. 2.]\n [3. 4.]]").shapes
    ((2, 2),)
    >>> read_pasted("A = [1/3, 2; 3, 4];").texts
    ('1/3', '2', '3', '4')
    """
    body = tidy(written)
    if name := _PROMPT_AND_NAME.match(body):
        body = body[name.end() :]
    if "(" in body:
        body = _SCALAR_CALL.sub(r"\1", body)
    if not body or _SEVERAL.search(body) is None or _is_fraction(body):
        return Pasted(((),), (body,), (read_number(body),))
    _refuse_incomplete(body)
    if "\\" in body:  # escaped once too often
        body = body.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\n")
    if "(" in body:
        body = _without_calls(body)
    entries, shapes = read_brackets(body) if any(mark in body for mark in "[]()") else read_lines(body)
    if '"' in body or "'" in body:
        entries = [entry.strip("'\"") for entry in entries]
    values = read_numbers(entries)
    if values is None:
        values = list(_one_by_one(entries, shapes[-1][-1] if shapes[-1] else 1))
    return Pasted(tuple(shapes), tuple(entries), tuple(values))


def _without_ones(shape: Shape) -> Shape:
    return tuple(size for size in shape if size != 1)


def _is_fraction(body: str) -> bool:
    """Tell "11 / 3", which has white space but is one number, from a row of numbers."""
    if len(body) > LONGEST or body.count("/") != 1:
        return False
    try:
        read_number(body)
    except Unprocessable:
        return False
    return True


def _refuse_incomplete(body: str) -> None:
    if "..." in body or "…" in body:
        raise Unprocessable(
            text(
                "The array is abbreviated with “...”. Print all of it: np.set_printoptions(threshold=np.inf)"
                " first, or send A.tolist()."
            )
        )
    if _COLUMNS.search(body):
        raise Unprocessable(
            text("MATLAB split the matrix into groups of columns. Paste what mat2str(A) prints, which is in one piece.")
        )
    if _PAGE.search(body):
        raise Unprocessable(
            text(
                "MATLAB split the array into pages. Send nested lists, one for each block:"
                " [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]."
            )
        )


def _without_calls(body: str) -> str:
    """Take off what prints around an array, such as ``np.array(..., dtype=float64)``."""
    body = _OPTION.sub("", _ARRAY_CALL.sub("", body))
    if call := _OTHER_CALL.search(body):
        raise Unprocessable(
            text(
                "“{sent}” is an expression. Send its value, as a decimal (1.4142) or a fraction (11/3).",
                sent=quote(body[call.start() :]),
            )
        )
    return body


def _one_by_one(entries: Iterable[str], columns: int) -> Iterator[float]:
    for index, entry in enumerate(entries):
        try:
            yield read_number(entry)
        except Unprocessable as refusal:
            raise Unprocessable(
                text(
                    "Row {row}, column {column}: {problem}",
                    row=index // columns + 1,
                    column=index % columns + 1,
                    problem=refusal.detail,
                )
            ) from refusal
