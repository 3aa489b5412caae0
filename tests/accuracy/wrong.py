"""Wrong answers to any assignment, each proven to be wrong whatever element and convention is tried."""

from __future__ import annotations

import numpy as np

from tests.accuracy.asked import Array, tolerances
from tests.accuracy.cases import Case, Generator, cases_of
from tests.accuracy.known import Known
from tests.accuracy.proofs import contradicts
from tests.accuracy.refuted import alone
from tests.accuracy.right import chosen, write
from tests.accuracy.slips import known_mistake, mistake_on_follow_through
from tests.accuracy.truths import Work
from tests.accuracy.wrong_columns import exchanged_rows, next_eigenvector, repeated_column, sheared, stretched
from tests.accuracy.wrong_kinds import another_cluster, conjugated_column, merged_clusters, turned_entry
from tests.accuracy.wrong_values import cut_off, fewer_decimals, noise, other_data

__all__ = ["WRONG"]


def _follows(known: Known) -> bool:
    """Whether some field may also follow from the answer's own other fields."""
    return any(spec.own is not None for spec in known.question.fields.values())


def one_entry(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """One entry just beyond its tolerance, among others in full precision or rounded as asked."""
    known = chosen(work, rng, question)
    exact = known.acted(known.draw(rng, size))
    more = None if _follows(known) or rng.random() < 0.5 else 0
    fields = {name: value.copy() for name, value in write(known, exact, more).items()}
    name = str(rng.choice([name for name in known.required if known.field(name).kind != "labels"] or [""]))
    if not name:
        return []
    flat, true = fields[name].reshape(size, -1), exact[name].reshape(size, -1)
    entry = rng.integers(flat.shape[1], size=size)
    if known.sent_shape(name) != known.field(name).shape and len(known.sent_shape(name)) == 1:
        entry = rng.integers(len(exact[name][0]), size=size) * (len(exact[name][0]) + 1)  # only the diagonal is sent
    rows = np.arange(size)
    allowed = tolerances(known.specs[name], exact[name]).reshape(size, -1)[rows, entry]
    continuous = not known.discrete and known.moves(name) is not None
    most = 3.0 if not continuous else 30.0 if known.group == "span" else 12.0
    share = rng.random(size) ** (1.0 if continuous else 2.0)  # where it can be proven, mostly near the edge
    beyond = 1.05 * (most / 1.05) ** share * rng.choice([-1.0, 1.0], size=size)
    if known.specs[name].exact and rng.random() < 0.8:
        beyond = beyond * 1e9
    off = beyond * allowed
    if known.field(name).kind == "complex":
        off = off * rng.choice([1.0, 1j], size=size)
    elif known.field(name).kind == "integer":
        off = np.sign(off) * np.ceil(np.abs(off))
    flat[rows, entry] = true[rows, entry] + off
    return alone("one entry off", work, known, fields)


def linked_sign(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """One column's sign contradicts the question that it goes with."""
    owner, known = work.owner(question), work.known(question)
    if owner == question or known.group not in ("signs", "signed_order", "eigenbasis"):
        return []
    element = known.draw(rng, size)
    flipped = element.copy()
    rows, column = np.arange(size), rng.integers(known.width, size=size)
    flipped[rows, :, column] *= -1.0
    return _beside("sign against the linked question", work, rng, known, element, flipped)


def linked_turn(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Columns of a repeated eigenvalue are turned otherwise than in the question that it goes with."""
    owner, known = work.owner(question), work.known(question)
    if owner == question or known.discrete:
        return []
    element = known.draw(rng, size)
    return _beside("turned against the linked question", work, rng, known, element, known.draw(rng, size))


def linked_labels(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Two columns are numbered otherwise than in the question that it goes with."""
    owner, known = work.owner(question), work.known(question)
    if owner == question or known.group not in ("relabelling", "signed_order"):
        return []
    swapped = _swapped(rng, known, element := known.draw(rng, size))
    if swapped is None:
        return []
    return _beside("labels against the linked question", work, rng, known, element, swapped)


def _beside(
    generator: str, work: Work, rng: np.random.Generator, known: Known, element: Array, other: Array
) -> list[Case]:
    """The owner's answer under one element, and this question's under another."""
    question = known.question.id
    owner = chosen(work, rng, work.owner(question))
    more = 0 if rng.random() < 0.5 else None
    fields = write(known, known.acted(other), more)
    right = owner.sent(write(owner, owner.acted(element), more))
    rows = np.flatnonzero(contradicts(known, fields, element)).tolist()
    return cases_of(generator, question, "wrong", fields, {work.owner(question): right}, rows)


def _swapped(rng: np.random.Generator, known: Known, element: Array) -> Array | None:
    """Exchange two of the columns that are not pinned."""
    free = np.setdiff1d(np.arange(known.width), known.pinned)
    if len(free) < 2:
        return None
    pair = rng.permuted(np.tile(free, (len(element), 1)), axis=1)[:, :2]
    order = np.tile(np.arange(known.width), (len(element), 1))
    np.put_along_axis(order, pair, pair[:, ::-1], axis=1)
    return np.take_along_axis(element, order[:, None], axis=2)


def mixed_labels(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """One field is numbered otherwise than the other fields of the same answer."""
    known = chosen(work, rng, question)
    if known.group not in ("relabelling", "signed_order") or len(known.moved) < 2:
        return []
    element = known.draw(rng, size)
    swapped = _swapped(rng, known, element)
    if swapped is None:
        return []
    name = str(rng.choice(known.moved))
    fields = write(known, known.acted(element) | known.acted(swapped, [name]), 0)
    return alone("one field labelled otherwise", work, known, fields)


def pinned_labels(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """All fields are numbered alike, but not as the labels say."""
    known = work.known(question)
    if not known.pinned:
        return []
    element = known.draw(rng, size)
    pin = rng.choice(known.pinned, size=size)
    other = (pin + rng.integers(1, known.width, size=size)) % known.width
    order = np.tile(np.arange(known.width), (size, 1))
    rows = np.arange(size)
    order[rows, pin], order[rows, other] = other, pin
    fields = known.acted(np.take_along_axis(element, order[:, None], axis=2))
    return alone("labels against the data's", work, known, write(known, fields, 0))


WRONG: list[Generator] = [
    one_entry,
    linked_sign,
    linked_turn,
    linked_labels,
    mixed_labels,
    pinned_labels,
    next_eigenvector,
    stretched,
    sheared,
    repeated_column,
    exchanged_rows,
    noise,
    other_data,
    cut_off,
    fewer_decimals,
    another_cluster,
    merged_clusters,
    conjugated_column,
    turned_entry,
    known_mistake,
    mistake_on_follow_through,
]
