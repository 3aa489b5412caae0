"""Try candidates on a learner's own earlier answers, so that one slip costs once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

import graders
from app.checking.earlier import OwnInputs, own_inputs, shares_frame
from app.checking.outcome import Offer
from app.checking.questions import Array, Candidate, OwnValues
from app.checking.trial import Trial, Try, applicable
from reference.errors import SolverError

__all__ = ["follow"]

_NOTHING = 20.0  # tolerances: an array with no larger entry takes no computation to be right about
_FARTHEST = 0.1  # of the largest entry: what a tolerance may grow to where no mistake is near
_BARRIER = 0.2  # the share of the distance to the nearest mistake that a tolerance may grow to


def follow(trial: Trial, candidates: Sequence[Candidate]) -> None:
    """Try candidates on the learner's own earlier answers, learner by learner."""
    for index in trial.open_for(candidates[0]).tolist():
        for number, own in enumerate(_carried(trial, index)):
            tries = []
            for candidate, names in applicable(trial.question, candidates, trial.form):
                if candidate.mistake is None or _uses(trial, candidate, own):
                    target = _target(trial, index, number, candidate)
                    if target is not None:
                        imposed = _imposed(trial, index, own, target)
                        tries.append(Try(candidate, tuple(names), target, imposed))
            for one, comparison in trial.compared(tries, index, own.values):
                offer = Offer(
                    one.candidate,
                    one.target,
                    comparison,
                    trial.weights(one.candidate, capped=own.capped),
                    inputs=own.taken,
                    capped=own.capped,
                )
                trial.offer(np.array([index]), offer)
                if (
                    one.candidate.mistake is None
                    and own.rounding
                    and not all(found.correct[0] for found in comparison.fields.values())
                ):
                    answer = trial.answer(one.candidate, one.names, np.array([index]))
                    _grow(trial, index, number, offer, answer, one.imposed)


def _imposed(trial: Trial, index: int, own: OwnInputs, target: graders.Target) -> Array | None:
    """The element under which what follows from the learner's own answers is compared."""
    if not shares_frame(trial.plan, trial.question):
        return trial.imposed(trial.question.candidates[0], np.array([index]))
    return _own_frame(target) if own.element is None else own.element


def _uses(trial: Trial, candidate: Candidate, own: OwnInputs) -> bool:
    """Whether a mistake is computed from any of the learner's own answers."""
    node = trial.question.node(candidate.mistake)
    return any(own.values.get(source) is not None for source in node.inputs.values())


def _carried(trial: Trial, index: int) -> list[OwnInputs]:
    """The learner's own earlier answers, in every way in which they may be carried on."""
    if index not in trial.own:
        trial.own[index] = list(own_inputs(trial.plan, trial.question, trial.group.earlier[index]))
    return trial.own[index]


def _target(trial: Trial, index: int, number: int, candidate: Candidate) -> graders.Target | None:
    """What a candidate gives on the learner's own answers; None where the solver has no answer to them."""
    convention = candidate.convention if candidate.mistake is None else None
    key = (index, number, candidate.id, convention.id if convention else "")
    if key not in trial.followed:
        aligned = shares_frame(trial.plan, trial.question)
        try:
            solved = trial.plan.solve(trial.question, candidate, trial.own[index][number].values, aligned=aligned)
        except SolverError:
            solved = None
        trial.followed[key] = None if solved is None or _says_nothing(trial, solved) else solved
    return trial.followed[key]


def _says_nothing(trial: Trial, target: graders.Target) -> bool:
    """Whether what follows is so small that zeros would nearly do, although the truth is not."""
    truth = trial.plan.target(trial.question.question.id, trial.question.candidates[0])

    def small(value: Array, name: str) -> bool:
        return bool((np.abs(value) <= _NOTHING * trial.question.tolerances[name].allowed(value)).all())

    return any(
        value.ndim > 1 and small(value, name) and not small(truth.truths[name], name)
        for name, value in target.truths.items()
    )


def _own_frame(target: graders.Target) -> Array | None:
    """The element that leaves the learner's own columns alone."""
    move = next(iter(target.moves.items()))
    return target.symmetry.neutral(target.truths[move[0]].shape[1 + move[1].axes[0]])


def _grow(
    trial: Trial, index: int, number: int, offer: Offer, answer: Mapping[str, Array], imposed: Array | None
) -> None:
    """Try again with tolerances grown by what rounding the earlier answers may have done.

    To first order, and never beyond a fifth of the distance to the nearest declared mistake.
    """
    own, target = trial.own[index][number], offer.target
    wrong = {
        name: one
        for name, one in offer.comparison.fields.items()
        if not one.correct[0] and one.largest[0] <= _FARTHEST * float(np.abs(target.truths[name]).max(initial=0.0))
    }
    barrier = {name: _barrier(trial, index, number, target, name) for name in wrong}
    wrong = {name: one for name, one in wrong.items() if one.largest[0] <= barrier[name]}
    if not wrong:
        return

    def outputs(inputs: Mapping[str, Array]) -> dict[str, Array]:
        values = {key: inputs[".".join(key)] for key in own.values.values}
        moved = trial.plan.solve(
            trial.question,
            offer.candidate,
            OwnValues(values, own.values.frames),
            aligned=shares_frame(trial.plan, trial.question),
        )
        return {name: moved.truths[name] for name in wrong}

    bound = graders.first_order_bound(
        outputs,
        {".".join(key): value for key, value in own.values.values.items()},
        {".".join(key): half for key, half in own.rounding.items()},
    )
    room = {}
    for name, growth in bound.items():
        nominal = trial.question.tolerances[name].nominal(target.truths[name])
        room[name] = np.minimum(growth, np.maximum(barrier[name] - nominal, 0.0))
    wider = replace(target, room=room, _prepared={})
    trial.offer(np.array([index]), replace(offer, target=wider, comparison=wider.compare(answer, imposed), grown=True))


def _barrier(trial: Trial, index: int, number: int, target: graders.Target, name: str) -> float:
    """A fifth of the distance from what follows to the nearest mistake that changes the field."""
    distances = [_FARTHEST * float(np.abs(target.truths[name]).max(initial=0.0))]
    for candidate in (*trial.question.followed_mistakes, *trial.question.mistakes):
        if candidate.convention is not None or candidate.mistake is None:
            continue
        if candidate.own_inputs:
            slipped = _target(trial, index, number, candidate)
        elif name in target.moves or trial.question.takes(candidate.mistake):
            continue
        else:
            slipped = trial.plan.target(trial.question.question.id, candidate)
        if slipped is None or slipped.truths[name].shape != target.truths[name].shape:
            continue
        distance = float(np.abs(slipped.truths[name] - target.truths[name]).max())
        if distance > float(np.max(trial.question.tolerances[name].nominal(target.truths[name]))):
            distances.append(_BARRIER * distance)
    return min(distances)
