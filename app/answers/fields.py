"""The answers of a submission, question by question and field by field, as arrays of a declared shape."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np

from app.answers.arrays import Place, position_of, read_list, wrong_shape
from app.answers.complexes import read_complex_list, read_complex_pasted
from app.answers.document import NumberText
from app.answers.kinds import kind_of, layout_of
from app.answers.labels import read_label_list, read_label_string
from app.answers.numbers import read_number
from app.answers.pasted import read_pasted
from app.answers.problems import Problems, quote
from app.answers.records import Answer, FieldAnswer, FieldLike, FileAnswer, TextAnswer, describe
from app.answers.rows import Shape
from app.answers.whole import made_whole, not_whole
from app.assignments import FILE_ID
from app.errors import Unprocessable
from app.language import Message, text

__all__ = ["MAX_TEXT", "Answer", "FieldAnswer", "FieldLike", "FileAnswer", "TextAnswer", "describe", "read_answers"]

MAX_TEXT = 1 << 16
_LISTED = 40
_FILE_ID = re.compile(FILE_ID)

# Characters of a pasted array: printouts take about 25 an entry, and what is far longer need not be parsed.
_PASTED = 4096
_PASTED_ENTRY = 100


def read_answers(
    answers: object,
    questions: Mapping[str, Mapping[str, FieldLike]],
    *,
    at: tuple[str | int, ...] = ("answers",),
) -> dict[str, dict[str, Answer]]:
    """Read a submission's answers strictly, finding everything that is wrong with them.

    Parameters
    ----------
    answers : Json
        As `read_json` gives it: question to field to value. The value of a question's one required field may
        stand in the question's place.
    questions : mapping
        Every question of the assignment, with its fields by name.
    at : tuple, optional
        Where the answers stand in the document, for the pointers.

    Returns
    -------
    dict
        What was sent: a question or a field that is null is left out, a question that is ``{}`` has no fields.

    Raises
    ------
    Unprocessable
        With one problem for each place at fault, in the order of the document, up to 100 of them.
    """
    problems = Problems()
    read: dict[str, dict[str, Answer]] = {}
    if not isinstance(answers, dict):
        problems.add(at, text("An object {{question: answer}} is wanted here; {kind} arrived.", kind=kind_of(answers)))
        answers = {}
    for question, value in answers.items():
        fields = questions.get(question)
        if fields is None:
            problems.add((*at, question), _unknown_question(question, questions))
        elif value is not None:
            read[question] = _read_question(question, value, fields, (*at, question), problems)
    problems.raise_any()
    return read


def _unknown_question(sent: str, questions: Mapping[str, object]) -> Message:
    close = difflib.get_close_matches(sent, questions, n=3) if len(sent) <= _LISTED else []
    if close:
        return text("There is no question “{sent}”. Did you mean {close}?", sent=quote(sent), close=", ".join(close))
    return text("There is no question “{sent}”. The questions are {known}.", sent=quote(sent), known=_listed(questions))


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(islice(names, _LISTED)) + (", …" if len(names) > _LISTED else "")


def _read_question(
    question: str, value: object, fields: Mapping[str, FieldLike], at: Place, problems: Problems
) -> dict[str, Answer]:
    required = [name for name, field in fields.items() if field.required]
    if not isinstance(value, dict) or _is_complex_number(value, [fields[name] for name in required], fields):
        if len(required) != 1:
            problems.add(
                at,
                text(
                    "Question {question} has the fields {fields}: send an object {{field: value}}; {kind} arrived.",
                    question=question,
                    fields=_listed(fields),
                    kind=kind_of(value),
                ),
            )
            return {}
        answer = _read_field(value, fields[required[0]], at, problems)
        return {} if answer is None else {required[0]: answer}
    read: dict[str, Answer] = {}
    for name, sent in value.items():
        field = fields.get(name)
        if field is None:
            problems.add(
                (*at, name),
                text(
                    "Question {question} has no field “{sent}”. Its fields are {fields}.",
                    question=question,
                    sent=quote(name),
                    fields=_listed(fields),
                ),
            )
        elif sent is not None and (answer := _read_field(sent, field, (*at, name), problems)) is not None:
            read[name] = answer
    return read


def _is_complex_number(
    value: Mapping[str, object], required: Sequence[FieldLike], fields: Mapping[str, FieldLike]
) -> bool:
    """Tell a complex number in the place of a question's one required field from an object of fields."""
    if [field.kind for field in required] != ["complex"] or not value.keys() & {"re", "im"}:
        return False
    return fields.keys().isdisjoint(value)


def _read_field(value: object, field: FieldLike, at: Place, problems: Problems) -> Answer | None:
    """Read one field's value; where that fails, note why and return None."""
    match field.kind:
        case "numeric":
            return _read_numbers(value, field.shapes, at, problems)
        case "text":
            return _read_text(value, at, problems)
        case "file":
            return _read_file(value, at, problems)
        case "complex":
            return _read_complex(value, field.shapes, at, problems)
        case "labels":
            return _read_labels(value, field.shapes, at, problems)
        case "integer":
            return _only_whole(_read_numbers(value, field.shapes, at, problems), at, problems, pasted=_is_string(value))


def _is_string(value: object) -> bool:
    """Whether it was sent as a string, which may hold a whole array."""
    return isinstance(value, str) and not isinstance(value, NumberText)


def _read_numbers(value: object, shapes: Sequence[Shape], at: Place, problems: Problems) -> FieldAnswer | None:
    if isinstance(value, str) and not isinstance(value, NumberText):
        return _read_string(value, shapes, at, problems)
    found = read_list(value, shapes, at, problems)
    return None if found is None else FieldAnswer(*found)


