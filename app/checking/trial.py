"""A group of answers to one question and the candidates that they were compared with so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

import graders
from app.answers import Answer
from app.checking.earlier import OwnInputs
from app.checking.figures import as_input, figure, sent_values
from app.checking.outcome import Offer, Outcome, canonical
from app.checking.plan import Plan
from app.checking.questions import Array, Candidate, OwnValues, QuestionPlan
from reference.errors import SolverError

__all__ = ["Form", "Group", "Trial", "Try", "applicable"]

_CAP = 0.5
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


@dataclass(frozen=True, eq=False)
class Try:
    """A candidate that one answer is to be compared with."""

    candidate: Candidate
    names: tuple[str, ...]
    target: graders.Target
    imposed: Array | None


class Trial:
    """The offers made so far for a group, and the best of them for every answer."""

    def __init__(self, plan: Plan, question: QuestionPlan, group: Group) -> None:
        self.plan, self.question, self.group = plan, question, group
        specs = question.question.fields
        self.stacked = {
            name: np.array([sent_values(answer[name], specs[name]) for answer in group.answers]) for name in group.names
        }
        self.form: Form = tuple((name, value.shape[1:]) for name, value in self.stacked.items())
        self.offers: list[Offer] = []
        self.choice = graders.Choice(len(group.answers))
        self.compared_with: dict[Candidate, tuple[graders.Comparison, list[int] | None]] = {}
        self.own: dict[int, list[OwnInputs]] = {}
        self.followed: dict[tuple[int, int, str, str], graders.Target | None] = {}
        """What candidates give on learners' own earlier answers, as far as it was computed."""

    # What every candidate is tried by

    def open(self, below: float | None = None) -> Array:
        """The answers for which more credit, or as much with more fields right, may still be found."""
        if below is None:
            return self.choice.open(len(self.group.names))
        return (self.choice.credit < below).nonzero()[0]

    def offer(self, rows: Array | None, offer: Offer) -> None:
        """Note a candidate's comparison, and take it where it is better."""
        required = self.question.required
        slip = offer.candidate.mistake
        changed = frozenset() if slip is None else self.plan.changed(self.question, slip)
        found = offer.comparison.fields
        correct = np.array([one.correct for one in found.values()], dtype=float)
        shares = [offer.weights[name] / len(required) if name in required else 0.0 for name in found]
        counted = [0.0 if name in changed else 1.0 for name in found]
        credit, right = np.array([shares, counted]) @ correct
        self.choice.offer(rows, len(self.offers), np.round(credit, 12), right)  # equal shares sum to 1
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
        fitting = applicable(self.question, candidates, self.form)
        if not self.offers:  # the truth, for everybody; most need no more
            self.alone(*fitting[0], None)
            fitting = fitting[1:]
        for number, (candidate, names) in enumerate(fitting):
            rows = self.open_for(candidate)
            if len(rows) == 1 and number + 1 < len(fitting):
                self.together(fitting[number:], int(rows[0]))
                return
            if rows.size:
                self.alone(candidate, names, None if len(rows) == len(self.group.answers) else rows)

    def open_for(self, candidate: Candidate) -> Array:
        """The answers for which a candidate of that kind may still do better."""
        return self.open() if candidate.mistake is None else self.open(below=1.0)

    def alone(self, candidate: Candidate, names: Sequence[str], rows: Array | None) -> None:
        """Try one candidate for some answers at once."""
        target = self.plan.target(self.question.question.id, candidate)
        imposed = self.imposed(candidate, rows)
        answer = self.answer(candidate, names, rows)
        comparison = target.compare(answer, imposed)
        if imposed is not None:
            comparison = self.jointly(target, comparison, answer, rows)
        comparison = self.with_own_values(candidate, comparison, answer, OwnValues())
        linked = None if imposed is None else self.linked_question
        self.compared_with[candidate] = comparison, None if rows is None else rows.tolist()
        self.offer(rows, Offer(candidate, target, comparison, self.weights(candidate), linked))

    def found(self, candidate: Candidate, index: int) -> Mapping[str, graders.FieldComparison]:
        """What one answer measured against a candidate that is the same for everybody."""
        comparison, rows = self.compared_with.get(candidate, (None, None))
        if comparison is not None and (rows is None or index in rows):
            alone = len(self.group.answers) == 1
            return comparison.fields if alone else comparison.only(rows.index(index) if rows else index).fields
        names = next(names for one, names in applicable(self.question, (candidate,), self.form) if one is candidate)
        self.alone(candidate, names, np.array([index]))
        return self.compared_with[candidate][0].fields

    def together(self, fitting: Sequence[tuple[Candidate, Sequence[str]]], index: int) -> None:
        """Try several candidates for one answer at once."""
        rows = np.array([index])
        id_ = self.question.question.id
        tries = [
            Try(candidate, tuple(names), self.plan.target(id_, candidate), self.imposed(candidate, rows))
            for candidate, names in fitting
        ]
        for one, comparison in self.compared(tries, index):
            linked = None if one.imposed is None else self.linked_question
            self.compared_with[one.candidate] = comparison, [index]
            self.offer(rows, Offer(one.candidate, one.target, comparison, self.weights(one.candidate), linked))

    def compared(
        self, tries: Sequence[Try], index: int, own: OwnValues | None = None
    ) -> Iterator[tuple[Try, graders.Comparison]]:
        """Compare one answer with several targets, those that can be stacked in one go; in their order."""
        stacks: dict[Hashable, list[int]] = defaultdict(list)
        for number, one in enumerate(tries):
            layout = tuple(one.candidate.layout(name) for name in one.names)
            stacks[one.names, layout, one.imposed is None, one.target.kin].append(number)
        found: dict[int, graders.Comparison] = {}
        rows = np.array([index])
        for numbers in stacks.values():
            first = tries[numbers[0]]
            answer = self.answer(first.candidate, first.names, rows)
            if len(numbers) == 1:
                found[numbers[0]] = first.target.compare(answer, first.imposed)
                continue
            target = self.plan.stacked([tries[number].target for number in numbers])
            given = [element for number in numbers if (element := tries[number].imposed) is not None]
            imposed = np.concatenate(given) if given else None
            comparison = target.compare(
                {name: np.repeat(value, len(numbers), axis=0) for name, value in answer.items()}, imposed
            )
            some = np.logical_or.reduce([one.correct for one in comparison.fields.values()])
            for row, number in enumerate(numbers):
                one = tries[number]
                if some[row] or one.candidate.mistake is None or one.imposed is not None:
                    found[number] = comparison.only(row)
        for number, one in enumerate(tries):
            if number not in found:  # a mistake of which nothing matched
                continue
            answer = self.answer(one.candidate, one.names, rows)
            if one.imposed is not None and not one.candidate.own_inputs:
                found[number] = self.jointly(one.target, found[number], answer, rows)
            yield one, self.with_own_values(one.candidate, found[number], answer, own or OwnValues())

    @cached_property
    def linked_question(self) -> str | None:
        """The question whose element is shared."""
        symmetry = self.question.question.symmetry
        return None if symmetry is None else symmetry.same_as

    def imposed(self, candidate: Candidate, rows: Array | None) -> Array | None:
        """The elements of the linked question, where it was matched.

        Where it was matched with a mistake, an answer that is right after all has to agree with it as far as it goes:
        the element is then the one that brings it nearest to the truth.
        """
        frame = self.frame(candidate)
        if self.group.frame is None or self.linked_question is None:
            return None
        if self.group.frame != frame and frame != "truth":
            return None
        indices = range(len(self.group.answers)) if rows is None else rows.tolist()
        linked = [self.group.earlier[index][self.linked_question] for index in indices]
        if self.group.frame == frame:
            elements = [one.element for one in linked]
        else:
            elements = [self.nearest(one) for one in linked]
        known = [element for element in elements if element is not None]
        return np.stack(known) if len(known) == len(linked) else None

    def nearest(self, linked: Outcome) -> Array | None:
        """The element that brings an answer nearest to its question's truth."""
        target = self.plan.target(linked.question.question.id, linked.question.candidates[0])
        layout = linked.offer.candidate.layout
        sent = {
            name: linked.canonical(name, layout(name))
            for name in linked.answer
            if linked.right(name) and name in linked.question.moves
        }
        element = target.compare(sent).element
        return None if element is None else element[0]

    def frame(self, candidate: Candidate) -> str:
        """The truth, or the linked question's mistake from which a candidate is computed."""
        sources = candidate.mistake.inputs.values() if candidate.mistake else ()
        return next((one.under for one in sources if one.under and one.question == self.linked_question), "truth")

    def jointly(
        self, target: graders.Target, comparison: graders.Comparison, answer: Mapping[str, Array], rows: Array | None
    ) -> graders.Comparison:
        """Look for one element for this answer and the linked one together, where the linked one's alone fails.

        Rounded columns of a repeated eigenvalue determine their element only so far.
        """
        if self.linked_question is None:
            return comparison
        failing = np.flatnonzero(~np.array([one.correct for one in comparison.fields.values()]).all(axis=0))
        for row in failing.tolist():
            linked = self.group.earlier[row if rows is None else int(rows[row])][self.linked_question]
            if linked.offer.comparison.symmetry.columnwise:
                continue
            layout = linked.offer.candidate.layout
            theirs = {
                name: linked.canonical(name, layout(name)) for name in linked.question.moves if linked.right(name)
            }
            own = {name: value[row : row + 1] for name, value in answer.items()}
            found = graders.compare_jointly(target, own, linked.offer.target, theirs)
            if found.element is None or comparison.element is None:
                continue
            before = sum(int(one.correct[row]) for one in comparison.fields.values())
            if sum(int(one.correct[0]) for one in found.fields.values()) > before:
                element = comparison.element.copy()
                element[row] = found.element[0]
                place = np.array([row])
                fields = {name: one.taken_from(found.fields[name], place) for name, one in comparison.fields.items()}
                comparison = graders.Comparison(comparison.symmetry, element, fields)
        return comparison

    # Fields that the answer's other fields give

    def with_own_values(
        self, candidate: Candidate, comparison: graders.Comparison, answer: Mapping[str, Array], own: OwnValues
    ) -> graders.Comparison:
        """Count a field as right where it is what the answer's other fields, being right, give."""
        derived = _own_values(self.question)
        if not derived or not candidate.own_values:
            return comparison
        fields = dict(comparison.fields)
        for name, sources in derived:
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
        specs = self.question.question.fields
        spec = specs[name]
        if spec.own is None:
            raise LookupError(f"field {name!r} has no own value")
        try:
            record = self.plan.run(spec.own, own, {one: as_input(value, specs[one]) for one, value in sources.items()})
        except SolverError:
            return None
        return figure(record, name, spec)

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


@lru_cache(maxsize=1024)
def _own_values(question: QuestionPlan) -> list[tuple[str, list[str]]]:
    """The fields that may be computed from the answer itself, and from which of its fields."""
    return [
        (name, [one.field for one in spec.own.inputs.values() if one.question is None and one.field is not None])
        for name, spec in question.question.fields.items()
        if spec.own is not None
    ]


@lru_cache(maxsize=4096)
def applicable(
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
