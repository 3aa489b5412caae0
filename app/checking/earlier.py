"""What later questions take from a learner's own earlier answers: an earlier slip costs once, and cannot be gamed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

import graders
from app.answers import FieldAnswer
from app.checking.outcome import Inputs, Outcome
from app.checking.plan import Plan
from app.checking.questions import Array, Candidate, OwnValues, QuestionPlan

__all__ = ["OwnInputs", "own_inputs", "shares_frame"]

_FEW = 0.1  # the share of its entries in which an unexplained earlier answer may differ from the truth
_NEGLIGIBLE = 1e-12

Values = Mapping[tuple[str, str], Array]


@dataclass(frozen=True, eq=False)
class OwnInputs:
    """A learner's own earlier answers as the inputs of a later question.

    Parameters
    ----------
    values : OwnValues
        In the declared layout, and in the frame of what they were matched with.
    element : ndarray of shape (1, ...) or None
        What leads from that frame to the learner's own; None where they are in it already.
    rounding : mapping of (question, field) to float
        Half a unit of the last digit sent, of the fields that matched nothing.
    capped : bool
        Whether what follows from them earns half at most.
    taken : {"as sent", "as matched"}
        The digits as sent, or in full precision what they were matched with.
    """

    values: OwnValues
    element: Array | None
    rounding: Mapping[tuple[str, str], float]
    capped: bool
    taken: Inputs


def own_inputs(plan: Plan, question: QuestionPlan, outcomes: Mapping[str, Outcome]) -> Iterator[OwnInputs]:
    """Give every way in which the earlier answers may be carried on.

    Parameters
    ----------
    plan : Plan
    question : QuestionPlan
        The later question.
    outcomes : mapping of str to Outcome
        The same learner's answers that were graded before, by question.

    Yields
    ------
    OwnInputs
        First the digits as sent (in each layout in which an answer that matched nothing may be meant), then in full
        precision what was matched. Nothing where no earlier question was answered with all its fields, where an
        answer is not of the structure that its field declares, or where it is the truth itself.
    """
    fields: dict[str, list[str]] = defaultdict(list)
    for earlier, name in question.followed:
        fields[earlier].append(name)
    answered = {
        earlier: outcomes[earlier]
        for earlier, names in fields.items()
        if earlier in outcomes and all(name in outcomes[earlier].answer for name in names)
    }
    if not answered:
        return
    capped = any(_is_capped(plan, outcome, fields[earlier]) for earlier, outcome in answered.items())
    frames = {earlier: outcome.frame for earlier, outcome in answered.items() if outcome.earned}
    linked = next((one for earlier, one in answered.items() if _root(plan.questions[earlier]) == _root(question)), None)
    element = None if linked is None or linked.frame is None else linked.element
    variants: list[dict[tuple[str, str], Array]] = [{}]
    for earlier, outcome in answered.items():
        carried = list(_carried(plan, outcome, fields[earlier]))
        variants = [known | new for known in variants for new in carried]
    rounding = {
        (earlier, name): half
        for earlier, outcome in answered.items()
        for name in fields[earlier]
        if not outcome.right(name) and (half := _half_unit(outcome, name)) > _NEGLIGIBLE
    }
    exact = {
        (earlier, name): matched
        for earlier, outcome in answered.items()
        for name in fields[earlier]
        if (matched := _matched_value(outcome, name)) is not None
    }
    shown = None if element is None else element[None]
    for values in variants:
        if not _is_truth(plan, values):
            yield OwnInputs(OwnValues(values, frames), shown, rounding, capped, "as sent")
    for values in variants[:1]:
        full = values | exact
        if exact and not _is_truth(plan, full) and not _same(full, values):
            yield OwnInputs(OwnValues(full, frames), shown, {}, capped, "as matched")


def shares_frame(plan: Plan, question: QuestionPlan) -> bool:
    """Whether what is computed from the earlier answers has their signs, order or labels already."""
    root = _root(question)
    return root is not None and any(_root(plan.questions[earlier]) == root for earlier, _ in question.followed)


def _root(question: QuestionPlan) -> str | None:
    symmetry = question.question.symmetry
    return None if symmetry is None else symmetry.same_as or question.question.id


def _layouts(outcome: Outcome, names: list[str]) -> list[Candidate]:
    """The layouts in which the earlier answer may be meant: the one that matched, or every one that fits."""
    if outcome.earned:
        return [outcome.offer.candidate]
    fitting: dict[tuple[str | None, ...], Candidate] = {}
    for candidate in outcome.question.candidates:
        shapes = {name: outcome.sent(name).shape for name in names}
        if all(outcome.question.fits(candidate, name, shape) for name, shape in shapes.items()):
            fitting.setdefault(tuple(candidate.layout(name) for name in names), candidate)
    return list(fitting.values())


def _carried(plan: Plan, outcome: Outcome, names: list[str]) -> Iterator[dict[tuple[str, str], Array]]:
    """The earlier answer in each layout, where it is of the structure that its fields declare."""
    for layout in _layouts(outcome, names):
        values = {name: outcome.canonical(name, layout.layout(name))[0] for name in names}
        if all(_is_sound(plan, outcome, name, value) for name, value in values.items()):
            yield {
                (outcome.question.question.id, name): _in_frame(outcome, name, value) for name, value in values.items()
            }


def _in_frame(outcome: Outcome, name: str, value: Array) -> Array:
    """Undo the element by which the answer was matched."""
    symmetry, element = outcome.offer.comparison.symmetry, outcome.element
    if outcome.frame is None or element is None or name not in outcome.question.moves:
        return value
    back = symmetry.inverse(element[None])
    alone = graders.Target({name: value[None]}, outcome.question.tolerances, symmetry, outcome.question.moves)
    return value if back is None else np.asarray(alone.under(back, name)[0])


def _is_sound(plan: Plan, outcome: Outcome, name: str, value: Array) -> bool:
    """Whether an answer is of the structure that its field declares; labels are as many as the field has."""
    spec = outcome.question.question.fields[name]
    if outcome.right(name) and outcome.offer.candidate.kind in ("truth", "convention"):
        return True
    if spec.kind == "labels":
        return bool((value.sum(axis=1) == 1).all() and value.any(axis=0).all())
    if spec.structure is None:
        return True
    tolerance = outcome.question.tolerances[name]
    rounding = 0.0 if tolerance == graders.EXACT else max(_unknown(outcome, name), tolerance.atol)
    truth = plan.target(outcome.question.question.id, outcome.question.candidates[0]).truths[name][0]
    wanted = truth[tuple(slice(0, size) for size in spec.compared)]
    with np.errstate(all="ignore"):
        return graders.STRUCTURES[spec.structure](value, rounding, wanted)


def _unknown(outcome: Outcome, name: str) -> float:
    """What rounding may have done to an entry: half a unit, and of what was matched no more than it was matched to.

    An answer whose figures end early, such as 0.2 and 0.3, shows a single decimal although it was not rounded.
    """
    half = _half_unit(outcome, name)
    if not half or not outcome.right(name):
        return half
    return min(half, float(np.max(outcome.offer.comparison.fields[name].allowed[outcome.row])))


def _half_unit(outcome: Outcome, name: str) -> float:
    """Half a unit of the last digit that a field shows; nothing for whole numbers and what else is exact."""
    answer = outcome.answer[name]
    if outcome.question.tolerances[name] == graders.EXACT or not isinstance(answer, FieldAnswer):
        return 0.0
    whole = np.array_equal(answer.values, np.rint(answer.values))  # as Python prints them, 1.0 shows a decimal
    return 0.0 if whole or not answer.decimals else 0.5 * 10.0**-answer.decimals


def _is_capped(plan: Plan, outcome: Outcome, names: list[str]) -> bool:
    """Whether the first wrong answer of the chain is neither a known mistake nor nearly right."""
    if all(outcome.right(name) for name in names):
        return outcome.offer.capped
    return _share_wrong(plan, outcome, names) > _FEW


def _share_wrong(plan: Plan, outcome: Outcome, names: list[str]) -> float:
    """The share of the entries, in the declared layout, in which an answer differs from the truth it is nearest to."""
    shares = []
    for layout in _layouts(outcome, names):
        candidate = layout if layout.kind in ("truth", "convention") else outcome.question.candidates[0]
        if candidate is outcome.offer.candidate:
            compared, row = outcome.offer.comparison.fields, outcome.row
        else:
            target, row = plan.target(outcome.question.question.id, candidate), 0
            answer = {name: outcome.canonical(name, layout.layout(name)) for name in names}
            compared = target.compare(answer).fields
        found = [compared[name] for name in names if name in compared]
        wrong = sum(int(np.sum(~(one.errors[row] <= one.allowed[row]))) for one in found if not one.correct[row])
        shares.append(wrong / sum(one.errors[row].size for one in found) if len(found) == len(names) else 1.0)
    return min(shares, default=1.0)


def _matched_value(outcome: Outcome, name: str) -> Array | None:
    """What a field was matched with, in full precision and in the learner's own frame; None where it was not."""
    offer = outcome.offer
    if not outcome.right(name) or offer.candidate.kind == "property":
        return None
    shape = outcome.question.question.fields[name].compared
    return np.asarray(offer.target.truths[name][0][tuple(slice(0, size) for size in shape)])


def _is_truth(plan: Plan, values: Values) -> bool:
    """Whether every value is the truth to the last digit, in the truth's own frame."""
    return all(
        np.array_equal(value, plan.target(earlier, plan.questions[earlier].candidates[0]).truths[name][0])
        for (earlier, name), value in values.items()
    )


def _same(one: Values, other: Values) -> bool:
    return all(np.array_equal(value, other[key]) for key, value in one.items())
