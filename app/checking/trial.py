"""Try a group of answers to one question against the candidates, each only where it may still do better."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

import graders
from app.answers import Answer, FieldAnswer
from app.assignments import Input, Node, StationaryPoint
from app.checking.following import OwnInputs, own_inputs, shares_frame
from app.checking.outcome import Offer, Outcome, canonical, sent_values
from app.checking.plan import Array, Candidate, OwnValues, Plan, QuestionPlan
from reference.errors import SolverError

__all__ = ["Group", "try_candidates"]

_CAP = 0.5
_BARRIER = 0.2  # the share of the distance to the nearest mistake that a tolerance may grow to
Form = tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, eq=False)
class Group:
    """Answers of several learners to one question, of one form.

    Parameters
    ----------
    names : sequence of str
        The fields that were sent.
    answers : sequence of mapping of str to Answer
        One a learner.
    earlier : sequence of mapping of str to Outcome
        What became of each learner's answers to earlier questions.
    frame : str or None
        The frame in which the linked question was matched, the same for all; None where it was not.
    """

    names: Sequence[str]
    answers: Sequence[Mapping[str, Answer]]
    earlier: Sequence[Mapping[str, Outcome]]
    frame: str | None


def try_candidates(plan: Plan, question: QuestionPlan, group: Group) -> list[Outcome]:
    """Grade a group: the candidate that gives most credit wins, and the earlier among equals.

    Returns
    -------
    list of Outcome
        One an answer.
    """
    trial = _Trial(plan, question, group)
    trial.plainly(question.candidates)
    if question.follow_through and trial.open().size:
        trial.following(question.follow_through)
    if question.mistakes and trial.open(below=1.0).size:
        trial.plainly(question.mistakes)
        if question.followed_mistakes:
            trial.following(question.followed_mistakes)
    for point in question.question.properties:
        for index in trial.open(below=point.credit):
            trial.stationary(point, index)
    if question.decimals and question.rounded:
        for index in trial.open(below=1.0):
            trial.short_of_digits(index)
    return trial.outcomes()


class _Trial:
    """The offers made so far for a group, and the best of them for every answer."""

    def __init__(self, plan: Plan, question: QuestionPlan, group: Group) -> None:
        self.plan, self.question, self.group = plan, question, group
        self.stacked = {name: np.array([sent_values(answer[name]) for answer in group.answers]) for name in group.names}
        self.form: Form = tuple((name, value.shape[1:]) for name, value in self.stacked.items())
        self.offers: list[Offer] = []
        self.choice = graders.Choice(len(group.answers))
        self.own: dict[int, list[OwnInputs]] = {}
        self.solved: dict[tuple[int, int, str, str], graders.Target | None] = {}

    # What every candidate is tried by

    def open(self, below: float | None = None) -> Array:
        """The answers for which more credit, or as much with more fields right, may still be found."""
        if below is None:
            return self.choice.open(len(self.group.names))
        return (self.choice.credit < below).nonzero()[0]

    def offer(self, rows: Array | None, offer: Offer) -> None:
        """Note a candidate's comparison, and take it where it is better."""
        required = self.question.required
        found = offer.comparison.fields
        size = len(next(iter(found.values())).correct)
        credit, right = np.zeros(size), np.zeros(size, dtype=int)
        for name, one in found.items():
            right += one.correct
            if name in required:
                credit += one.correct * offer.weights[name]
        self.choice.offer(rows, len(self.offers), credit / len(required), right)
        self.offers.append(offer)

    def answer(self, candidate: Candidate, names: Sequence[str], rows: Array | None) -> dict[str, Array]:
        """The fields of some answers in the declared layout."""
        taken = {name: self.stacked[name] if rows is None else self.stacked[name][rows] for name in names}
        return {name: canonical(value, candidate.layout(name)) for name, value in taken.items()}

    def weights(self, candidate: Candidate, *, capped: bool = False) -> dict[str, float]:
        """The share of its points that each field earns where it is right."""
        fields = self.question.question.fields
        if candidate.mistake is None:
            shares = dict.fromkeys(fields, candidate.credit)
        else:
            changed = self.plan.changed(self.question, candidate.mistake)
            whole = self.question.question.follow_through if candidate.own_inputs else 1.0
            shares = {name: candidate.credit if name in changed else whole for name in fields}
        return {name: min(share, _CAP) for name, share in shares.items()} if capped else shares

    # Candidates that are the same for everybody

    def plainly(self, candidates: Sequence[Candidate]) -> None:
        """Try candidates that depend on no learner's answers."""
        rows: Array | None = None if not self.offers else self.open(below=1.0)
        for candidate, names in _applicable(self.question, candidates, self.form):
            target = self.plan.target(self.question.question.id, candidate)
            imposed = self.imposed(candidate, rows)
            answer = self.answer(candidate, names, rows)
            comparison = target.compare(answer, imposed)
            comparison = self.with_own_values(candidate, comparison, answer, OwnValues())
            linked = None if imposed is None else self.linked_question
            self.offer(rows, Offer(candidate, target, comparison, self.weights(candidate), linked))
            rows = self.open() if candidate.mistake is None else self.open(below=1.0)
            if not rows.size:
                break

    @cached_property
    def linked_question(self) -> str | None:
        """The question whose element is shared."""
        symmetry = self.question.question.symmetry
        return None if symmetry is None else symmetry.same_as

    def imposed(self, candidate: Candidate, rows: Array | None) -> Array | None:
        """The elements of the linked question, where that was matched in the candidate's own frame."""
        if self.group.frame is None or self.linked_question is None or self.group.frame != self.frame(candidate):
            return None
        indices = range(len(self.group.answers)) if rows is None else rows.tolist()
        return np.stack([self.group.earlier[index][self.linked_question].element for index in indices])

    def frame(self, candidate: Candidate) -> str:
        """The truth, or the linked question's mistake from which a candidate is computed."""
        sources = candidate.mistake.inputs.values() if candidate.mistake else ()
        return next((one.under for one in sources if one.under and one.question == self.linked_question), "truth")

    # Candidates computed from a learner's own earlier answers

    def following(self, candidates: Sequence[Candidate]) -> None:
        """Try candidates on the learner's own earlier answers, learner by learner."""
        frame = shares_frame(self.plan, self.question)
        for index in (self.open() if candidates[0].mistake is None else self.open(below=1.0)).tolist():
            rows = np.array([index])
            for number, own in enumerate(self.carried(index)):
                for candidate, names in _applicable(self.question, candidates, self.form):
                    if candidate.mistake is not None and not self.uses(candidate, own):
                        continue
                    target = self.follow(index, number, candidate)
                    if target is None:
                        continue
                    imposed = self.imposed(self.question.candidates[0], rows)
                    if frame:
                        imposed = self.own_frame(target) if own.element is None else own.element
                    answer = self.answer(candidate, names, rows)
                    comparison = target.compare(answer, imposed)
                    comparison = self.with_own_values(candidate, comparison, answer, own.values)
                    offer = Offer(
                        candidate,
                        target,
                        comparison,
                        self.weights(candidate, capped=own.capped),
                        inputs=own.taken,
                        capped=own.capped,
                    )
                    self.offer(rows, offer)
                    if candidate.mistake is None and own.rounding and not _all_right(comparison):
                        self.grown(index, number, offer, answer, imposed)

    def uses(self, candidate: Candidate, own: OwnInputs) -> bool:
        """Whether a mistake is computed from any of the learner's own answers."""
        node = self.question.node(candidate.mistake)
        return any(own.values.get(source) is not None for source in node.inputs.values())

    def carried(self, index: int) -> list[OwnInputs]:
        """The learner's own earlier answers, in every way in which they may be carried on."""
        if index not in self.own:
            self.own[index] = list(own_inputs(self.plan, self.question, self.group.earlier[index]))
        return self.own[index]

    def follow(self, index: int, number: int, candidate: Candidate) -> graders.Target | None:
        """What a candidate gives on the learner's own answers; None where the solver has no answer to them."""
        convention = candidate.convention if candidate.mistake is None else None
        key = (index, number, candidate.id, convention.id if convention else "")
        if key not in self.solved:
            self.solved[key] = self.solve(candidate, self.own[index][number].values)
        return self.solved[key]

    def solve(self, candidate: Candidate, own: OwnValues) -> graders.Target | None:
        """Compute a candidate from own answers."""
        try:
            return self.plan.solve(self.question, candidate, own, aligned=shares_frame(self.plan, self.question))
        except SolverError:
            return None

    def own_frame(self, target: graders.Target) -> Array | None:
        """The element that leaves the learner's own columns alone."""
        move = next(iter(target.moves.items()))
        return target.symmetry.neutral(target.truths[move[0]].shape[1 + move[1].axes[0]])

    def grown(self, index: int, number: int, offer: Offer, answer: Mapping[str, Array], imposed: Array | None) -> None:
        """Try again with tolerances grown by what rounding the earlier answers may have done.

        To first order, and never beyond a fifth of the distance to the nearest declared mistake.
        """
        own, target = self.own[index][number], offer.target
        wrong = {name: one for name, one in offer.comparison.fields.items() if not one.correct[0]}
        barrier = {name: self.barrier(index, number, target, name) for name in wrong}
        if any(one.measured[0] > barrier[name] for name, one in wrong.items()):
            return

        def outputs(inputs: Mapping[str, Array]) -> dict[str, Array]:
            values = {key: inputs[".".join(key)] for key in own.values.values}
            moved = self.plan.solve(
                self.question, offer.candidate, OwnValues(values, own.values.frames), aligned=imposed is not None
            )
            return {name: moved.truths[name] for name in wrong}

        bound = graders.first_order_bound(
            outputs,
            {".".join(key): value for key, value in own.values.values.items()},
            {".".join(key): half for key, half in own.rounding.items()},
        )
        room = {}
        for name, growth in bound.items():
            nominal = self.question.tolerances[name].nominal(target.truths[name])
            room[name] = np.minimum(growth, np.maximum(barrier[name] - nominal, 0.0))
        wider = replace(target, room=room, _prepared={})
        self.offer(
            np.array([index]), replace(offer, target=wider, comparison=wider.compare(answer, imposed), grown=True)
        )

    def barrier(self, index: int, number: int, target: graders.Target, name: str) -> float:
        """A fifth of the distance from what follows to the nearest mistake that changes the field."""
        distances = [np.inf]
        for candidate in (*self.question.followed_mistakes, *self.question.mistakes):
            if candidate.convention is not None or candidate.mistake is None:
                continue
            if candidate.own_inputs:
                slipped = self.follow(index, number, candidate)
            elif name in target.moves or self.question.takes(candidate.mistake):
                continue
            else:
                slipped = self.plan.target(self.question.question.id, candidate)
            if slipped is None or slipped.truths[name].shape != target.truths[name].shape:
                continue
            distance = float(np.abs(slipped.truths[name] - target.truths[name]).max())
            if distance > float(np.max(self.question.tolerances[name].nominal(target.truths[name]))):
                distances.append(_BARRIER * distance)
        return min(distances)

    # Fields that the answer's other fields give

    def with_own_values(
        self, candidate: Candidate, comparison: graders.Comparison, answer: Mapping[str, Array], own: OwnValues
    ) -> graders.Comparison:
        """Count a field as right where it is what the answer's other fields, being right, give."""
        if not candidate.own_values:
            return comparison
        fields = dict(comparison.fields)
        for name, sources in _own_values(self.question):
            if name not in fields or not all(source in fields for source in sources):
                continue
            sound = np.logical_and.reduce([fields[source].correct for source in sources])
            for row in (sound & ~fields[name].correct).nonzero()[0]:
                value = self.own_value(name, {source: answer[source][row] for source in sources}, own)
                if value is None:
                    continue
                target = graders.Target({name: value[None]}, self.question.tolerances)
                found = target.compare({name: answer[name][row : row + 1]}).fields[name]
                if found.correct[0]:
                    fields[name] = fields[name].taken_from(found, np.array([row]))
        return replace(comparison, fields=fields)

    def own_value(self, name: str, sources: Mapping[str, Array], own: OwnValues) -> Array | None:
        """What the answer's other fields give for a field; None where the solver has no answer to them."""
        spec = self.question.question.fields[name]
        if spec.own is None:
            raise LookupError(f"field {name!r} has no own value")
        try:
            record = self.plan.run(spec.own, own, sources)
        except SolverError:
            return None
        return np.asarray(getattr(record, spec.output or name), dtype=float)

    # Properties, and digits

    def stationary(self, point: StationaryPoint, index: int) -> None:
        """Try whether the answer is another stationary point of EM."""
        required = self.question.required
        if not set(required) <= set(self.group.names):
            return
        sent = {name: self.stacked[name][index] for name in required}
        with np.errstate(over="ignore", invalid="ignore"):
            total = float(sent[point.weights].sum())
        tolerance = self.question.tolerances[point.weights]
        if not (np.isfinite(total) and total > 0 and (sent[point.weights] >= 0).all()):
            return
        start = {**sent, point.weights: sent[point.weights] / total}
        if not tolerance.accepts(sent[point.weights], start[point.weights]).all():
            return
        after = self.step(point, start)
        if after is None:
            return
        likelihood = after.pop("log_likelihood")
        found = graders.stationarity(
            start,
            after,
            self.question.tolerances,
            weights=point.weights,
            variances=point.variances,
            floor=point.floor,
            log_likelihood=float(likelihood),
        )
        if not found.holds:
            return
        truths = {name: value[None] for name, value in after.items()}
        room = {
            name: 2.0 * self.question.tolerances[name].nominal(value) + 0.0 * value for name, value in truths.items()
        }
        answer = {name: value[None] for name, value in sent.items()}
        if "log_likelihood" in self.group.names:
            truths["log_likelihood"] = likelihood[None]
            answer["log_likelihood"] = self.stacked["log_likelihood"][index : index + 1]
        target = graders.Target(truths, self.question.tolerances, room=room)
        candidate = Candidate(point.id, "property", point.credit)
        offer = Offer(candidate, target, target.compare(answer), self.weights(candidate))
        self.offer(np.array([index]), offer)

    def step(self, point: StationaryPoint, start: Mapping[str, Array]) -> dict[str, Array] | None:
        """The parameters after one step of EM, and their log-likelihood; None where there is no step to take."""
        own = {name: Input(field=name) for name in start}
        try:
            record = self.plan.run(Node(solver=point.step, inputs=point.inputs | own), fields=start)
            after = {name: np.asarray(getattr(record, name), dtype=float) for name in start}
            reached = self.plan.run(Node(solver=point.log_likelihood, inputs=point.inputs | own), fields=after)
        except SolverError:
            return None
        return {**after, "log_likelihood": np.asarray(vars(reached)["log_likelihood"], dtype=float)}

    def short_of_digits(self, index: int) -> None:
        """Try whether the answer is the truth with fewer digits than asked; a mistake that matched goes first."""
        chosen = self.offers[self.choice.candidate[index]]
        if chosen.candidate.mistake is not None and self.choice.credit[index] > 0:
            return
        answer = self.group.answers[index]
        shown = {}
        for name in self.group.names:
            field = answer[name]
            if name in self.question.decimals and isinstance(field, FieldAnswer) and field.decimals:
                shown[name] = field.decimals
        rows = np.array([index])
        ways: list[tuple[str, Callable[..., graders.Comparison], dict[str, int]]] = [
            ("rounded", graders.compare_rounded, {n: d for n, d in shown.items() if d < self.question.decimals[n]}),
            ("cut_off", graders.compare_cut_off, {n: d for n, d in shown.items() if d <= self.question.decimals[n]}),
        ]
        for shortfall, compare, short in ways:
            if not short:
                continue
            for candidate, names in _applicable(self.question, self.question.candidates, self.form):
                target = self.plan.target(self.question.question.id, candidate)
                sent = self.answer(candidate, names, rows)
                coarse = {name: short[name] for name in names if name in short}
                if not coarse:
                    continue
                comparison = compare(target, sent, coarse, self.imposed(candidate, rows))
                precise = target.compare(sent, comparison.element).fields
                coarse = {name: shown for name, shown in coarse.items() if not precise[name].correct[0]}
                weights = {
                    name: self.question.rounded if name in coarse else 1.0 for name in self.question.question.fields
                }
                self.offer(rows, Offer(candidate, target, comparison, weights, shown=coarse, shortfall=shortfall))

    def outcomes(self) -> list[Outcome]:
        """The best offer of every answer."""
        return [
            Outcome(self.question, answer, self.offers[number], row, share)
            for answer, number, row, share in zip(
                self.group.answers,
                self.choice.candidate.tolist(),
                self.choice.row.tolist(),
                self.choice.credit.tolist(),
                strict=True,
            )
        ]


def _all_right(comparison: graders.Comparison) -> bool:
    return all(one.correct[0] for one in comparison.fields.values())


@lru_cache(maxsize=1024)
def _own_values(question: QuestionPlan) -> list[tuple[str, list[str]]]:
    """The fields that may be computed from the answer itself, and from which of its fields."""
    return [
        (name, [one.field for one in spec.own.inputs.values() if one.question is None and one.field is not None])
        for name, spec in question.question.fields.items()
        if spec.own is not None
    ]


@lru_cache(maxsize=4096)
def _applicable(
    question: QuestionPlan, candidates: tuple[Candidate, ...], form: Form
) -> list[tuple[Candidate, list[str]]]:
    """The candidates whose layout takes every field, or where none does the ones that take some; with those fields."""
    fitting = [
        (candidate, [name for name, shape in form if question.fits(candidate, name, shape)]) for candidate in candidates
    ]
    whole = [(candidate, names) for candidate, names in fitting if len(names) == len(form)]
    some = whole or [(candidate, names) for candidate, names in fitting if names]
    if not some:
        raise LookupError("no candidate takes fields of these shapes")
    return some
