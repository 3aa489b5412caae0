"""What an assignment's author has to know before a student sees it, found by solving and grading it on its own data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

import graders
from app.assignments import Assignment, FieldSpec
from app.checking.finding import Finding, found, numbered
from app.checking.lint_apart import confusable
from app.checking.lint_conditioning import ill_conditioned
from app.checking.lint_grading import Earned, grading_findings
from app.checking.lint_work import MAX_STEPS
from app.checking.plan import Plan, prepare
from app.checking.questions import Candidate, QuestionPlan
from app.language import Message, text
from reference.errors import NotConvergedError, SolverError

__all__ = ["Finding", "Looked", "findings", "first_finding", "look", "look_at"]


@dataclass(frozen=True)
class Looked:
    """What solving and grading an assignment showed.

    Parameters
    ----------
    findings : tuple of Finding
        Questions and mistakes in their pointers go by id.
    earned : tuple of Earned
        What each mistake earns.
    looked_at : tuple of str
        The questions that could be solved.
    """

    findings: tuple[Finding, ...]
    earned: tuple[Earned, ...]
    looked_at: tuple[str, ...]


def findings(assignment: Assignment) -> list[Finding]:
    """Look for what would make verdicts wrong, on the assignment's own data.

    Parameters
    ----------
    assignment : Assignment

    Returns
    -------
    list of Finding
        In the order of the questions; empty where all is well.
    """
    document = {
        "questions": [
            {
                "id": question.id,
                "mistakes": [{"id": one.id} for one in question.mistakes],
                "conventions": [{"id": one.id} for one in question.conventions],
            }
            for question in assignment.questions
        ]
    }
    place = {question.id: index for index, question in enumerate(assignment.questions)}
    seen = sorted(look(assignment).findings, key=lambda one: place[one.question or ""])
    return [numbered(one, document) for one in seen]


def look(assignment: Assignment) -> Looked:
    """Solve every question, compare what it declares, and grade what students might send.

    Parameters
    ----------
    assignment : Assignment

    Returns
    -------
    Looked
        What depends on a truth that cannot be computed is passed over.
    """
    return look_at(prepare(assignment))


def look_at(plan: Plan) -> Looked:
    """The same of an assignment that is prepared, on one learner's data perhaps."""
    with np.errstate(all="ignore"):
        solved: list[str] = []
        seen = list(_compared(plan, solved))
        broken = {one.question for one in seen if one.code in ("unsolvable", "incomparable")}
        known = {(one.question or "", id_) for one in seen for id_ in one.ids}
        graded = grading_findings(plan, [id_ for id_ in solved if id_ not in broken], known)
        return Looked((*seen, *graded.findings), graded.earned, tuple(solved))


def first_finding(plan: Plan) -> Finding | None:
    """The first finding, looked for no further; None where all is well."""
    with np.errstate(all="ignore"):
        solved: list[str] = []
        for finding in _compared(plan, solved):
            return finding
        return next(iter(grading_findings(plan, solved, ()).findings), None)


def _compared(plan: Plan, solved: list[str]) -> Iterator[Finding]:
    """Solve question by question, and compare what each declares; notes those that could be solved."""
    failed: set[str] = set()
    for question_id in plan.assignment.order:
        question = plan.questions[question_id]
        if question.question.manual:
            continue
        if failed & set(question.question.references):
            failed.add(question_id)
            continue
        one = _unsolvable(plan, question)
        if one is not None:
            failed.add(question_id)
            yield one
            continue
        solved.append(question_id)
        yield from _look(plan, question)


def _unsolvable(plan: Plan, question: QuestionPlan) -> Finding | None:
    """Why the truth cannot be computed; None where it can."""
    id_ = question.question.id
    try:
        plan.target(id_, question.candidates[0])
    except Exception as error:  # noqa: BLE001 - whatever a solver says to the author's inputs
        unfitting = None if isinstance(error, SolverError) else _unfitting(plan, question)
        if unfitting is not None:
            return unfitting
        message = _uncomputed("truth", error)
        return found("unsolvable", message, id_, "truth", ids=("truth",))
    return None


def _uncomputed(id_: str, error: Exception) -> Message:
    if isinstance(error, NotConvergedError):
        return text(
            "{id} does not converge in {limit} steps, the most that are allowed. Start nearer to the solution, or stop "
            "earlier with a larger tol.",
            id=id_,
            limit=MAX_STEPS,
        )
    return text("{id} cannot be computed: {what}", id=id_, what=str(error))


def _unfitting(plan: Plan, question: QuestionPlan) -> Finding | None:
    """The first field whose shape is not what the solver gives."""
    try:
        record = plan.run(question.node(None))
    except Exception:  # noqa: BLE001 - it is said already
        return None
    for name, spec in question.question.fields.items():
        given = np.asarray(getattr(record, spec.output or name, None)).shape
        if not _fits(given, spec):
            message = text(
                "The solver gives {field} the shape {given}, and {declared} is declared. Correct the shape.",
                field=name,
                given=str(given),
                declared=str(spec.shape),
            )
            return found("shape", message, question.question.id, "fields", name, "shape", ids=(name,))
    return None


def _fits(given: tuple[int, ...], spec: FieldSpec) -> bool:
    moved = spec.moves.axes if spec.moves else ()
    return len(given) == len(spec.shape) and all(
        have >= want if axis in moved else have == want
        for axis, (have, want) in enumerate(zip(given, spec.shape, strict=True))
    )


def _look(plan: Plan, question: QuestionPlan) -> Iterator[Finding]:
    id_ = question.question.id
    solved: dict[Candidate, graders.Target] = {}
    plain = [one for one in question.mistakes if one.convention is None]
    for candidate in (*question.candidates, *plain):
        try:
            solved[candidate] = plan.target(id_, candidate)
        except Exception as error:  # noqa: BLE001 - whatever a solver says to the author's inputs
            message = _uncomputed(candidate.id, error)
            part = "mistakes" if candidate.mistake else "conventions"
            yield found("unsolvable", message, id_, part, candidate.id, ids=(candidate.id,))
    try:
        yield from confusable(question, solved, [one for one in plain if one in solved])
        yield from ill_conditioned(plan, question)
    except Exception as error:  # noqa: BLE001 - a comparison that the declared symmetry does not allow
        message = text("This question cannot be compared: {what}", what=str(error))
        yield found("incomparable", message, id_)
