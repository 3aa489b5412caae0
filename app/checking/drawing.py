"""Draw one learner's data: until a draw is found on which every question is as well posed as on anybody else's."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import reference
from app.assignments import Assignment, Condition, Draw, Drawn
from app.checking.findings import first_finding
from app.checking.lint_work import with_fewer_steps
from app.checking.plan import Plan, prepare
from app.checking.questions import Array
from app.language import Message, text

__all__ = ["NoDrawError", "draw", "drawn_values", "measured", "seed_of", "tried"]


@dataclass
class NoDrawError(Exception):
    """None of the draws that were tried is acceptable.

    Parameters
    ----------
    tried : int
    reasons : Counter
        How often each reason came up, as text in English.
    messages : mapping of str to Message
        The reasons themselves.
    """

    tried: int
    reasons: Counter[str] = field(default_factory=Counter)
    messages: dict[str, Message] = field(default_factory=dict)

    def add(self, reason: Message) -> None:
        """Count a reason."""
        self.reasons[str(reason)] += 1
        self.messages.setdefault(str(reason), reason)

    @property
    def most_often(self) -> Message:
        """The reason that came up most often."""
        return self.messages[self.reasons.most_common(1)[0][0]]

    def __str__(self) -> str:
        return f"none of {self.tried} draws is acceptable; most often: {self.most_often}"


def seed_of(secret: bytes, course: str, assignment: str, learner: str) -> bytes:
    """What one learner's data are drawn from: nobody without the secret can work it out.

    Returns
    -------
    bytes
        32 of them.
    """
    named = "\0".join(("variant", course, assignment, learner))
    return hmac.new(secret, named.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def draw(assignment: Assignment, seed: bytes) -> Drawn:
    """Draw the data of one learner.

    Parameters
    ----------
    assignment : Assignment
        With variants.
    seed : bytes
        The same seed gives the same data.

    Returns
    -------
    Drawn
        The first draw on which every condition holds and nothing is found that would make verdicts wrong.

    Raises
    ------
    NoDrawError
        Where none is, among as many as the assignment allows.
    LookupError
        Where the assignment has no variants.
    """
    if assignment.variants is None:
        raise LookupError("the assignment has no variants")
    refused = NoDrawError(assignment.variants.tries)
    for drawn, reason in tried(assignment, seed, assignment.variants.tries):
        if reason is None:
            return drawn
        refused.add(reason)
    raise refused


def tried(assignment: Assignment, seed: bytes, most: int) -> Iterator[tuple[Drawn, Message | None]]:
    """Draw one time after the other.

    Parameters
    ----------
    assignment : Assignment
        With variants.
    seed : bytes
    most : int
        How often.

    Yields
    ------
    tuple of Drawn and Message or None
        What was drawn, and why it is not acceptable; None where it is.
    """
    if assignment.variants is None:
        raise LookupError("the assignment has no variants")
    plan = prepare(with_fewer_steps(assignment))
    for number in range(most):
        drawn = Drawn.of(_draw_all(assignment.variants.draws, seed, number))
        yield drawn, _refusal(plan.on(drawn), assignment.variants.conditions)


def _draw_all(draws: tuple[Draw, ...], seed: bytes, number: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for place, one in enumerate(draws):
        stream = np.random.SeedSequence(int.from_bytes(seed, "big"), spawn_key=(number, place))
        values |= drawn_values(one, np.random.Generator(np.random.PCG64(stream)))
    return values


def drawn_values(one: Draw, rng: np.random.Generator) -> dict[str, Any]:
    """Run one generator.

    Parameters
    ----------
    one : Draw
    rng : numpy.random.Generator

    Returns
    -------
    dict
        What it gives, by data name, as plain numbers and lists of them.

    Raises
    ------
    Exception
        Whatever the generator says to its options; KeyError and AttributeError for names that do not exist.
    """
    record = reference.GENERATORS[one.generator](rng, **one.options)
    return {name: np.asarray(getattr(record, attribute)).tolist() for name, attribute in one.gives.items()}


def _refusal(plan: Plan, conditions: tuple[Condition, ...]) -> Message | None:
    """Why these data are not acceptable; None where they are."""
    with np.errstate(all="ignore"):
        for condition in conditions:
            try:
                value = measured(plan, condition)
            except Exception as error:  # noqa: BLE001 - whatever a solver says to data that fit it badly
                return text(
                    "question {question} cannot be solved: {what}", question=condition.question, what=str(error)
                )
            if not _within(value, condition):
                return text(
                    "the {measure} of {output} in question {question} is out of bounds",
                    measure=condition.measure,
                    output=condition.output,
                    question=condition.question,
                )
    finding = first_finding(plan)
    if finding is None:
        return None
    return text("question {question}: {what}", question=finding.question, what=finding.message)


def _within(value: float, condition: Condition) -> bool:
    least = -np.inf if condition.at_least is None else condition.at_least
    most = np.inf if condition.at_most is None else condition.at_most
    return bool(least <= value <= most)


def measured(plan: Plan, condition: Condition) -> float:
    """The number that a condition is about, on a plan's data.

    Raises
    ------
    Exception
        Whatever the solver raises; AttributeError where its record has no such output; ValueError where there are
        too few values.
    """
    record = plan.run(plan.questions[condition.question].node(None))
    values = np.asarray(getattr(record, condition.output)).ravel()
    if condition.measure in ("gap", "relative_gap"):
        gap = _gap(values, condition.between)
        return gap if condition.measure == "gap" else gap / float(np.abs(values).max())
    if values.size == 0:
        raise ValueError(f"{condition.output} is empty")
    taken = (
        np.abs(values) if condition.measure in ("smallest_magnitude", "largest_magnitude", "spread") else values.real
    )
    if condition.measure == "spread":
        return float(taken.max() / taken.min())
    return float(taken.min() if condition.measure.startswith("smallest") else taken.max())


def _gap(values: Array, between: tuple[int, ...] | None) -> float:
    ordered = np.sort(values)
    if ordered.size < (2 if between is None else between[1]):
        raise ValueError(f"{ordered.size} values have no such gap")
    if between is not None:
        return float(np.abs(ordered[between[1] - 1] - ordered[between[0] - 1]))
    return float(np.abs(np.diff(ordered)).min())
