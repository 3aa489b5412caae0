"""Grade submissions: a pure function from an assignment and answers to reports.

No database, no clock, no network. A crash of a solver or a comparison on one question is our fault: that question
is `pending` for those whom it concerns, and everything else is graded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.answers import Answer
from app.assignments import Assignment, Drawn
from app.checking.candidates import try_candidates
from app.checking.figures import sent_values
from app.checking.outcome import Outcome
from app.checking.plan import Plan, prepare
from app.checking.questions import QuestionPlan
from app.checking.report import QuestionReport, Report, summarise
from app.checking.trial import Group
from app.checking.verdicts import graded, ungraded
from app.checking.watcher import UNWATCHED, Watcher

__all__ = ["Submission", "check", "check_many", "check_with"]

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
    drawn : Drawn, optional
        The learner's own data, where the assignment has them drawn; those of the file by default.
    """

    answers: Answers
    learner: str | None = None
    drawn: Drawn | None = None


def check(assignment: Assignment, answers: Answers, learner: str | None = None, drawn: Drawn | None = None) -> Report:
    """Grade one submission: a batch of one."""
    return check_many(assignment, [Submission(answers, learner, drawn)])[0]


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
    alike: dict[Drawn | None, list[int]] = defaultdict(list)
    for index, submission in enumerate(submissions):
        alike[submission.drawn].append(index)
    reports: dict[int, Report] = {}
    for drawn, indices in alike.items():
        found = check_with(prepare(assignment, drawn), [submissions[index] for index in indices], watcher, indices)
        reports.update(zip(indices, found, strict=True))
    return [reports[index] for index in range(len(submissions))]


def check_with(
    plan: Plan,
    submissions: Sequence[Submission],
    watcher: Watcher = UNWATCHED,
    numbers: Sequence[int] | None = None,
) -> list[Report]:
    """Grade submissions on the same data; see `check_many`. The watcher knows them by their `numbers`."""
    known = range(len(submissions)) if numbers is None else numbers
    return [
        report
        for start in range(0, len(submissions), _CHUNK)
        for report in _check_chunk(plan, submissions[start : start + _CHUNK], known[start : start + _CHUNK], watcher)
    ]


def _check_chunk(
    plan: Plan, submissions: Sequence[Submission], numbers: Sequence[int], watcher: Watcher
) -> list[Report]:
    """Grade question by question, each after those that it refers to; what nobody sent costs nothing."""

    def tell(question: str, index: int, error: Exception) -> None:
        watcher.failed(question, numbers[index], error)

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
    drawn = assignment.drawn
    return [summarise(assignment.version, report, drawn.name if drawn else None) for report in reports]


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
        form = tuple(
            (name, sent_values(fields[name], spec.fields[name]).shape) for name in spec.fields if name in fields
        )
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
