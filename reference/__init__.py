"""What is true: solvers for numeric homework, on NumPy and SciPy alone.

A solver is a documented function of arrays: inputs by position, options by keyword and precisely typed, a
frozen record as its result, a named `reference.errors.SolverError` where there is none. `SOLVERS` holds them
under the names that assignment files use. To add one, write the function into a module below (or add a
module to `_MODULES`) and list it in that module's ``__all__``. `GENERATORS` are functions of another kind, which draw
data for one learner (see `reference.generators`).

Examples
--------
>>> solver = SOLVERS["graphs.laplacian"]
>>> solver([[0, 1], [1, 0]])
Laplacian(degrees=array([1., 1.]), D=array([[1., 0.],
       [0., 1.]]), L=array([[ 1., -1.],
       [-1.,  1.]]))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import isfunction
from types import MappingProxyType

from reference import (
    discriminants,
    errors,
    gaussian_mixture,
    generators,
    graph_cuts,
    graphs,
    k_means,
    kernel_pca,
    linear_algebra,
    linear_gaussian_vae,
    linear_mixture,
    linear_regression,
    logistic_regression,
    markov_chains,
    pca,
    polynomials,
    spectral_clustering,
    subspaces,
    svd,
)
from reference.generators import GENERATORS

__all__ = [
    "GENERATORS",
    "SOLVERS",
    "discriminants",
    "errors",
    "gaussian_mixture",
    "generators",
    "graph_cuts",
    "graphs",
    "k_means",
    "kernel_pca",
    "linear_algebra",
    "linear_gaussian_vae",
    "linear_mixture",
    "linear_regression",
    "logistic_regression",
    "markov_chains",
    "pca",
    "polynomials",
    "spectral_clustering",
    "subspaces",
    "svd",
]

_MODULES = (
    pca,
    graphs,
    gaussian_mixture,
    linear_mixture,
    linear_gaussian_vae,
    linear_regression,
    logistic_regression,
    svd,
    kernel_pca,
    discriminants,
    k_means,
    spectral_clustering,
    graph_cuts,
    markov_chains,
    linear_algebra,
    subspaces,
    polynomials,
)

SOLVERS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        f"{module.__name__.removeprefix('reference.')}.{name}": getattr(module, name)
        for module in _MODULES
        for name in module.__all__
        if isfunction(getattr(module, name))
    }
)
"""Every solver by its name in assignment files, such as ``"pca.principal_components"``."""
