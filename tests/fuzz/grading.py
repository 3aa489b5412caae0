"""The checking of answers: whatever can be read gets a whole report, alone and among others alike."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator
from random import Random
from typing import Any, cast

from app.assignments import Level
from app.checking import Report, Submission, check_many, encode, encode_view
from app.checking.report import QuestionReport
from app.errors import Refusal
from app.language import LANGUAGES
from tests.fuzz import documents, values
from tests.fuzz.material import Target, targets
from tests.fuzz.reading import Answers, read
from tests.fuzz.running import BrokenError, Input, Part

__all__ = ["Grading"]

ROUND = 100
_LEVELS: tuple[Level, ...] = ("score", "questions", "hints", "everything")


class Grading(Part):
    """Submissions, most of them such as can be read."""

    name = "check"

    def __init__(self) -> None:
        self._alone: dict[str, list[tuple[Target, Answers, Report]]] = {}

    def open(self, seed: int) -> None:  # noqa: ARG002 - the same for every seed
        """Load the assignments; what fails is told by the reports."""
        logging.getLogger("upto").setLevel(logging.CRITICAL + 1)
        targets()

    def close(self) -> None:
        """Let the log speak again."""
        logging.getLogger("upto").setLevel(logging.NOTSET)

    def inputs(self, rng: Random) -> Iterator[Input]:
        """Hostile values, and what the parser lets through of the rest."""
        self._alone.clear()
        return (Input(values.body(rng) if rng.random() < 0.9 else documents.body(rng)) for _ in range(ROUND))

    def judge(self, sent: Input) -> str:
        """Read, check, and look at the report."""
        found = read(sent.data)
        if isinstance(found, Refusal):
            return str(found.status)
        target, answers = found
        (report,) = check_many(target.assignment, [Submission(answers, "b1", target.drawn)])
        _inspect(report)
        self._alone.setdefault(target.slug, []).append((target, answers, report))
        return report["status"]

    def end_round(self) -> None:
        """Check the answers of the whole round together: nobody's verdict depends on who else sent something."""
        for found in self._alone.values():
            target = found[0][0]
            submissions = [Submission(answers, "b1", target.drawn) for _, answers, _ in found]
            for (_, answers, alone), together in zip(found, check_many(target.assignment, submissions), strict=True):
                _inspect(together)
                if _verdicts(alone) != _verdicts(together):
                    raise BrokenError(
                        f"{target.slug}: {_verdicts(alone)} alone, {_verdicts(together)} together: {answers}"
                    )


def _of_fields(question: QuestionReport) -> dict[str, str]:
    return {name: field["verdict"] for name, field in question["fields"].items()}


def _verdicts(report: Report) -> dict[str, tuple[object, ...]]:
    return {
        name: (one["verdict"], one["score"], one["matched"], _of_fields(one))
        for name, one in report["questions"].items()
    }


def _inspect(report: Report) -> None:
    for name, question in report["questions"].items():
        _inspect_question(name, question)
    total = sum(question["score"] for question in report["questions"].values())
    if not math.isclose(report["score"], total, abs_tol=1e-5) or not 0 <= report["score"] <= report["max_score"]:
        raise BrokenError(f"a total of {report['score']}, which is not {total}")
    _strict(encode(report))
    for language in LANGUAGES:
        for level in _LEVELS:
            _strict(encode_view(report, language, level))


def _inspect_question(name: str, question: QuestionReport) -> None:
    verdict, score, most = question["verdict"], question["score"], question["max_score"]
    if verdict == "pending":
        raise BrokenError(f"{name} could not be graded: {question.get('failure')}")
    as_said = {
        "correct": score == most,
        "partial": 0 < score < most,
        "incorrect": score == 0,
        "missing": score == 0,
        "manual": score == 0,
    }
    if not as_said[verdict]:
        raise BrokenError(f"{name} is {verdict} with {score} of {most}")
    for field, found in question["fields"].items():
        measured, allowed = found["measured"], found["allowed"]
        if found["verdict"] == "correct" and measured is not None and not measured <= cast(float, allowed):
            raise BrokenError(f"{name} {field} is correct with {measured}, and {allowed} is allowed")


def _strict(written: bytes) -> Any:  # noqa: ANN401 - any JSON document
    def refuse(constant: str) -> None:
        raise BrokenError(f"{constant} in a report")

    return json.loads(written, parse_constant=refuse)
