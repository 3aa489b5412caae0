"""Independent proofs that answers are wrong: by a column's own entries for finite groups, by duality for rotations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.accuracy.asked import Array, Fields, misses, tolerances
from tests.accuracy.bounds import least_errors, least_phase_errors
from tests.accuracy.known import Known

__all__ = ["MARGIN", "contradicts", "proven_apart", "proven_wrong"]

Flags = NDArray[np.bool_]

MARGIN = 1.25
"""How many tolerances an answer has to be away where what is measured is a bound."""
_BEYOND = 1.01  # tolerances, where the entry itself is measured
_STEPS = 150


def proven_wrong(knowns: Sequence[Known], answers: Fields, *, own: bool = True) -> Flags:
    """Say which answers of a batch, sent alone, are proven to be wrong under every convention and every element.

    Parameters
    ----------
    knowns : sequence of Known
        The truth under every convention.
    answers : dict of str to ndarray
        As sent, with a leading batch axis; every required field.
    own : bool
        Whether fields that may also follow from the answer's own other fields count as they stand.

    Returns
    -------
    ndarray of bool, shape (batch,)
    """
    size = len(next(iter(answers.values())))
    proven = np.ones(size, dtype=bool)
    for known in knowns:
        if any(known.sent_shape(name) != answers[name].shape[1:] for name in known.required):
            continue
        canonical = {name: known.canonical(name, answers[name]) for name in known.required}
        rows = np.flatnonzero(proven)
        if not rows.size:
            break
        proven[rows] = _wrong({name: value[rows] for name, value in canonical.items()}, known, own=own)
    return proven


def proven_apart(known: Known, fields: Fields, times: float) -> bool:
    """Say whether a truth of other inputs is proven to be so many tolerances from this one, under every element.

    Parameters
    ----------
    known : Known
    fields : dict of str to ndarray
        The other one, in the layout in which the group moves it.
    times : float
        At least 1.25.
    """
    return bool(_wrong({name: fields[name][None] for name in known.required}, known, own=True, times=times)[0])


def contradicts(known: Known, answers: Fields, element: Array) -> Flags:
    """Say which answers of a batch are wrong under the element that a linked question imposes.

    An element of a continuous group is known to the grader only as far as rounding lets it be.
    """
    beyond = _BEYOND if known.discrete else 60.0
    expected = known.acted(element, known.required)
    wrong = np.zeros(len(element), dtype=bool)
    for name, value in expected.items():
        wrong |= _entries_wrong(known, name, known.canonical(name, answers[name]), value, beyond)
    return wrong


def _entries_wrong(known: Known, name: str, sent: Array, expected: Array, beyond: float) -> Flags:
    error = misses(sent, expected) > beyond * tolerances(known.specs[name], expected)
    return np.asarray(error.any(axis=tuple(range(1, error.ndim))))


def _wrong(answers: Fields, known: Known, *, own: bool, times: float = 1.0) -> Flags:
    """Whether a required field is proven wrong under one convention, by so many times the tolerance."""
    size = len(next(iter(answers.values())))
    wrong = np.zeros(size, dtype=bool)
    for name in known.required:
        if known.moves(name) is None and (own or known.field(name).own is None):
            wrong |= _entries_wrong(known, name, answers[name], known.fields[name][None], max(_BEYOND, times))
    rows = np.flatnonzero(~wrong)
    if known.moved and rows.size:
        wrong[rows] = _moved_wrong({name: answers[name][rows] for name in known.moved}, known, times)
    return wrong


def _moved_wrong(answers: Fields, known: Known, times: float) -> Flags:
    if known.discrete:
        return _no_column(answers, known, max(_BEYOND, times))
    wrong = np.zeros(len(next(iter(answers.values()))), dtype=bool)
    for name in known.moved:
        moves = known.moves(name)
        if moves is None or moves.magnitude or len(moves.axes) != 1:
            continue
        sent = _rows(answers[name], moves.axes[0])
        truth = _rows(known.fields[name][None], moves.axes[0])[0]
        tolerance = times * float(tolerances(known.specs[name], truth).min())
        rows = np.flatnonzero(~wrong)
        wrong[rows] = _continuous(sent[rows], truth, known, tolerance)
    return wrong


def _rows(values: Array, axis: int) -> Array:
    last = np.moveaxis(values, axis + 1, -1)
    return np.asarray(last.reshape(len(values), -1, last.shape[-1]))


def _continuous(sent: Array, truth: Array, known: Known, tolerance: float) -> Flags:
    enough = MARGIN * tolerance
    if known.group == "span":
        return _sines(sent, truth, known.cut) > enough
    if known.group == "rotation":
        return least_errors(sent, truth, enough, _STEPS) > enough
    if known.group == "signed_order":  # whatever the order, the element is orthogonal
        return least_errors(sent, truth, enough, _STEPS) > enough
    wrong = np.zeros(len(sent), dtype=bool)
    if known.group == "phase":
        for own in range(known.width):
            rows = np.flatnonzero(~wrong)
            wrong[rows] = least_phase_errors(sent[rows][:, :, own], truth[:, own], enough) > enough
        return wrong
    for block in known.blocks:
        kept = slice(block.start, min(block.stop, known.width))
        rows = np.flatnonzero(~wrong)
        if block.stop - block.start == 1:
            column = truth[:, block]
            errors = [np.abs(sent[rows][:, :, kept] - sign * column).max(axis=(1, 2)) for sign in (1.0, -1.0)]
            wrong[rows] = np.minimum(*errors) > _BEYOND * tolerance
        else:
            wrong[rows] = least_errors(sent[rows][:, :, kept], truth[:, block], enough, _STEPS) > enough
    return wrong


def _sines(sent: Array, truth: Array, cut: int) -> Array:
    """The largest sine of a principal angle, by projectors; 1 where columns are (nearly) dependent."""
    lengths = np.linalg.norm(sent, axis=1, keepdims=True)
    unit = sent / np.where(lengths > 0, lengths, 1.0)
    q, r = np.linalg.qr(unit)
    truth_q = np.linalg.qr(truth)[0]
    sines = np.linalg.norm(q - truth_q @ (truth_q.T @ q), ord=2, axis=(1, 2))
    fixed = truth_q[:, : truth.shape[1] - cut]
    if cut and fixed.shape[1]:
        left = fixed - q @ (q.swapaxes(1, 2) @ fixed)
        sines = np.maximum(sines, np.linalg.norm(left, ord=2, axis=(1, 2)))
    dependent = np.abs(np.diagonal(r, axis1=1, axis2=2)).min(axis=1) < 1e-13
    return np.where(dependent, 1.0, sines)


def _no_column(answers: Fields, known: Known, beyond: float) -> Flags:
    """Whether some column matches no true column that it may be, in all fields and with one sign, or none it."""
    signs = (1.0,) if known.group == "relabelling" else (1.0, -1.0)
    size, width = len(next(iter(answers.values()))), known.width
    fits = np.zeros((size, known.total, width), dtype=bool)
    for sign in signs:
        every = np.ones_like(fits)
        for name, value in answers.items():
            moves = known.moves(name)
            if moves is None or len(moves.axes) != 1:
                continue
            sent, truth = _rows(value, moves.axes[0]), _rows(known.fields[name][None], moves.axes[0])[0]
            allowed = beyond * tolerances(known.specs[name], truth)
            factor = 1.0 if moves.magnitude else sign
            for column in range(known.total):
                error = misses(sent, factor * truth[None, :, column, None])
                every[:, column] &= (error <= allowed[None, :, column, None]).all(axis=1)
        fits |= every
    allowed_pairs = np.ones((known.total, width), dtype=bool)
    if known.group in ("signs", "eigenbasis"):
        allowed_pairs = np.eye(known.total, width, dtype=bool)
    for pin in known.pinned:
        allowed_pairs[pin, :] = allowed_pairs[:, pin] = False
        allowed_pairs[pin, pin] = True
    fits &= allowed_pairs
    matched = np.asarray(fits.any(axis=1))
    wrong = np.asarray(~matched.all(axis=1))
    if known.total == width:
        found = np.asarray(fits.any(axis=2))
        wrong |= ~found.all(axis=1)
    return wrong
