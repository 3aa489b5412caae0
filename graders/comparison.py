"""Compare a batch of answers with the truth, up to one symmetry element applied to all linked fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

import numpy as np

from graders.errors import SymmetryError
from graders.evidence import LARGEST_SINE, Entries, Evidence, FieldComparison
from graders.labels import samples_that_disagree
from graders.linked import Kind, Move, Part, Sheet
from graders.symmetries import Identity, Span, Symmetry
from graders.tolerance import Array, Tolerance

__all__ = ["Comparison", "FieldComparison", "Target", "compare", "compare_jointly"]


@dataclass(frozen=True)
class Comparison:
    """A batch of answers compared under one symmetry.

    Parameters
    ----------
    symmetry : Symmetry
        The group.
    element : ndarray of shape (batch, ...) or None
        The elements applied, *student = truth g*.
    fields : mapping of str to FieldComparison
        One a field that was answered.
    """

    symmetry: Symmetry
    element: Array | None
    fields: Mapping[str, FieldComparison]

    def only(self, row: int) -> Comparison:
        """The comparison of one submission, as a batch of one."""
        element = None if self.element is None else self.element[row : row + 1]
        return Comparison(self.symmetry, element, {name: found.only(row) for name, found in self.fields.items()})


@dataclass(frozen=True)
class Target:
    """A truth, prepared once, that batches of answers are compared with.

    Parameters
    ----------
    truths : mapping of str to ndarray of shape (batch or 1, ...)
        Every field's truth. A moved axis may be longer than an answer's where a spectrum is cut inside a
        multiplicity and the symmetry says so.
    tolerances : mapping of str to Tolerance
        What an entry may miss by.
    symmetry : Symmetry
        The group; identity by default.
    moves : mapping of str to Move
        The fields that the symmetry moves, and how; all by the same element.
    room : mapping of str to ndarray of shape (batch or 1, ...)
        What entries of a field may miss by beyond its tolerance: a growth from rounded inputs, or standard errors. It
        belongs to the truth's entries as they stand, so that it is meant for fixed fields and imposed elements.
    labels : collection of str
        The fields that are one-hot matrices of labels: what is measured of them is a number of samples.

    Raises
    ------
    SymmetryError
        Where the symmetry cannot act on the fields.

    Notes
    -----
    ``error <= allowed`` decides, never ``not error > allowed``: NaN is wrong.

    Examples
    --------
    >>> from graders.symmetries import Signs
    >>> truth = {"v": np.array([[[0.6, -0.8], [0.8, 0.6]]])}
    >>> flipped = {"v": truth["v"] * np.array([1.0, -1.0])}
    >>> three = {"v": Tolerance.decimals(3)}
    >>> Target(truth, three, Signs(), {"v": Move((1,))}).compare(flipped).fields["v"].correct
    array([ True])
    >>> Target(truth, three).compare(flipped).fields["v"].correct
    array([False])
    """

    truths: Mapping[str, Array]
    tolerances: Mapping[str, Tolerance]
    symmetry: Symmetry = field(default_factory=Identity)
    moves: Mapping[str, Move] = field(default_factory=dict)
    room: Mapping[str, Array] = field(default_factory=dict)
    labels: Collection[str] = ()
    _prepared: dict[tuple[str, ...], list[Sheet]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        forms = [name for name, move in self.moves.items() if move.kind == "form"]
        if forms and not self.symmetry.quadratic:
            raise SymmetryError(f"{self.symmetry.group} cannot move a field on two axes: {', '.join(forms)}")
        if isinstance(self.symmetry, Span) and [move.kind for move in self.moves.values()] != ["linear"]:
            raise SymmetryError("a span is of one field, moved on one axis")

    @property
    def kin(self) -> tuple[object, ...]:
        """What targets of one question have to share to be stacked: group, tolerances and shapes."""
        shapes = (truth.shape[1:] for truth in self.truths.values())
        return (self.symmetry.kin, *self.tolerances.values(), *shapes, tuple(self.room))

    @classmethod
    def stacked(cls, targets: Sequence[Target]) -> Target:
        """Put targets of one question, of the same `kin`, one after the other: a truth each for as many answers."""
        first = targets[0]
        truths = {name: np.concatenate([target.truths[name] for target in targets]) for name in first.truths}
        room = {name: np.concatenate([target.room[name] for target in targets]) for name in first.room}
        return cls(truths, first.tolerances, first.symmetry, first.moves, room, first.labels)

    def compare(self, answers: Mapping[str, Array], imposed: Array | None = None) -> Comparison:
        """Decide for every submission and field whether the answer is the truth up to the symmetry.

        Parameters
        ----------
        answers : mapping of str to ndarray of shape (batch, ...)
            The fields that were answered, by every submission of the batch.
        imposed : ndarray of shape (batch, ...), optional
            Elements found elsewhere, on a linked question. They are applied as they are.

        Returns
        -------
        Comparison

        Raises
        ------
        ShapeMismatchError
            Where shapes differ: broadcasting is not equality.
        SymmetryError
            Where the fields that were answered do not determine an element.
        """
        with np.errstate(all="ignore"):  # absurd numbers run over, and are refused for it
            return self._compare(answers, imposed)

    def _compare(self, answers: Mapping[str, Array], imposed: Array | None) -> Comparison:
        parts = [Part(sheet, sheet.written(answers)) for sheet in self._sheets(tuple(answers))]
        moved = [part for part in parts if part.sheet.kind != "fixed"]
        found: dict[str, FieldComparison] = {}
        for part in parts:
            if part.sheet.kind == "fixed":
                found.update(Entries(part, part.truth).fields())
        element = imposed
        if moved and isinstance(self.symmetry, Span):
            found.update(_subspaces(self.symmetry, moved[0]))
        elif moved:
            element = self._judge_moved(moved, imposed, found)
        for name in self.labels:
            if name in found:
                found[name] = samples_that_disagree(found[name])
        return Comparison(self.symmetry, element, {name: found[name] for name in answers})

    def under(self, element: Array | None, name: str) -> Array:
        """Move one field's truth by elements.

        Parameters
        ----------
        element : ndarray of shape (batch, ...) or None
            None leaves it as it is.
        name : str
            The field.

        Returns
        -------
        ndarray of shape (batch, ...)
            As the answer is written that it explains.
        """
        sheet = self._sheets((name,))[0]
        if sheet.kind == "fixed" or element is None:
            return np.asarray(self.truths[name])
        moved: Array = sheet.columns[0].read(self.symmetry.act(element, sheet.truth, sheet.kind))
        return moved

    def _judge_moved(
        self, moved: Sequence[Part], imposed: Array | None, found: dict[str, FieldComparison]
    ) -> Array | None:
        """Compare the fields that the symmetry moves, under the element that explains most; it is returned."""
        element = self.symmetry.start(moved) if imposed is None else imposed
        acted = self._acted(moved, element)
        failing = _failing(acted)
        if failing.size and element is not None and imposed is None:
            every = len(failing) == len(element)
            refined = self.symmetry.refine(
                list(moved) if every else [part.take(failing) for part in moved], element[failing]
            )
            if not np.array_equal(refined, element[failing]):
                element = element.copy()
                element[failing] = refined
                acted = self._acted(moved, element)
                failing = _failing(acted)
        pointed = failing.size > 0 and not self.symmetry.columnwise

        @lru_cache(maxsize=1)
        def robust() -> list[Entries]:
            with np.errstate(all="ignore"):
                return self._acted(moved, self.symmetry.indicative(moved, element))

        def pointing(index: int) -> Entries:
            return robust()[index]

        for index, entries in enumerate(acted):
            found.update(entries.fields(partial(pointing, index) if pointed else None))
        return element

    def _acted(self, moved: Sequence[Part], element: Array | None) -> list[Entries]:
        return [Entries(part, self.symmetry.act(element, part.truth, part.sheet.kind)) for part in moved]

    def _sheets(self, names: tuple[str, ...]) -> list[Sheet]:
        """The sheets of the fields that were answered; each form has one of its own."""
        if names not in self._prepared:
            kinds: dict[tuple[Kind, str], list[str]] = {}
            for name in names:
                kind: Kind = self.moves[name].kind if name in self.moves else "fixed"
                kinds.setdefault((kind, name if kind == "form" else ""), []).append(name)
            self._prepared[names] = [self._sheet(kind, members) for (kind, _), members in kinds.items()]
        return self._prepared[names]

    def _sheet(self, kind: Kind, names: Sequence[str]) -> Sheet:
        axes = {name: () if kind == "fixed" else self.moves[name].axes for name in names}
        truths = {name: self.truths[name] for name in names}
        width = None if kind == "fixed" else self.symmetry.columns
        return Sheet.of(kind, truths, self.tolerances, axes, width, self.room)


def compare(
    answers: Mapping[str, Array],
    truths: Mapping[str, Array],
    tolerances: Mapping[str, Tolerance],
    *,
    symmetry: Symmetry | None = None,
    moves: Mapping[str, Move] | None = None,
    imposed: Array | None = None,
) -> Comparison:
    """Compare once with a truth that is not kept: `Target` and its `compare` in one."""
    return Target(truths, tolerances, symmetry or Identity(), moves or {}).compare(answers, imposed)


def compare_jointly(
    target: Target, answers: Mapping[str, Array], linked: Target, linked_answers: Mapping[str, Array]
) -> Comparison:
    """Compare answers under one element that also explains the answers to a linked question.

    Parameters
    ----------
    target, answers
        As for `Target.compare`.
    linked : Target
        The linked question's truth, under the symmetry that is shared.
    linked_answers : mapping of str to ndarray of shape (batch, ...)
        Its answers, which were right under some element.

    Returns
    -------
    Comparison
        Of `answers`; nothing is right in it where the element does not bring the linked answers within tolerance.

    Notes
    -----
    Where an eigenvalue is repeated the element is a continuous one, and rounded axes determine it only so far: an
    error of half a unit in an axis is many times that in a component. Both answers together determine it well.
    """
    prefix = "linked "
    moved = [name for name in linked_answers if name in linked.moves]
    joint = Target(
        {**target.truths, **{prefix + name: linked.truths[name] for name in moved}},
        {**target.tolerances, **{prefix + name: linked.tolerances[name] for name in moved}},
        linked.symmetry,
        {**target.moves, **{prefix + name: linked.moves[name] for name in moved}},
        labels=target.labels,
    )
    found = joint.compare({**answers, **{prefix + name: linked_answers[name] for name in moved}})
    sound = np.asarray(np.array([found.fields[prefix + name].correct for name in moved]).all(axis=0))
    fields = {
        name: one.restricted(sound) if name in target.moves else one
        for name, one in found.fields.items()
        if name in answers
    }
    return Comparison(linked.symmetry, found.element, fields)


def _failing(parts: Sequence[Entries]) -> Array:
    """The submissions of which a linked field is not right."""
    return np.flatnonzero(~np.array([part.correct.all(axis=1) for part in parts]).all(axis=0))


def _subspaces(group: Span, part: Part) -> dict[str, FieldComparison]:
    """Compare subspaces by the sines of their principal angles; the tolerance bounds a sine."""
    batch, column = len(part.sent), part.sheet.columns[0]
    finite = np.isfinite(part.sent).reshape(batch, -1).all(axis=1)
    sines, residual = group.sines(part.answer, part.truth)
    measured = np.where(finite, sines, 1.0)
    bound = np.full(batch, part.sheet.tolerances[0].atol)
    correct = np.asarray(measured <= bound)
    errors = np.abs(residual)
    evidence = Evidence(measured, bound, errors, errors, True)
    return {column.name: FieldComparison(correct, LARGEST_SINE, column, measured, lambda: evidence)}
