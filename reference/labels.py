"""What the labels of a partly labelled sample count for: in responsibilities, in mixing weights, in a likelihood."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.arrays import Array, Integers, as_integers
from reference.errors import InvalidInputError

__all__ = ["Labels", "PiOver", "label_weights", "mixing_weights", "read_labels", "seen", "sum_to_one"]

Labels: TypeAlias = Literal["used", "ignored", "left_out"]
PiOver: TypeAlias = Literal["unlabelled", "all", "all_with_labels"]


def read_labels(y: ArrayLike, n_samples: int, n_components: int, *, ignored: bool = False) -> Integers:
    """Read labels of shape (n,) from 0 (unlabelled) to K; ignored, they all come out as 0.

    Raises
    ------
    InvalidInputError
        Where a label is out of range.
    """
    labels = as_integers("y", y, n_samples)
    wrong = np.flatnonzero((labels < 0) | (labels > n_components))
    if wrong.size:
        raise InvalidInputError(f"y[{wrong[0]}] is {labels[wrong[0]]}; wanted a label from 0 to {n_components}")
    return np.zeros_like(labels) if ignored else labels


def label_weights(delta: Array, known: Integers, *, left_out: bool) -> Array:
    """Replace the rows of delta, of shape (n, K), that a label decides: by one-hot rows, or by zeros if left out."""
    one_hot = (known[:, None] == np.arange(1, delta.shape[1] + 1)) & (not left_out)
    return np.where(known[:, None] == 0, delta, one_hot)


def mixing_weights(weights: Array, unlabelled: NDArray[np.bool], pi_over: PiOver) -> Array:
    """Average weights of shape (n, K) over the samples; uniform where only unlabelled ones count and there are none.

    Examples
    --------
    >>> weights, unlabelled = np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([True, False])
    >>> mixing_weights(weights, unlabelled, "all").tolist()
    [0.25, 0.25]
    >>> mixing_weights(weights, unlabelled, "all_with_labels").tolist()
    [0.75, 0.25]
    """
    n, n_components = weights.shape
    if pi_over == "all_with_labels":
        return np.asarray(weights.sum(axis=0) / n)
    if not unlabelled.any():
        return np.full(n_components, 1 / n_components)
    return np.asarray(weights[unlabelled].sum(axis=0) / n if pi_over == "all" else weights[unlabelled].mean(axis=0))


def sum_to_one(pi: Array, pi_over: PiOver) -> Array:
    """Divide mixing weights by their sum, where `mixing_weights` may have left another than 1."""
    return pi if pi_over == "unlabelled" else np.asarray(pi / pi.sum())


def seen(x: ArrayLike, y: ArrayLike, labels: Labels) -> tuple[ArrayLike, ArrayLike]:
    """Take the samples, and what is known of their components, that a treatment of the labels looks at.

    Examples
    --------
    >>> seen([[5.0], [6.0]], [0, 2], "left_out")
    (array([[5.]]), array([0]))
    """
    known = np.asarray(y) * (labels != "ignored")
    among = (known == 0) | (labels != "left_out")
    return np.asarray(x)[among], known[among]
