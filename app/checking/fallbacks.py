"""What is tried last: ill-determined eigenvectors, other stationary points of EM, and fewer digits than asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

import graders
from app.answers import FieldAnswer
from app.assignments import StationaryPoint
from app.checking.outcome import Offer, Shortfall
from app.checking.questions import EIGENPAIRS, Array, Candidate
from app.checking.trial import Trial, applicable
from reference.errors import SolverError

__all__ = ["try_eigenpairs", "try_short_of_digits", "try_stationary"]

_TWINS = 0.05  # nats that merging two components has to cost


def try_eigenpairs(trial: Trial, index: int) -> None:
    """Try whether ill-determined eigenvectors span the right spaces and satisfy their equation."""
    near = trial.plan.near_equal(trial.question)
    if near is None or near.vectors not in trial.group.names:
        return
    rows = np.array([index])
    for plain, names in applicable(trial.question, trial.question.candidates, trial.form):
        if near.vectors not in names or (plain.convention is not None and plain.convention.options):
            continue
        answer = trial.answer(plain, names, rows)
        comparison = near.target.compare(answer)
        if not comparison.fields[near.vectors].correct[0]:
            continue
        vectors = answer[near.vectors]
        values = np.sum(vectors * (near.matrix @ vectors), axis=1) / np.sum(vectors**2, axis=1)
        certificate = graders.certify_eigenpairs(near.matrix, values, vectors, tolerance=near.tolerance)
        if certificate.correct[0]:
            candidate = Candidate(EIGENPAIRS, "property", convention=plain.convention)
            trial.offer(rows, Offer(candidate, near.target, comparison, trial.weights(candidate)))


def try_stationary(trial: Trial, point: StationaryPoint, index: int) -> None:
    """Try whether the answer is another stationary point of EM."""
    required = trial.question.required
    if not set(required) <= set(trial.group.names):
        return
    sent = {name: trial.stacked[name][index] for name in required}
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(sent[point.weights].sum())
    tolerance = trial.question.tolerances[point.weights]
    if not (np.isfinite(total) and total > 0 and (sent[point.weights] >= 0).all()):
        return
    start = {**sent, point.weights: sent[point.weights] / total}
    if not tolerance.accepts(sent[point.weights], start[point.weights]).all():
        return
    after = _step(trial, point, start)
    if after is None:
        return
    likelihood = after.pop("log_likelihood")
    found = graders.stationarity(
        start,
        after,
        trial.question.tolerances,
        weights=point.weights,
        variances=point.variances,
        floor=point.floor,
        log_likelihood=float(likelihood),
    )
    if not found.holds or _has_twins(trial, point, start, float(likelihood)):
        return
    truths = {name: value[None] for name, value in after.items()}
    room = {name: 2.0 * trial.question.tolerances[name].nominal(value) + 0.0 * value for name, value in truths.items()}
    answer = {name: value[None] for name, value in sent.items()}
    if "log_likelihood" in trial.group.names:
        truths["log_likelihood"] = likelihood[None]
        answer["log_likelihood"] = trial.stacked["log_likelihood"][index : index + 1]
    target = graders.Target(truths, trial.question.tolerances, room=room)
    candidate = Candidate(point.id, "property", point.credit)
    offer = Offer(candidate, target, target.compare(answer), trial.weights(candidate))
    trial.offer(np.array([index]), offer)


def _has_twins(trial: Trial, point: StationaryPoint, start: Mapping[str, Array], likelihood: float) -> bool:
    """Whether two components may be merged into one at next to no loss of likelihood: then they are one component.

    Along the flat direction between two copies of a component EM hardly moves, however far apart they have drifted.
    """
    weights = start[point.weights]
    _, evaluate = trial.question.steps[point.id]
    for one in range(len(weights)):
        for other in range(one):
            share = weights[[other, one]] / max(float(weights[[other, one]].sum()), np.finfo(np.float64).tiny)
            merged = {name: value.copy() for name, value in start.items()}
            for name, value in merged.items():
                if name != point.weights:
                    value[other] = np.tensordot(share, start[name][[other, one]], axes=1)
            merged[point.weights][[other, one]] = weights[[other, one]].sum(), 0.0
            try:
                reached = vars(trial.plan.run(evaluate, fields=merged))["log_likelihood"]
            except SolverError:
                continue
            if float(reached) >= likelihood - _TWINS:
                return True
    return False


def _step(trial: Trial, point: StationaryPoint, start: Mapping[str, Array]) -> dict[str, Array] | None:
    """The parameters after one step of EM, and their log-likelihood; None where there is no step to take."""
    step, likelihood = trial.question.steps[point.id]
    try:
        record = trial.plan.run(step, fields=start)
        after = {name: np.asarray(getattr(record, name), dtype=float) for name in start}
        reached = trial.plan.run(likelihood, fields=after)
    except SolverError:
        return None
    return {**after, "log_likelihood": np.asarray(vars(reached)["log_likelihood"], dtype=float)}


def try_short_of_digits(trial: Trial, index: int) -> None:
    """Try whether the answer is the truth with fewer digits than asked; a mistake that matched goes first."""
    if _is_slip(trial, index):
        return
    answer = trial.group.answers[index]
    shown = {}
    for name in trial.group.names:
        field = answer[name]
        if name in trial.question.decimals and isinstance(field, FieldAnswer) and field.decimals:
            shown[name] = field.decimals
    rows = np.array([index])
    ways: list[tuple[Shortfall, Callable[..., graders.Comparison], dict[str, int]]] = [
        ("rounded", graders.compare_rounded, {n: d for n, d in shown.items() if d < trial.question.decimals[n]}),
        ("cut_off", graders.compare_cut_off, {n: d for n, d in shown.items() if d <= trial.question.decimals[n]}),
    ]
    for candidate, names in applicable(trial.question, trial.question.candidates, trial.form):
        precise = trial.found(candidate, index)
        target = trial.plan.target(trial.question.question.id, candidate)
        sent = trial.answer(candidate, names, rows)
        for shortfall, compare, short in ways:
            coarse = {
                name: short[name]
                for name in names
                if name in short
                and not precise[name].correct[0]
                and _in_reach(trial, precise[name], sent[name], target.truths[name], short[name])
            }
            if not coarse:
                continue
            comparison = compare(target, sent, coarse, trial.imposed(candidate, rows))
            under = target.compare(sent, comparison.element).fields
            coarse = {name: shown for name, shown in coarse.items() if not under[name].correct[0]}
            weights = {
                name: trial.question.rounded if name in coarse else 1.0 for name in trial.question.question.fields
            }
            trial.offer(rows, Offer(candidate, target, comparison, weights, shown=coarse, shortfall=shortfall))


def _is_slip(trial: Trial, index: int) -> bool:
    """Whether the best offer so far is a mistake that explains every field that it changes."""
    offer, row = trial.offers[trial.choice.candidate[index]], int(trial.choice.row[index])
    if offer.candidate.mistake is None:
        return False
    changed = trial.plan.changed(trial.question, offer.candidate.mistake) & set(trial.question.required)
    return all(offer.comparison.fields[name].correct[row] for name in changed if name in offer.comparison.fields)


def _in_reach(trial: Trial, found: graders.FieldComparison, sent: Array, truth: Array, decimals: int) -> bool:
    """Whether an answer may be the truth with so few decimals, by what costs little to see.

    Where some element brings every entry within a unit, the least-squares one leaves no more than that times the root
    of the number of entries. Of components in any order it is the sorted rows that have to be within a unit: which
    order was found says little, since it was sought in units of the tolerance.
    """
    unit = 10.0**-decimals
    if trial.question.group != "relabelling" or found.column.axes == ():
        return bool(found.largest[0] <= 2.0 * unit * np.sqrt(truth.size))
    if len(found.column.axes) != 1 or np.iscomplexobj(sent):  # complex numbers have no order that rounding keeps
        return True
    ours, theirs = (np.sort(found.column.write(array), axis=2) for array in (truth, sent))
    return bool(np.abs(ours - theirs).max() <= 2.0 * unit)
