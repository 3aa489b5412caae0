"""Right answers to any assignment: the truth as another learner, another library or another printout has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from tests.accuracy.asked import Array, Fields, decimals_asked
from tests.accuracy.cases import Case, Generator, Sent, cases_of
from tests.accuracy.known import Known
from tests.accuracy.libraries import Answered, library_answers
from tests.accuracy.slips import follow_through
from tests.accuracy.truths import Work

__all__ = ["RIGHT", "chosen", "write"]


def chosen(work: Work, rng: np.random.Generator, question: str) -> Known:
    """The truth of a question under a convention drawn at random."""
    conventions = work.assignment.question(question).conventions
    convention = rng.choice(np.array([None, *conventions], dtype=object))
    return work.known(question, convention)


def write(known: Known, fields: Fields, more: int | None) -> Fields:
    """Round a batch of fields to the decimals asked and some more; None leaves them as they are."""
    if more is None:
        return fields
    written = {}
    for name, value in fields.items():
        count = decimals_asked(known.specs[name], value, span=known.group == "span")
        written[name] = value if count is None else np.round(value, count + more)
    return written


def _optional(known: Known, rng: np.random.Generator, fields: Fields) -> Fields:
    """Leave out what is optional, half the time."""
    return fields if rng.random() < 0.5 else {name: fields[name] for name in known.required}


def _moved(work: Work, rng: np.random.Generator, question: str, size: int) -> tuple[Known, Fields]:
    known = chosen(work, rng, question)
    return known, known.acted(known.draw(rng, size))


def full_precision(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """The truth under a random element, with all its digits."""
    known, fields = _moved(work, rng, question, size)
    return cases_of("full precision", question, "right", known.sent(_optional(known, rng, fields)))


def rounded(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Moved, and then rounded to the decimals asked."""
    known, fields = _moved(work, rng, question, size)
    return cases_of("rounded as asked", question, "right", known.sent(_optional(known, rng, write(known, fields, 0))))


def more_digits(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Moved, and then rounded to more decimals than asked."""
    known, fields = _moved(work, rng, question, size)
    return cases_of("more digits", question, "right", known.sent(write(known, fields, int(rng.integers(1, 7)))))


def single_precision(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Moved, and then stored as 32-bit floats, half the time rounded after that."""
    known, fields = _moved(work, rng, question, size)
    short = {"c": np.complex64, "f": np.float32}
    stored = {name: value.astype(short[value.dtype.kind]).astype(value.dtype) for name, value in fields.items()}
    return cases_of("single precision", question, "right", known.sent(stored))


def library(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """What another library gives, as it is and moved, in full precision and rounded."""
    known = work.known(question)
    cases: list[Case] = []
    for name, answered in _answered(work).items():
        if question not in answered:
            continue
        own = known.narrowed(dict(answered[question]))
        element = own.draw(rng, max(1, size // 3))
        if known.group != "identity":
            element[0] = own.identity(1)[0]
        fields = own.acted(element, list(answered[question]))
        cases += cases_of(name, question, "right", known.sent(write(known, fields, 0 if rng.random() < 0.5 else None)))
    return cases


@lru_cache(maxsize=8)
def _answered(work: Work) -> dict[str, Answered]:
    return library_answers(work)


def linked(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """A question and those that go with it, all moved by the same element."""
    together = work.linked(question)
    if len(together) < 2 or question == together[0]:
        return []
    knowns = [chosen(work, rng, name) for name in together]
    element = knowns[0].draw(rng, size)
    more = 0 if rng.random() < 0.7 else None
    sent = {
        name: known.sent(write(known, known.acted(element), more)) for name, known in zip(together, knowns, strict=True)
    }
    return cases_of("linked questions", question, "right", sent.pop(question), sent)


def whole(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Every question of the homework at once; for one of its questions, so that it is made once."""
    if question != work.numeric[0]:
        return []
    elements = {work.owner(name): work.known(work.owner(name)).draw(rng, size) for name in work.numeric}
    more = 0 if rng.random() < 0.7 else None
    sent: dict[str, Fields] = {}
    for name in work.numeric:
        known = chosen(work, rng, name)
        sent[name] = known.sent(write(known, known.acted(elements[work.owner(name)]), more))
    return cases_of("a whole homework", question, "right", sent.pop(question), sent)


# --- Printouts --------------------------------------------------------------------------------------------------


def _number(value: float) -> str:
    return f"{value:.10f}".rstrip("0").rstrip(".")


def _numpy(value: Array, written: Callable[[Array], str]) -> str:
    with np.printoptions(threshold=10**6):
        return written(value)


def _lines(value: Array, separator: str) -> str:
    return "\n".join(separator.join(map(_number, row)) for row in np.atleast_2d(value).tolist())


_FORMS: Mapping[str, Callable[[Array], str]] = {
    "NumPy repr": lambda value: _numpy(value, repr),
    "NumPy str": lambda value: _numpy(value, str),
    "Python list": lambda value: str(value.tolist()),
    "Python list of NumPy numbers": lambda value: str(list(value.ravel()) if value.ndim == 1 else value.tolist()),
    "MATLAB mat2str": lambda value: "[" + _lines(value, " ").replace("\n", ";") + "]",
    "CSV": lambda value: _lines(value, ","),
    "TSV": lambda value: _lines(value, "\t"),
}
_OTHER = ("labels", "complex")
_MATRICES_ONLY = ("MATLAB mat2str", "CSV", "TSV")


def pasted(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """The printout of NumPy, Python, MATLAB or a spreadsheet."""
    known, fields = _moved(work, rng, question, max(1, size // 2))
    if known.entries > 5000:
        return []
    sent = known.sent(write(known, fields, int(rng.integers(0, 5))))
    cases = []
    for row in range(len(next(iter(sent.values())))):
        form = str(rng.choice(list(_FORMS)))
        texts: dict[str, Sent] = {
            name: value[row]  # other kinds are written in their own forms
            if known.field(name).kind in _OTHER
            else _number(float(value[row]))
            if value.ndim == 1
            else _FORMS["NumPy repr" if value.ndim > 3 and form in _MATRICES_ONLY else form](value[row])
            for name, value in sent.items()
        }
        cases.append(Case(f"pasted {form}", question, "right", {question: texts}))
    return cases


RIGHT: list[Generator] = [
    full_precision,
    rounded,
    more_digits,
    single_precision,
    library,
    linked,
    whole,
    pasted,
    follow_through,
]
