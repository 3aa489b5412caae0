"""Wrong answers to any assignment, each proven to be wrong whatever element and convention is tried."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from typing import Any

import numpy as np

import reference
from tests.accuracy.asked import Array, Fields, decimals_asked, one_hot, tolerances
from tests.accuracy.cases import Case, Generator, cases_of
from tests.accuracy.known import Known
from tests.accuracy.proofs import Flags, contradicts, proven_wrong
from tests.accuracy.right import chosen, write
from tests.accuracy.slips import known_mistake, mistake_on_follow_through
from tests.accuracy.truths import Work

__all__ = ["WRONG"]


def _alone(
    generator: str, work: Work, known: Known, fields: Fields, *, keep: Flags | None = None, own: bool = True
) -> list[Case]:
    """Cases of those answers, sent alone, that are proven to be wrong."""
    return _sent(generator, work, known, known.sent(fields), keep=keep, own=own)


def _sent(
    generator: str, work: Work, known: Known, sent: Fields, *, keep: Flags | None = None, own: bool = True
) -> list[Case]:
    """The same of answers in the layout in which they are sent."""
    question = known.question.id
    proven = proven_wrong(work.every_known(question), sent, own=own)
    rows = np.flatnonzero(proven if keep is None else proven & keep).tolist()
    return cases_of(generator, question, "wrong", sent, rows=rows)


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
    return _alone("one entry off", work, known, fields)


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
    return _alone("one field labelled otherwise", work, known, fields)


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
    return _alone("labels against the data's", work, known, write(known, fields, 0))


# --- Near misses of eigenvectors and subspaces ------------------------------------------------------------------


def _columns(known: Known) -> str | None:
    """The field of real or complex numbers that holds vectors in columns."""
    if known.group in ("identity", "relabelling"):
        return None
    for name in known.moved:
        if len(known.fields[name].shape) == 2:
            return name
    return None


def _changed(
    work: Work, rng: np.random.Generator, known: Known, size: int, generator: str, columns: Array
) -> list[Case]:
    """Put other columns in the place of the truth's and move them; `columns` has a batch axis or none."""
    name = _columns(known)
    if name is None:
        return []
    own = known.narrowed({**known.fields})
    if columns.ndim == 2:
        moved = columns @ own.draw(rng, size)
    else:
        moved = np.einsum("bij,bjk->bik", columns, own.draw(rng, size))
    fields = known.acted(known.draw(rng, size)) | {name: moved}
    fields = {field: value for field, value in fields.items() if known.question.fields[field].required}
    return _alone(generator, work, known, write(known, fields, None if rng.random() < 0.5 else 0), own=False)


