"""Whether learners' own data can be drawn: names and shapes first, then draws as learners would get them."""

from __future__ import annotations

import difflib
import hashlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

import reference
from app.assignments import Assignment, Draw, Fault, Path, Variants
from app.assignments.faults import quoted
from app.assignments.references import look_up
from app.checking.drawing import NoDrawError, drawn_values, measured, tried
from app.checking.finding import Finding
from app.checking.plan import prepare
from app.errors import pointer
from app.language import Message, text

__all__ = ["ENOUGH", "GENERATOR_NAMES", "MOST", "Sampled", "draw_faults", "sampled"]

GENERATOR_NAMES = tuple(sorted(reference.GENERATORS))

ENOUGH = 4  # acceptable draws after which no more are looked at
MOST = 24  # draws that are looked at
_FEWEST = 2


@dataclass(frozen=True)
class Sampled:
    """What drawing showed: findings, and how many of the draws that were tried are acceptable."""

    findings: tuple[Finding, ...]
    tried: int = 0
    accepted: int = 0


def draw_faults(variants: Variants) -> Iterator[Fault]:
    """Find generators and options that do not exist.

    Parameters
    ----------
    variants : Variants

    Yields
    ------
    Fault
    """
    for number, one in enumerate(variants.draws):
        at: Path = ("variants", "draws", number)
        generator = reference.GENERATORS.get(one.generator)
        if generator is None:
            yield Fault("unknown_generator", (*at, "generator"), _unknown_generator(one.generator))
            continue
        takes = [
            name for name, what in inspect.signature(generator).parameters.items() if what.kind == what.KEYWORD_ONLY
        ]
        for name in one.options:
            if name not in takes:
                message = text(
                    "The generator {generator} takes no {name}; it takes {known}.",
                    generator=one.generator,
                    name=name,
                    known=", ".join(takes),
                )
                yield Fault("unknown_input", (*at, "options", name), message)


def _unknown_generator(name: str) -> Message:
    close = difflib.get_close_matches(name, reference.GENERATORS, n=3)
    if close:
        return text("There is no generator {name}. Did you mean {close}?", name=quoted(name), close=", ".join(close))
    known = ", ".join(sorted(reference.GENERATORS))
    return text("There is no generator {name}. There are: {known}.", name=quoted(name), known=known)


def sampled(assignment: Assignment) -> Sampled:
    """Draw data as learners would get them, and find what is wrong with that.

    Parameters
    ----------
    assignment : Assignment
        With nothing else to find; its draws name generators and options that exist.

    Returns
    -------
    Sampled
    """
    if assignment.variants is None:
        return Sampled(())
    unfit = [
        finding
        for number, one in enumerate(assignment.variants.draws)
        for finding in _unfit(assignment, one, ("variants", "draws", number))
    ]
    unfit = unfit or list(_unmeasured(assignment, assignment.variants))
    return Sampled(tuple(unfit)) if unfit else _tried(assignment, assignment.variants)


def _unfit(assignment: Assignment, one: Draw, at: Path) -> Iterator[Finding]:
    """What a generator does not give, or not of the shape of the file's example."""
    try:
        values = drawn_values(one, np.random.default_rng(0))
    except AttributeError as error:
        message = text(
            "The generator {generator} gives no {name}.", generator=one.generator, name=quoted(str(error.name))
        )
        yield _found("unknown_output", message, (*at, "gives"))
        return
    except Exception as error:  # noqa: BLE001 - whatever a generator says to its options
        yield _found("undrawable", text("This cannot be drawn: {what}", what=str(error)), (*at, "options"))
        return
    for name, value in values.items():
        shape, example = _shape(value), _shape(look_up(assignment.data, name))
        if shape != example:
            message = text(
                "What is drawn for {name} has the shape {drawn}, and its example in the data {example}. Make them "
                "alike.",
                name=name,
                drawn=str(shape),
                example=str(example),
            )
            yield _found("shape", message, (*at, "gives", name))


def _shape(value: object) -> tuple[int, ...] | None:
    try:
        return np.asarray(value).shape
    except ValueError:  # ragged
        return None


def _unmeasured(assignment: Assignment, variants: Variants) -> Iterator[Finding]:
    """Conditions that cannot be computed on the file's own data."""
    plan = prepare(assignment)
    for number, condition in enumerate(variants.conditions):
        try:
            measured(plan, condition)
        except Exception as error:  # noqa: BLE001 - whatever stands in the way
            message = text("This condition cannot be computed: {what}", what=str(error))
            yield _found("unmeasurable", message, ("variants", "conditions", number))


def _tried(assignment: Assignment, variants: Variants) -> Sampled:
    """Try draws from a seed that everybody knows."""
    refused = NoDrawError(0)
    accepted = 0
    for _, reason in tried(assignment, hashlib.sha256(variants.digest.encode()).digest(), MOST):
        refused.tried += 1
        if reason is None:
            accepted += 1
        else:
            refused.add(reason)
        if accepted == ENOUGH:
            break
    if accepted >= _FEWEST:
        return Sampled((), refused.tried, accepted)
    message = text(
        "Of {tried} draws {accepted} are acceptable: too few to find data for every learner. Most often {reason}. "
        "Change the draws, or ease the conditions.",
        tried=refused.tried,
        accepted=accepted,
        reason=refused.most_often,
    )
    return Sampled((_found("undrawable", message, ("variants", "draws")),), refused.tried, accepted)


def _found(code: str, message: Message, path: Path) -> Finding:
    return Finding(code, message, pointer(*path), path=path)