def _only_whole(answer: FieldAnswer | None, at: Place, problems: Problems, *, pasted: bool) -> FieldAnswer | None:
    """Note every entry that is no whole number; of a pasted array, by row and column."""
    if answer is None:
        return None
    shape = answer.values.shape
    before = len(problems.found)
    for index, message in not_whole(answer.values, answer.texts):
        place = position_of(index, shape)
        if pasted and place:
            row, column = index // shape[-1] + 1, index % shape[-1] + 1
            problems.add(at, text("Row {row}, column {column}: {problem}", row=row, column=column, problem=message))
        else:
            problems.add((*at, *place), message)
    return FieldAnswer(made_whole(answer.values), answer.texts) if len(problems.found) == before else None


def _read_complex(value: object, shapes: Sequence[Shape], at: Place, problems: Problems) -> FieldAnswer | None:
    if not isinstance(value, str) or isinstance(value, NumberText):
        found = read_complex_list(value, shapes, at, problems)
        return None if found is None else FieldAnswer(*found)
    if _too_long(value, 2 * _PASTED_ENTRY, shapes, at, problems):
        return None
    try:
        pasted, entries = read_complex_pasted(value)
    except Unprocessable as refusal:
        problems.add(at, refusal.detail)
        return None
    shape = pasted.fit(shapes)
    if shape is None:
        problems.add(at, wrong_shape(pasted.shapes[-1], shapes))
        return None
    values = entries.reshape(shape)
    values.flags.writeable = False
    return FieldAnswer(values, pasted.texts)


def _read_labels(value: object, shapes: Sequence[Shape], at: Place, problems: Problems) -> FieldAnswer | None:
    if not isinstance(value, str) or isinstance(value, NumberText):
        found = read_label_list(value, shapes, at, problems)
    elif _too_long(value, _PASTED_ENTRY, shapes, at, problems):
        return None
    else:
        found = read_label_string(value, shapes, at, problems)
    return None if found is None else FieldAnswer(*found, labels=True)


def _read_text(value: object, at: Place, problems: Problems) -> TextAnswer | None:
    if not isinstance(value, str) or isinstance(value, NumberText):
        problems.add(at, text("A string is wanted here; {kind} arrived.", kind=kind_of(value)))
        return None
    try:
        length = len(value.encode("utf-8"))
    except UnicodeEncodeError as error:
        problems.add(
            at,
            text(
                "Character {position} of this text is half of a surrogate pair, which is no character. Paste the"
                " text again.",
                position=error.start + 1,
            ),
        )
        return None
    if length > MAX_TEXT:
        problems.add(
            at,
            text(
                "This text has {length} bytes of UTF-8; at most {limit} can be kept. Please shorten it.",
                length=length,
                limit=MAX_TEXT,
            ),
        )
        return None
    if "\0" in value:
        problems.add(
            at,
            text(
                "Character {position} of this text is NUL, which cannot be kept. Take it out.",
                position=value.index("\0") + 1,
            ),
        )
        return None
    return TextAnswer(value)


def _read_file(value: object, at: Place, problems: Problems) -> FileAnswer | None:
    """Read the id of a file; whether there is one, and whose it is, the database knows."""
    if isinstance(value, str) and not isinstance(value, NumberText):
        if _FILE_ID.fullmatch(value):
            return FileAnswer(value)
        problem = text(
            "“{sent}” is not the id of a file. Upload the file with POST /api/v1/files and send the id that comes"
            " back.",
            sent=quote(value),
        )
    else:
        problem = text(
            "The id of a file is wanted here, as a string; {kind} arrived. Upload the file with POST /api/v1/files and"
            " send the id that comes back.",
            kind=kind_of(value),
        )
    problems.add(at, problem)
    return None


def _read_string(written: str, shapes: Sequence[Shape], at: Place, problems: Problems) -> FieldAnswer | None:
    """Read a number or an array that was sent as a string."""
    if _too_long(written, _PASTED_ENTRY, shapes, at, problems):
        return None
    try:
        pasted = read_pasted(written)
    except Unprocessable as refusal:
        problems.add(at, _as_number(written, shapes) or refusal.detail)
        return None
    shape = pasted.fit(shapes)
    if shape is None:
        problems.add(at, _as_number(written, shapes) or wrong_shape(pasted.shapes[-1], shapes))
        return None
    values = np.array(pasted.values, dtype=np.float64).reshape(shape)
    values.flags.writeable = False
    return FieldAnswer(values, pasted.texts)


def _too_long(written: str, entry: int, shapes: Sequence[Shape], at: Place, problems: Problems) -> bool:
    """Note that a text is far longer than any array of the shape, `entry` characters an entry."""
    limit = _PASTED + entry * max(map(math.prod, shapes))
    if len(written) <= limit:
        return False
    problems.add(
        at,
        text(
            "This text has {length} characters, and {layout} needs at most {limit}. Paste the array alone.",
            length=len(written),
            layout=layout_of(shapes[0]),
            limit=limit,
        ),
    )
    return True


def _as_number(written: str, shapes: Sequence[Shape]) -> Message | None:
    """Say why a string is no number, where one number is wanted and the string does not look like an array."""
    if any(shapes) or any(mark in written.strip() for mark in "[]\n\t;"):
        return None
    try:
        read_number(written)
    except Unprocessable as refusal:
        return refusal.detail
    return None
