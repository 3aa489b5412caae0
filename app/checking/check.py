"""Grade submissions: a pure function from an assignment and answers to reports.

No database, no clock, no network. A crash of a solver or a comparison on one question is our fault: that question
is `pending` for those whom it concerns, and everything else is graded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.answers import Answer
from app.assignments import Assignment
from app.checking.candidates import try_candidates
from app.checking.outcome import Outcome, sent_values
from app.checking.plan import Plan, prepare
from app.checking.questions import QuestionPlan
from app.checking.report import QuestionReport, Report, summarise
from app.checking.trial import Group
from app.checking.verdicts import graded, ungraded
from app.checking.watcher import UNWATCHED, Watcher

__all__ = ["Submission", "check", "check_many"]

_CHUNK = 1000  # submissions that are compared at once: what is gained beyond is memory

Answers = Mapping[str, Mapping[str, Answer]]
Form = tuple[tuple[str, tuple[int, ...]], ...]
"""The fields that were sent and their shapes."""
Graded = tuple[QuestionReport, Outcome | None]
"""A question's report, and what later questions may take from it."""
Tell = Callable[[str, int, Exception], None]
"""Hears that a question of a submission could not be graded."""


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


def check_many(assignment: Assignment, submissions: Sequence[Submission], watcher: Watcher = UNWATCHED) -> list[Report]:
    """Grade a batch of submissions to one assignment.

    Parameters
    ----------
    assignment : Assignment
        In one version.
    submissions : sequence of Submission
        Answers as `app.answers.read_answers` gives them for this assignment.
    watcher : Watcher, optional
        Is told of each question that is graded, and of failures; these are logged by default.

    Returns
    -------
    list of Report
        One for each submission, in order.
    """
    plan = prepare(assignment)
    return [
        report
        for start in range(0, len(submissions), _CHUNK)
        for report in _check_chunk(plan, submissions[start : start + _CHUNK], start, watcher)
    ]


def _check_chunk(plan: Plan, submissions: Sequence[Submission], start: int, watcher: Watcher) -> list[Report]:
    """Grade question by question, each after those that it refers to; what nobody sent costs nothing."""

    def tell(question: str, index: int, error: Exception) -> None:
        watcher.failed(question, start + index, error)

    assignment = plan.assignment
    unsent = {
        question.id: ungraded(plan.questions[question.id], "manual_not_sent" if question.manual else "not_sent")
        for question in assignment.questions
    }
    reports = [dict(unsent) for _ in submissions]
    outcomes: list[dict[str, Outcome]] = [{} for _ in submissions]
    sent: dict[str, list[int]] = defaultdict(list)
    for index, submission in enumerate(submissions):
        for question_id, fields in submission.answers.items():
            if fields:
                sent[question_id].append(index)
    for question_id in assignment.order:
        if question_id not in sent:
            continue
        senders = sent[question_id]
        with watcher.question(question_id, len(senders)):
            for index, (report, outcome) in _check_question(plan, question_id, submissions, senders, outcomes, tell):
                reports[index][question_id] = report
                if outcome is not None:
                    outcomes[index][question_id] = outcome
    return [summarise(assignment.version, report) for report in reports]


def _check_question(
    plan: Plan,
    question_id: str,
    submissions: Sequence[Submission],
    senders: Sequence[int],
    outcomes: Sequence[Mapping[str, Outcome]],
    tell: Tell,
) -> Iterator[tuple[int, Graded]]:
    """Grade one question of those who sent it, those of one form together."""
    question = plan.questions[question_id]
    spec = question.question
    if spec.manual:
        manual = ungraded(question, "manual"), None
        yield from ((index, manual) for index in senders)
        return
    linked = spec.symmetry.same_as if spec.symmetry else None
    groups: dict[tuple[Form, str | None], list[int]] = defaultdict(list)
    for index in senders:
        fields = submissions[index].answers[spec.id]
        form = tuple((name, sent_values(fields[name]).shape) for name in spec.fields if name in fields)
        matched = outcomes[index].get(linked) if linked else None
        groups[form, matched.frame if matched else None].append(index)
    for (form, frame), indices in groups.items():
        names = [name for name, _ in form]
        answers = [submissions[index].answers[spec.id] for index in indices]
        group = Group(names, answers, [outcomes[index] for index in indices], frame)
        yield from zip(indices, _grade_safely(plan, question, group, indices, tell), strict=True)


def _grade_safely(plan: Plan, question: QuestionPlan, group: Group, indices: Sequence[int], tell: Tell) -> list[Graded]:
    """Grade a group; where that fails, one by one, so that only those whom it concerns are left pending."""
    try:
        return [(graded(plan, outcome), outcome) for outcome in try_candidates(plan, question, group)]
    except Exception as error:  # noqa: BLE001 - whatever it is, it is our failure and nobody else pays for it
        if len(group.answers) == 1:
            tell(question.question.id, indices[0], error)
            report = ungraded(question, "our_failure")
            return [({**report, "failure": f"{type(error).__name__}: {error}"}, None)]
    return [
        _grade_safely(plan, question, Group(group.names, [answer], [earlier], group.frame), [index], tell)[0]
        for index, answer, earlier in zip(indices, group.answers, group.earlier, strict=True)
    ]
