"""Answers that are the truth up to its symmetry, under an element drawn at random."""

from __future__ import annotations

import numpy as np

import graders
from app.checking.lint_apart import as_sent
from app.checking.questions import Array, QuestionPlan

__all__ = ["draw", "moved"]


def draw(target: graders.Target, width: int, rng: np.random.Generator) -> Array | None:
    """Draw an element of a truth's symmetry.

    Parameters
    ----------
    target : Target
    width : int
        How many columns (or components) an answer has.
    rng : Generator

    Returns
    -------
    ndarray of shape (1, ...) or None
        None where elements are of no use.
    """
    symmetry = target.symmetry
    match symmetry:
        case graders.Signs():
            return rng.choice([-1.0, 1.0], (1, width))
        case graders.Phase() if any(np.iscomplexobj(target.truths[name]) for name in target.moves):
            return np.asarray(np.exp(2.0j * np.pi * rng.uniform(size=(1, width))))
        case graders.Phase():
            return rng.choice([-1.0, 1.0], (1, width))
        case graders.Relabelling(pinned):
            order = np.arange(width)
            free = np.array([one for one in range(width) if one not in pinned], dtype=int)
            order[free] = rng.permutation(free)
            return order[None]
        case graders.Rotation(cut):
            return _rotation(_columns(target), width, cut, rng)[None]
        case graders.Eigenbasis():
            return _eigenbasis(symmetry, width, rng)[None]
        case graders.SignedOrder():
            return _eigenbasis(symmetry.basis, width, rng)[None][:, :, rng.permutation(width)]
        case _:
            return None


def moved(
    question: QuestionPlan, target: graders.Target, element: Array | None, rng: np.random.Generator
) -> dict[str, Array]:
    """Make an answer that is the truth under an element.

    Parameters
    ----------
    question : QuestionPlan
    target : Target
        Its truth.
    element : ndarray of shape (1, ...) or None
    rng : Generator
        Of the basis of a span, which has no elements.

    Returns
    -------
    dict
        Every field as it would be sent.
    """
    fields = question.question.fields
    answer = {name: as_sent(value, fields[name].compared)[0] for name, value in target.truths.items()}
    for name, move in target.moves.items():
        if isinstance(target.symmetry, graders.Span):
            columns = np.moveaxis(answer[name], move.axes[0], -1)
            width = columns.shape[-1]
            basis = _orthogonal(width, rng) * rng.uniform(0.5, 2.0, width) @ _orthogonal(width, rng)
            answer[name] = np.moveaxis(columns @ basis, -1, move.axes[0])
        elif element is not None:
            answer[name] = target.under(element, name)[0]
    return answer


def _columns(target: graders.Target) -> int:
    """How many columns the truth has, which may be more than an answer's."""
    name, move = next(iter(target.moves.items()))
    return int(target.truths[name].shape[move.axes[0] + 1])


def _orthogonal(size: int, rng: np.random.Generator) -> Array:
    q, r = np.linalg.qr(rng.normal(size=(size, size)))
    return np.asarray(q * np.where(np.diag(r) >= 0, 1.0, -1.0))


def _rotation(total: int, width: int, cut: int, rng: np.random.Generator) -> Array:
    """Orthonormal columns that contain every direction before the cut eigenspace."""
    chosen = np.eye(total, width)
    if cut:
        start = total - cut
        chosen[start:, start:] = _orthogonal(cut, rng)[:, : width - start]
    return np.asarray(chosen @ _orthogonal(width, rng))


def _eigenbasis(group: graders.Eigenbasis, width: int, rng: np.random.Generator) -> Array:
    """One orthogonal block for each run of equal eigenvalues, the last with as many columns as are asked for."""
    element = np.zeros((len(group.spectrum), width))
    for run in group.runs:
        stop = min(run.stop, width)
        element[run, run.start : stop] = _orthogonal(run.stop - run.start, rng)[:, : stop - run.start]
    return element
