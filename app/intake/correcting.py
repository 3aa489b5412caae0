"""A submission that was refused, made ready to be graded after all."""

from __future__ import annotations

import json

from app.answers import Json, read_json
from app.answers.kinds import kind_of
from app.errors import NotJson, Problem, Unprocessable
from app.language import text
from app.storage import KeptRefusal

__all__ = ["corrected"]

_KEYS = ("course", "assignment", "student", "answers")


def corrected(refused: KeptRefusal, correction: bytes) -> bytes:
    """Put together what is to be graded: what was sent, what was known of its sender, and what staff correct.

    Parameters
    ----------
    refused : KeptRefusal
    correction : bytes
        Empty, or a JSON object with some of the keys of a submission, which take the place of those that were sent.

    Returns
    -------
    bytes
        The submission as JSON; every number as a string of the digits that were sent.

    Raises
    ------
    NotJson, Unprocessable
        Where the correction is no such object.
    """
    known = {"course": refused.course, "assignment": refused.assignment, "student": refused.student}
    whole: dict[str, Json] = {key: value for key, value in known.items() if value is not None}
    whole["answers"] = {}
    whole |= {key: value for key, value in _object(refused.body).items() if key in _KEYS and value is not None}
    if refused.by_learner:  # whatever it says: a learner's work is their own, in their own course
        whole |= {key: value for key, value in known.items() if key != "assignment" and value is not None}
    if correction.strip():
        document = read_json(correction)
        if not isinstance(document, dict):
            message = text("A JSON object is wanted; {kind} arrived.", kind=kind_of(document))
            raise Unprocessable(text("The correction could not be understood."), [Problem("", message)])
        whole |= document
    try:
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(whole, separators=(",", ":")).encode()


def _object(body: bytes) -> dict[str, Json]:
    try:
        document = read_json(body)
    except NotJson:
        return {}
    return document if isinstance(document, dict) else {}
