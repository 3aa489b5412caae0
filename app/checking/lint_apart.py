"""Mistakes that cannot be told apart from a right answer, or from each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import graders
from app.checking.finding import Finding, found
from app.checking.outcome import canonical
from app.checking.questions import Array, Candidate, QuestionPlan
from app.language import text

__all__ = ["as_sent", "confusable"]

_APART = 4.0  # tolerances between a slip and whatever else it could be taken for


def confusable(
    question: QuestionPlan, solved: Mapping[Candidate, graders.Target], slips: Sequence[Candidate]
) -> Iterator[Finding]:
    """Mistakes within four tolerances of a right answer, or of each other.

    Parameters
    ----------
    question : QuestionPlan
    solved : mapping of Candidate to Target
        What could be computed.
    slips : sequence of Candidate
        The mistakes among them, as declared.

    Yields
    ------
    Finding
    """
    id_ = question.question.id
    apart: list[Candidate] = []
    for slip in slips:
        near = [one.id for one in question.candidates if one in solved and _near(question, solved, slip, one)]
        if near:
            message = text(
                "The mistake {id} is within four tolerances of {other}: right answers could be taken for it. "
                "Change it or take it out.",
                id=slip.id,
                other=near[0],
            )
            yield found("like_truth", message, id_, "mistakes", slip.id, ids=(slip.id, near[0]))
        else:
            apart.append(slip)
    for one, other in combinations(apart, 2):
        if _near(question, solved, one, other):
            message = text(
                "The mistakes {id} and {other} are within four tolerances of each other on these data. Keep one.",
                id=one.id,
                other=other.id,
            )
            yield found("alike", message, id_, "mistakes", other.id, ids=(one.id, other.id))


def _near(
    question: QuestionPlan, solved: Mapping[Candidate, graders.Target], sent: Candidate, candidate: Candidate
) -> bool:
    """Whether some element brings what a candidate gives within four tolerances of another one, in any layout."""
    target = solved[candidate]
    wide = {name: tolerance.widened(_APART) for name, tolerance in target.tolerances.items()}
    loose = graders.Target(target.truths, wide, target.symmetry, target.moves)
    fields = question.question.fields
    answer = {name: as_sent(solved[sent].truths[name], fields[name].compared) for name in question.required}
    for layout in {tuple(one.layout(name) for name in question.required) for one in question.candidates}:
        written = {
            name: canonical(value, how) if how == "transposed" and value.shape[1] == value.shape[2] else value
            for (name, value), how in zip(answer.items(), layout, strict=True)
        }
        if all(one.correct[0] for one in loose.compare(written).fields.values()):
            return True
    return False


def as_sent(value: Array, shape: tuple[int, ...]) -> Array:
    """As many columns as are asked for, of a batch."""
    return value[(slice(None), *(slice(0, size) for size in shape))]