def next_eigenvector(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """One column is the next eigenvector instead."""
    known, truth = work.known(question), work.assignment.question(question).truth
    if truth is None or truth.solver != "graphs.laplacian_eigenmaps" or _columns(known) is None:
        return []
    try:
        longer: Any = reference.graphs.laplacian_eigenmaps(
            **work.inputs(question), **(truth.options | {"n_components": known.total + 1})
        )
    except reference.errors.SolverError:
        return []
    columns = np.tile(longer.Psi[:, : known.width], (size, 1, 1))
    columns[np.arange(size), :, rng.integers(known.width, size=size)] = longer.Psi[:, known.total]
    return _changed(work, rng, known, size, "the next eigenvector", columns)


def stretched(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """All columns, or one, are too long or too short."""
    known = work.known(question)
    name = _columns(known)
    if name is None:
        return []
    factor = np.exp(rng.choice([-1.0, 1.0], size=(size, 1)) * np.exp(rng.uniform(-6.0, -2.0, size=(size, 1))))
    factors = np.where((rng.random((size, 1)) < 0.5) | (np.arange(known.width) == 0), factor, 1.0)
    columns = known.fields[name][:, : known.width] * factors[:, None]
    return _changed(work, rng, known, size, "stretched", columns)


def sheared(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """The columns are mixed by a matrix that is not orthogonal."""
    known = work.known(question)
    name = _columns(known)
    if name is None:
        return []
    amount = np.exp(rng.uniform(-5.0, -1.0, size=(size, 1, 1)))
    shear = np.eye(known.width) + amount * rng.normal(size=(size, known.width, known.width))
    columns = known.fields[name][:, : known.width] @ shear
    return _changed(work, rng, known, size, "sheared", columns)


def repeated_column(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """One column stands twice and another not at all."""
    known = chosen(work, rng, question)
    name = _columns(known)
    if name is None or known.width < 2:
        return []
    fields = known.acted(known.draw(rng, size), known.required)
    rows, column = np.arange(size), rng.integers(known.width, size=size)
    other = (column + rng.integers(1, known.width, size=size)) % known.width
    fields[name][rows, :, column] = fields[name][rows, :, other]
    return _alone("a repeated column", work, known, write(known, fields, 0), own=False)


def exchanged_rows(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Two rows (samples, vertices, coordinates) are exchanged."""
    known = work.known(question)
    names = [name for name in known.required if known.fields[name].ndim == 2 and len(known.fields[name]) > 1]
    if not names:
        return []
    fields = known.acted(known.draw(rng, size), known.required)
    name = str(rng.choice(names))
    rows, count = np.arange(size), fields[name].shape[1]
    row = rng.integers(count, size=size)
    other = (row + rng.integers(1, count, size=size)) % count
    fields[name][rows, row], fields[name][rows, other] = fields[name][rows, other], fields[name][rows, row].copy()
    return _alone("two rows exchanged", work, known, write(known, fields, 0), own=False)


# --- Labels and complex numbers ---------------------------------------------------------------------------------


def _labelled(known: Known) -> str | None:
    """The field that holds labels."""
    return next((name for name in known.required if known.field(name).kind == "labels"), None)


def another_cluster(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """One sample is in another cluster, or in one of its own; all else as it should be."""
    known = chosen(work, rng, question)
    name = _labelled(known)
    if name is None:
        return []
    sent = known.sent(write(known, known.acted(known.draw(rng, size), known.required), None))
    labels, rows = sent[name], np.arange(size)
    sample = rng.integers(labels.shape[1], size=size)
    count = known.width + (rng.random(size) < 0.2)
    labels[rows, sample] = (labels[rows, sample] + 1 + rng.integers(count - 1, size=size)) % count
    return _sent("one sample in another cluster", work, known, sent)


def merged_clusters(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Two clusters have one name."""
    known = chosen(work, rng, question)
    name = _labelled(known)
    if name is None:
        return []
    sent = known.sent(write(known, known.acted(known.draw(rng, size), known.required), None))
    pair = rng.permuted(np.tile(np.arange(known.width), (size, 1)), axis=1)[:, :2, None]
    sent[name] = np.where(sent[name] == pair[:, 0], pair[:, 1], sent[name])
    return _sent("two clusters merged", work, known, sent)


def conjugated_column(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """One column, or one root, is the conjugate of what it should be."""
    known = chosen(work, rng, question)
    names = [name for name in known.moved if known.field(name).kind == "complex"]
    if not names:
        return []
    fields = known.acted(known.draw(rng, size), known.required)
    rows, column = np.arange(size), rng.integers(known.width, size=size)
    for name in names:
        moves = known.moves(name)
        columns = np.moveaxis(fields[name], moves.axes[0] + 1, 1)  # type: ignore[union-attr] # it is moved
        columns[rows, column] = columns[rows, column].conj()
    return _alone("one column conjugated", work, known, write(known, fields, None if rng.random() < 0.5 else 0))


# --- Anything at all --------------------------------------------------------------------------------------------


def noise(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Random numbers of the right shape and scale."""
    known = work.known(question)
    fields = {}
    for name in known.required:
        shape, scale = known.shape(name), float(np.abs(known.fields[name]).max()) or 1.0
        fields[name] = scale * rng.normal(size=(size, *shape))
        match known.field(name).kind:
            case "labels":
                fields[name] = one_hot(rng.integers(shape[1], size=(size, shape[0])), shape[1])
            case "integer":
                fields[name] = np.rint(3.0 * fields[name])
            case "complex":
                fields[name] = fields[name] + 1j * scale * rng.normal(size=(size, *shape))
    return _alone("random noise", work, known, fields, own=False)


def other_data(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """The truth of data that differ a little, or of quite other ones."""
    cases: list[Case] = []
    truth = work.assignment.question(question).truth
    for far in (
        (0.02,) if truth and truth.solver.endswith(".fit") else (0.02, 1.0)
    ):  # EM takes long on what is no mixture
        other = _other(work, far)
        try:
            theirs = other.known(question)
        except reference.errors.SolverError:
            continue
        known = work.known(question)
        fields = theirs.acted(theirs.draw(rng, max(1, size // 2)), known.required)
        cases += _alone("the truth of other data", work, known, write(known, fields, 0), own=False)
    return cases


_SAMPLES = {"X", "x", "y", "m", "edges", "A", "coefficients"}


@lru_cache(maxsize=16)
def _other(work: Work, far: float) -> Work:
    rng = np.random.default_rng(int(1000 * far))
    data: dict[str, Any] = deepcopy(dict(work.data))
    for question in work.numeric:
        truth = work.assignment.question(question).truth
        for name, source in truth.inputs.items() if truth else ():
            if source.data is None or name not in _SAMPLES:
                continue
            value = np.array(work.datum(source.data))
            if name == "edges":
                _put(data, source.data, _moved_edge(rng, value))
            elif name != "y" or value.dtype.kind == "f":  # whole numbers there are labels
                scale = far * (float(value.std()) or 1.0)
                _put(data, source.data, (value + scale * rng.normal(size=value.shape)).tolist())
    return Work(work.assignment, data)


def _put(data: dict[str, Any], path: str, value: object) -> None:
    *steps, last = path.split(".")
    for step in steps:
        data = data[step]
    data[last] = value


def _moved_edge(rng: np.random.Generator, edges: Array) -> list[list[int]]:
    """Leave out one edge whose ends have others, and put in one that is not there, where there are such."""
    pairs = [(min(pair), max(pair)) for pair in edges.tolist()]
    vertices = int(edges.max())
    degrees = np.bincount(edges.ravel(), minlength=vertices + 1)
    loose = [pair for pair in pairs if degrees[list(pair)].min() > 1]
    absent = [(i, j) for j in range(1, vertices + 1) for i in range(1, j) if (i, j) not in set(pairs)]
    kept = set(pairs)
    if loose:
        kept.discard(loose[rng.integers(len(loose))])
    if absent:
        kept.add(absent[rng.integers(len(absent))])
    return [list(pair) for pair in sorted(kept)]


def cut_off(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Cut off after the decimals asked instead of rounded."""
    known = chosen(work, rng, question)
    return _coarse("cut off instead of rounded", work, rng, known, size, np.trunc, 0)


def fewer_decimals(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Rounded, but to fewer decimals than asked."""
    known = chosen(work, rng, question)
    return _coarse("fewer decimals", work, rng, known, size, np.rint, int(rng.integers(1, 3)))


def _coarse(
    generator: str, work: Work, rng: np.random.Generator, known: Known, size: int, whole: np.ufunc, fewer: int
) -> list[Case]:
    fields = known.acted(known.draw(rng, size), known.required)
    for name, value in fields.items():
        asked = decimals_asked(known.specs[name], value, span=known.group == "span")
        if asked is not None:
            fields[name] = _by_parts(whole, value * 10.0 ** (asked - fewer)) / 10.0 ** (asked - fewer)
    return _alone(generator, work, known, fields, own=False)


def _by_parts(whole: np.ufunc, value: Array) -> Array:
    return np.asarray(whole(value.real) + 1j * whole(value.imag) if np.iscomplexobj(value) else whole(value))


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
    known_mistake,
    mistake_on_follow_through,
]
