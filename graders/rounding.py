"""Answers that are the truth, but with fewer digits than asked: rounded, or cut off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from graders.comparison import Comparison, Target
from graders.orthogonal import within_range
from graders.tolerance import Array, Tolerance

__all__ = ["compare_cut_off", "compare_rounded"]

_EPS = float(np.finfo(np.float64).eps)


def compare_rounded(
    target: Target, answers: Mapping[str, Array], decimals: Mapping[str, int], imposed: Array | None = None
) -> Comparison:
    """Compare one answer with the truth rounded to the decimals that the answer shows.

    Parameters
    ----------
    target : Target
        The truth, with the tolerances that were asked for.
    answers : mapping of str to ndarray of shape (1, ...)
        One submission's fields.
    decimals : mapping of str to int
        For each field that shows fewer decimals than asked, the most that any of its entries shows; at least 1.
    imposed : ndarray of shape (1, ...), optional
        The element of a linked question.

    Returns
    -------
    Comparison
        A field in `decimals` is correct where some element brings every entry within half a unit of that decimal,
        and the rounded truth keeps the truth's numerical rank and has no column of zeros; the others where they are
        within their own tolerance, all under the same element.

    Notes
    -----
    The entries sent are multiples of the unit, so that within half a unit of the truth they *are* the truth rounded,
    and the rank to look at is the answer's own.

    Examples
    --------
    >>> target = Target({"x": np.array([[0.617, -0.734]])}, {"x": Tolerance.decimals(3)})
    >>> bool(compare_rounded(target, {"x": np.array([[0.6, -0.7]])}, {"x": 1}).fields["x"].correct[0])
    True
    """
    coarse = {name: Tolerance.decimals(shown) for name, shown in decimals.items()}
    loose = Target(target.truths, {**target.tolerances, **coarse}, target.symmetry, target.moves, labels=target.labels)
    comparison = loose.compare(answers, imposed)
    fields = dict(comparison.fields)
    for name in decimals:
        if fields[name].correct[0] and not _keeps_rank(answers[name][0], target.truths[name][0]):
            fields[name] = fields[name].restricted(np.zeros(1, dtype=bool))
    return replace(comparison, fields=fields)


def compare_cut_off(
    target: Target, answers: Mapping[str, Array], decimals: Mapping[str, int], imposed: Array | None = None
) -> Comparison:
    """Compare one answer with the truth cut off after the decimals that the answer shows.

    Parameters
    ----------
    target, answers, imposed
        As for `compare_rounded`.
    decimals : mapping of str to int
        The decimals after which each field was cut off, at most as many as asked.

    Returns
    -------
    Comparison
        A field in `decimals` is correct where, under the element found, every entry is the truth's entry without
        its further digits: of the same sign, not larger, and less than one unit smaller; or where it is within its own
        tolerance.

    Notes
    -----
    An answer cut off after the decimals asked is within two tolerances of the truth. It is therefore recognised by
    its digits, every one of them, and never by closeness. Under a rotation the element has to be a signed
    permutation or the least-squares one to be found.

    Examples
    --------
    >>> target = Target({"x": np.array([[0.6166, -0.7347]])}, {"x": Tolerance.decimals(3)})
    >>> bool(compare_cut_off(target, {"x": np.array([[0.616, -0.734]])}, {"x": 3}).fields["x"].correct[0])
    True
    """
    whole = {name: Tolerance(atol=10.0**-shown) for name, shown in decimals.items()}
    loose = Target(target.truths, {**target.tolerances, **whole}, target.symmetry, target.moves, labels=target.labels)
    comparison = loose.compare(answers, imposed)
    fields = dict(comparison.fields)
    precise = target.compare(answers, comparison.element).fields
    for name, shown in decimals.items():
        found = fields[name]
        if precise[name].correct[0]:
            fields[name] = precise[name]
            continue
        if not found.correct[0]:
            continue
        sent = found.column.write(answers[name])[0]
        move = target.moves.get(name)
        written = found.column.write(target.truths[name])
        expected = written if move is None else target.symmetry.act(comparison.element, written, move.kind)
        if not (_is_cut_off(sent, expected[0], shown) and _keeps_rank(answers[name][0], target.truths[name][0])):
            fields[name] = found.restricted(np.zeros(1, dtype=bool))
    return replace(comparison, fields=fields)


def _is_cut_off(sent: Array, expected: Array, decimals: int) -> bool:
    if np.iscomplexobj(expected):  # both parts were cut off
        sent, expected = (np.stack([array.real, array.imag]) for array in (np.asarray(sent, dtype=complex), expected))
    unit = 10.0**-decimals
    left = np.where(sent == 0, np.abs(expected), np.sign(sent) * (expected - sent))
    slack = 4 * _EPS * (np.abs(expected) + unit)
    return bool(((left >= -slack) & (left < unit - slack)).all())


def _keeps_rank(sent: Array, truth: Array) -> bool:
    """Whether an answer has the truth's numerical rank, and no column of zeros where the truth has none."""
    if sent.ndim == 0:
        return bool(sent != 0) or bool(truth == 0)
    ours, theirs = (array.reshape(len(array), -1) for array in (truth, sent))
    if ours.shape[1] == 1:
        return bool(theirs.any()) or not ours.any()
    if bool(np.any(np.any(ours, axis=0)[: theirs.shape[1]] & ~np.any(theirs, axis=0))):
        return False
    return _rank(theirs) >= min(_rank(ours), theirs.shape[1])


def _rank(matrix: Array) -> int:
    scales = np.linalg.svd(within_range(matrix[None])[0], compute_uv=False)
    return int(np.sum(scales > max(matrix.shape) * _EPS * scales.max(initial=0.0))) if scales.max(initial=0.0) else 0
