"""One answer of which it is known whether it is right, how it is sent, and what the verdict has to be."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from app.answers import Answer, FieldAnswer, read_answers, read_json
from app.assignments import Assignment
from app.checking import Submission, check_many
from tests.accuracy.asked import Array, Fields
from tests.accuracy.truths import Work

__all__ = ["Case", "Expected", "Failure", "Generator", "Sent", "cases_of", "failures_of"]

Expected = Literal["right", "wrong"]
Sent: TypeAlias = "Array | str | float | dict[str, Any] | list[Any]"


@dataclass(frozen=True)
class Case:
    """An answer and what is known of it.

    Parameters
    ----------
    generator : str
        What made it.
    question : str
        The question it is about. Others may be answered beside it, always rightly.
    expected : {"right", "wrong"}
    answers : mapping of str to mapping of str to ndarray or what JSON has
        Fields by question: arrays of real numbers as they are, all else through `app.answers.read_answers`.
    only : bool
        Whether only the question itself has to be right, since what is answered beside it is wrong.
    matched : str, optional
        What a wrong answer has to be recognised as.
    """

    generator: str
    question: str
    expected: Expected
    answers: Mapping[str, Mapping[str, Sent]]
    only: bool = False
    matched: str | None = None

    def document(self) -> dict[str, dict[str, Any]]:
        """The answers as JSON takes them."""
        return {
            question: {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in sent.items()}
            for question, sent in self.answers.items()
        }

    def submission(self, assignment: Assignment) -> Submission:
        """Read the answers as a request's would be; real arrays are taken for the JSON that Python writes of them."""
        read: dict[str, dict[str, Answer]] = {}
        parsed: dict[str, dict[str, Any]] = {}
        for question, fields in self.answers.items():
            for name, value in fields.items():
                if isinstance(value, np.ndarray):
                    texts = tuple(map(repr, value.ravel().tolist()))
                    read.setdefault(question, {})[name] = FieldAnswer(np.asarray(value, dtype=np.float64), texts)
                else:
                    parsed.setdefault(question, {})[name] = value
        if parsed:
            document = read_json(json.dumps(parsed).encode())
            for question, answers in read_answers(document, assignment.answer_fields).items():
                read.setdefault(question, {}).update(answers)
        return Submission(read)


Generator: TypeAlias = Callable[[Work, np.random.Generator, str, int], list[Case]]
"""Makes up to so many cases of one question of an assignment; none where it does not apply."""


@dataclass(frozen=True)
class Failure:
    """A case that got another verdict than it has to get."""

    case: Case
    question: str
    verdict: str
    matched: str | None
    report: Mapping[str, Any]


def cases_of(
    generator: str,
    question: str,
    expected: Expected,
    fields: Fields,
    beside: Mapping[str, Fields] | None = None,
    rows: Sequence[int] | None = None,
    *,
    only: bool = False,
    matched: str | None = None,
) -> list[Case]:
    """Make one case of each row of a batch of answers, with what is answered beside it."""
    size = len(next(iter(fields.values())))
    batches = {question: fields} | dict(beside or {})
    return [
        Case(
            generator,
            question,
            expected,
            {name: {field: value[row] for field, value in batch.items()} for name, batch in batches.items()},
            only,
            matched,
        )
        for row in (range(size) if rows is None else rows)
    ]


def failures_of(assignment: Assignment, cases: Sequence[Case]) -> list[Failure]:
    """Grade cases together and find those that were falsely refused or falsely accepted."""
    reports = check_many(assignment, [case.submission(assignment) for case in cases])
    failures = []
    for case, report in zip(cases, reports, strict=True):
        questions = list(case.answers) if case.expected == "right" and not case.only else [case.question]
        for question in questions:
            found = report["questions"][question]
            accepted = found["verdict"] == "correct"
            if accepted != (found["score"] == found["max_score"]):
                raise AssertionError(f"{found['verdict']} with {found['score']} of {found['max_score']}")
            unnamed = case.matched is not None and found["matched"] != case.matched
            if accepted != (case.expected == "right") or found["verdict"] == "pending" or unnamed:
                failures.append(Failure(case, question, found["verdict"], found["matched"], dict(found)))
                break
    return failures
