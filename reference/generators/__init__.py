"""Data drawn for one learner: problems of one kind, each plain to write down and as hard as the next.

A generator is a documented function of a random `numpy.random.Generator`: options by keyword and typed, a frozen
record of named arrays and numbers as its result, `reference.errors.InvalidInputError` for options that no draw
satisfies. Whatever it gives is a whole number or a decimal of few places, so that what a learner copies is exactly
what is graded. The same state of the random generator gives the same data: everything is counted in units of the last
decimal, where sums and products are exact, and no matrix product or decomposition in floating point takes part.

To add one, write the function into a module here and list it in `GENERATORS`.

Examples
--------
>>> import numpy as np
>>> rng = np.random.default_rng(7)
>>> GENERATORS["connected_graph"](rng, n_vertices=3, n_edges=2)
ConnectedGraph(edges=array([[1, 3],
       [2, 3]]), n_vertices=3)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from reference.arrays import Record
from reference.generators.chains import transition_matrix
from reference.generators.entries import choice, decimals, integers, shuffled
from reference.generators.factored_matrices import matrix_of_rank, matrix_with_eigenvalues
from reference.generators.graphs import connected_graph, weighted_graph
from reference.generators.groups import clusters, labelled_classes
from reference.generators.latent_gaussians import linear_gaussian_vae
from reference.generators.linear_mixtures import linear_mixture
from reference.generators.matrices import invertible_matrix, symmetric_matrix, triangular_matrix
from reference.generators.mixtures import gaussian_mixture, partly_labelled_mixture
from reference.generators.polynomials import polynomial_with_roots
from reference.generators.responses import logistic_regression, regression

__all__ = ["GENERATORS", "Generator"]

Generator: TypeAlias = Callable[..., Record]

_FUNCTIONS: tuple[Generator, ...] = (
    integers,
    decimals,
    choice,
    shuffled,
    connected_graph,
    weighted_graph,
    gaussian_mixture,
    partly_labelled_mixture,
    linear_mixture,
    regression,
    logistic_regression,
    labelled_classes,
    clusters,
    transition_matrix,
    matrix_of_rank,
    invertible_matrix,
    triangular_matrix,
    symmetric_matrix,
    matrix_with_eigenvalues,
    polynomial_with_roots,
    linear_gaussian_vae,
)

GENERATORS: Mapping[str, Generator] = MappingProxyType({function.__name__: function for function in _FUNCTIONS})
"""Every generator by its name in assignment files, such as ``"connected_graph"``."""
