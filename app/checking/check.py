"""Grade submissions: a pure function from an assignment and answers to reports.

No database, no clock, no network. A crash of a solver or a comparison on one question is our fault: that question
is `pending` for those whom it concerns, and everything else is graded.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import graders
from app.answers import Answer, FieldAnswer
from app.assignments import Assignment
from app.checking.plan import Array, Plan, QuestionPlan, prepare
from app.checking.report import QuestionReport, Report, summarise
from app.checking.verdicts import graded, ungraded

__all__ = ["Submission", "check", "check_many"]

_log = logging.getLogger("upto")
_CHUNK = 1000  # submissions that are compared at once: what is gained beyond is memory

Answers = Mapping[str, Mapping[str, Answer]]
Elements = dict[int, Array]
"""The symmetry elements by which a question's answers were matched, by submission."""
Form = tuple[tuple[str, tuple[int, ...]], ...]
"""The fields that were sent and their shapes."""
Graded = tuple[QuestionReport, Array | None]
"""A question's report, and the element by which the answer was matched, if it was."""


@dataclass(frozen=True)
class Submission:
    """What one learner sent, read.

    Parameters
    ----------
    answers : mapping of str to mapping of str to Answer
        Fields by question.
    learner : str, optional
        Whose it is.
    """

    answers: Answers
    learner: str | None = None


def check(assignment: Assignment, answers: Answers, learner: str | None = None) -> Report:
    """Grade one submission: a batch of one."""
    return check_many(assignment, [Submission(answers, learner)])[0]


def check_many(assignment: Assignment, submissions: Sequence[Submission]) -> list[Report]:
    """Grade a batch of submissions to one assignment.

    Parameters
    ----------
    assignment : Assignment
        In one version.
    submissions : sequence of Submission
        Answers as `app.answers.read_answers` gives them for this assignment.

    Returns
    -------
    list of Report
        One for each submission, in order.
    """
    plan = prepare(assignment)
    return [
        report
        for start in range(0, len(submissions), _CHUNK)
        for report in _check_chunk(plan, submissions[start : start + _CHUNK])
    ]


def _check_chunk(plan: Plan, submissions: Sequence[Submission]) -> list[Report]:
    """Grade question by question, each after those that it refers to."""
    assignment = plan.assignment
    reports: list[dict[str, QuestionReport]] = [{} for _ in submissions]
    elements: dict[str, Elements] = {}
    for question_id in assignment.order:
        question = plan.questions[question_id]
        symmetry = question.question.symmetry
        imposed = elements[symmetry.same_as] if symmetry and symmetry.same_as else {}
        elements[question_id] = {}
        for index, (report, element) in _check_question(plan, question, submissions, imposed).items():
            reports[index][question_id] = report
            if element is not None:
                elements[question_id][index] = element
    ids = [question.id for question in assignment.questions]
    return [summarise(assignment.version, {name: report[name] for name in ids}) for report in reports]


def _check_question(
    plan: Plan, question: QuestionPlan, submissions: Sequence[Submission], imposed: Elements
) -> dict[int, Graded]:
    """Grade one question of all submissions, those of one form together."""
    spec = question.question
    results: dict[int, Graded] = {}
    groups: dict[tuple[Form, bool], list[int]] = defaultdict(list)
    for index, submission in enumerate(submissions):
        fields = submission.answers.get(spec.id)
        if spec.manual:
            results[index] = ungraded(question, "manual" if fields else "manual_not_sent"), None
        elif not fields:
            results[index] = ungraded(question, "not_sent"), None
        else:
            form = tuple((name, _values(fields[name]).shape) for name in spec.fields if name in fields)
            groups[form, index in imposed].append(index)
    for (form, linked), indices in groups.items():
        names = [name for name, _ in form]
        answers = [submissions[index].answers[spec.id] for index in indices]
        given = np.stack([imposed[index] for index in indices]) if linked else None
        results.update(zip(indices, _grade_safely(plan, question, names, answers, given), strict=True))
    return results


