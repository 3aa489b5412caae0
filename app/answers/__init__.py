"""From the bytes of a request to arrays of declared shape, with every number's text kept."""

from app.answers.digests import answers_digest
from app.answers.document import MAX_BODY, MAX_DEPTH, Json, NumberText, read_json
from app.answers.envelope import Envelope, is_student, read_envelope
from app.answers.fields import (
    MAX_TEXT,
    Answer,
    FieldAnswer,
    FieldLike,
    FileAnswer,
    TextAnswer,
    describe,
    read_answers,
)
from app.answers.numbers import decimals, read_number
from app.answers.pasted import Pasted, read_pasted
from app.answers.problems import MAX_PROBLEMS

__all__ = [
    "MAX_BODY",
    "MAX_DEPTH",
    "MAX_PROBLEMS",
    "MAX_TEXT",
    "Answer",
    "Envelope",
    "FieldAnswer",
    "FieldLike",
    "FileAnswer",
    "Json",
    "NumberText",
    "Pasted",
    "TextAnswer",
    "answers_digest",
    "decimals",
    "describe",
    "is_student",
    "read_answers",
    "read_envelope",
    "read_json",
    "read_number",
    "read_pasted",
]
