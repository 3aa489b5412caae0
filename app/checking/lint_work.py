"""How much solving an assignment may take at most, before anything is solved."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.assignments import Assignment, Fault, Input, Node, Question, Values
from app.assignments.references import Entry, look_up
from app.checking.lint_conditioning import SHAKES
from app.checking.lint_names import signature
from app.language import text

__all__ = ["MAX_STEPS", "MAX_WORK", "with_fewer_steps", "work_faults"]

MAX_WORK = 3e9  # operations of about 10 ns, where everything takes as long as it may; homework 3 has a fifth of it
MAX_STEPS = 500  # that an iteration may take while an assignment is checked
_DRAWN = 4.0  # how much less each solution may take where it is solved on several draws
_STEP = 30_000  # what one step of an iteration costs at least, in calls of NumPy
_GRADED = 6  # how often a truth is solved again when samples are graded
_FAST = 0.1  # a multiplication inside a matrix product or a decomposition
_TURNED = 400.0  # linear systems solved to refine orthogonal elements, over all samples
_ORTHOGONAL = frozenset({"rotation", "eigenbasis", "signed_order"})


def work_faults(data: Mapping[str, Any], entries: Sequence[Entry], *, drawn: bool = False) -> Iterator[Fault]:
    """Refuse an assignment that may take too long.

    Parameters
    ----------
    data : mapping
        The assignment's.
    entries : sequence of Entry
        Its questions.
    drawn : bool, optional
        Whether it is solved on several draws.

    Yields
    ------
    Fault
        At most one, at the most costly question.
    """
    questions = {entry.id: entry.question for entry in reversed(entries) if entry.question and entry.question.truth}
    work = {entry.index: _work(entry.question, data, questions) for entry in entries if entry.question is not None}
    total = sum(work.values())
    limit = MAX_WORK / _DRAWN if drawn else MAX_WORK
    if total > limit:
        message = text(
            "Checking this assignment may take {work} operations, and {limit} are allowed; this question takes "
            "most of them. Give smaller data, ask for fewer columns, or declare fewer mistakes.",
            work=f"{total:.1e}",
            limit=f"{limit:.1g}",
        )
        yield Fault("too_large", ("questions", max(work, key=lambda index: work[index])), message)


def _work(question: Question, data: Mapping[str, Any], questions: Mapping[str | None, Question | None]) -> float:
    """What solving one question as often as it has to be may cost at most."""
    if question.truth is None:
        return 0.0
    shapes = [_shape(str(path[-1]), source, data) for path, source in question.placed_sources.items()]
    shapes += [spec.compared for spec in question.fields.values()]
    for name in question.references:
        other = questions.get(name)
        shapes += [spec.compared for spec in other.fields.values()] if other else []
    longest = max((size for shape in shapes for size in shape), default=1)
    entries = sum(math.prod(shape) for shape in shapes)
    slips = len(question.mistakes)
    solves = 1 + len(question.conventions) + slips + len(question.truth.inputs) + SHAKES + _GRADED
    once = _FAST * float(longest) ** 3 + _steps(question) * (_STEP + 10.0 * entries)
    compared = (slips**2 + 10 * slips + 30) * (len(question.conventions) + 1) * (50.0 * entries + 5_000.0)
    return solves * once + compared + _turned(question)


def _turned(question: Question) -> float:
    """What refining orthogonal elements may cost: linear systems of as many unknowns as a rotation has angles."""
    if question.symmetry is None or (question.symmetry.group or "rotation") not in _ORTHOGONAL:
        return 0.0
    moved = [(spec.compared, spec.moved.axes[0]) for spec in question.fields.values() if spec.moved]
    width = max(shape[axis] for shape, axis in moved)
    return _FAST * _TURNED * (width * (width - 1) / 2.0) ** 2 * sum(math.prod(shape) for shape, _ in moved)


def _steps(question: Question) -> int:
    """The most steps that an iteration may take; 0 where nothing iterates."""
    most = 0
    truth = question.truth.options if question.truth else {}
    options = [truth, *(truth | one.options for one in question.conventions)]
    options += [truth | one.options for one in question.mistakes]
    for solver in question.solvers:
        known = signature(solver)
        if known is not None and "max_iter" in known.defaults:
            given = [one.get("max_iter", known.defaults["max_iter"]) for one in options]
            most = max([most, *(one for one in given if isinstance(one, int))])
    return min(most, MAX_STEPS)


def with_fewer_steps(assignment: Assignment) -> Assignment:
    """Let iterations end after `MAX_STEPS`: what converges in fewer converges to the same.

    Parameters
    ----------
    assignment : Assignment

    Returns
    -------
    Assignment
        Under another version, so that it is prepared by itself.
    """
    questions = [
        question if question.truth is None else _hurried(question, question.truth) for question in assignment.questions
    ]
    said = {name: getattr(assignment, name) for name in Assignment.model_fields} | {"questions": tuple(questions)}
    return Assignment(**said).stamped(f"{assignment.version}~")


def _hurried(question: Question, truth: Node | Values) -> Question:
    slips = [one.model_copy(update={"options": _fewer(one.solver or "", one.options)}) for one in question.mistakes]
    if isinstance(truth, Node):
        truth = truth.model_copy(update={"options": _fewer(truth.solver, truth.options)})
    return question.model_copy(update={"truth": truth, "mistakes": tuple(slips)})


def _fewer(solver: str, options: Mapping[str, Any]) -> dict[str, Any]:
    known = signature(solver)
    least = {"max_iter": MAX_STEPS} if known is not None and "max_iter" in known.defaults else {}
    given = {name: min(value, MAX_STEPS) if name == "max_iter" else value for name, value in options.items()}
    return least | given


def _shape(name: str, source: Input, data: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of an input; of a number of things (n_vertices), that many."""
    try:
        value = source.value if source.data is None else look_up(data, source.data)
    except KeyError:
        return ()
    if name.startswith("n_") and isinstance(value, int) and value > 0:
        return (min(value, 1_000_000),)
    return _nested(value)


def _nested(value: object) -> tuple[int, ...]:
    """The shape of nested lists; whether they are ragged is the solver's to say."""
    if not isinstance(value, list) or not value:
        return ()
    return (len(value), *_nested(value[0]))