def _values(answer: Answer) -> Array:
    if not isinstance(answer, FieldAnswer):
        raise TypeError(f"a numeric field holds {type(answer).__name__}")
    return answer.values


def _grade_safely(
    plan: Plan,
    question: QuestionPlan,
    names: Sequence[str],
    answers: Sequence[Mapping[str, Answer]],
    imposed: Array | None,
) -> list[Graded]:
    """Grade a group; where that fails, one by one, so that only those whom it concerns are left pending."""
    try:
        return _grade(plan, question, names, answers, imposed)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is our failure and nobody else pays for it
        if len(answers) == 1:
            _log.exception("question %s could not be graded", question.question.id)
            report = ungraded(question, "our_failure")
            return [({**report, "failure": f"{type(error).__name__}: {error}"}, None)]
    alone = [None if imposed is None else imposed[index : index + 1] for index in range(len(answers))]
    return [_grade_safely(plan, question, names, [one], own)[0] for one, own in zip(answers, alone, strict=True)]


def _grade(
    plan: Plan,
    question: QuestionPlan,
    names: Sequence[str],
    answers: Sequence[Mapping[str, Answer]],
    imposed: Array | None,
) -> list[Graded]:
    """Compare a group of answers of one form with the candidates, each only where it may do better."""
    stacked = {name: np.array([_values(answer[name]) for answer in answers]) for name in names}
    choice = graders.Choice(len(answers))
    rows: Array | None = None  # everybody
    comparisons: dict[int, graders.Comparison] = {}
    for number, fitting in _applicable(question, tuple((name, value.shape[1:]) for name, value in stacked.items())):
        candidate = question.candidates[number]
        comparison = plan.target(question.question.id, candidate).compare(
            {name: _canonical(_take(stacked[name], rows), candidate.layout(name)) for name in fitting},
            None if imposed is None else _take(imposed, rows),
        )
        comparisons[number] = comparison
        required, right = _count(question, comparison)
        choice.offer(rows, number, candidate.credit * required / len(question.required), right)
        rows = choice.open(len(names))
        if not rows.size:
            break
    results: list[Graded] = []
    shares = choice.credit.tolist()
    for index, (number, row) in enumerate(zip(choice.candidate.tolist(), choice.row.tolist(), strict=True)):
        comparison = comparisons[number]
        found = (question.candidates[number], comparison, row)
        report = graded(question, names, found, shares[index], linked=imposed is not None)
        matched = comparison.element is not None and report["score"] > 0
        results.append((report, comparison.element[row] if matched and comparison.element is not None else None))
    return results


def _take(array: Array, rows: Array | None) -> Array:
    return array if rows is None else array[rows]


def _count(question: QuestionPlan, comparison: graders.Comparison) -> tuple[Array, Array]:
    """How many fields of each submission are right: of the required ones, and of all."""
    correct = {name: field.correct.astype(int) for name, field in comparison.fields.items()}
    none = np.zeros(len(next(iter(correct.values()))), dtype=int)
    required = sum((count for name, count in correct.items() if name in question.required), none)
    optional = (count for name, count in correct.items() if name not in question.required)
    return required, sum(optional, required)


@lru_cache(maxsize=4096)
def _applicable(question: QuestionPlan, form: Form) -> list[tuple[int, list[str]]]:
    """The candidates whose layout takes every field, or where none does the ones that take some; with those fields."""
    fitting = [
        (number, [name for name, shape in form if question.fits(candidate, name, shape)])
        for number, candidate in enumerate(question.candidates)
    ]
    whole = [(number, names) for number, names in fitting if len(names) == len(form)]
    some = whole or [(number, names) for number, names in fitting if names]
    if not some:
        raise LookupError("no candidate takes fields of these shapes")
    return some


def _canonical(values: Array, layout: str | None) -> Array:
    """Bring a batch of fields from the layout that was sent into the declared one."""
    if layout is None:
        return values
    if layout == "transposed":
        return values.swapaxes(1, 2)
    square = np.zeros((*values.shape, values.shape[1]))
    index = np.arange(values.shape[1])
    square[:, index, index] = values
    return square
