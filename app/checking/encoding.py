"""Reports as JSON; what is the same for everybody is written once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import cast

from pydantic_core import to_json

from app.checking.report import Constant, QuestionReport, Report
from app.checking.views import Reach, view_question
from app.language import Language

__all__ = ["encode", "encode_view"]


def encode(report: Report) -> bytes:
    """The complete report, as it is stored.

    Parameters
    ----------
    report : Report
        As `check_many` gives it.

    Returns
    -------
    bytes
        JSON in UTF-8, of the same content as the report.
    """
    return _assemble(report, None, to_json)


def encode_view(report: Report, language: Language, level: Reach) -> bytes:
    """What a reader sees of a report, as JSON; see `view`."""

    def write(question: QuestionReport) -> bytes:
        return to_json(view_question(question, language, level))

    shown: Report = {**report, "questions": {}} if level == "score" else report
    return _assemble(shown, (language, level), write)


def _assemble(report: Report, reader: object, write: Callable[[QuestionReport], bytes]) -> bytes:
    parts = []
    for name, question in report["questions"].items():
        if isinstance(question, Constant):
            written = question.written.get(reader)
            if written is None:
                written = question.written.setdefault(reader, write(cast(QuestionReport, question)))
        else:
            written = write(question)
        parts.append(_name(name) + written)
    head = to_json({key: value for key, value in report.items() if key != "questions"})
    return head[:-1] + b',"questions":{' + b",".join(parts) + b"}}"


@lru_cache(maxsize=4096)
def _name(name: str) -> bytes:
    return to_json(name) + b":"
