"""The solvers of the practice assignment with wild numbers: a finite result or a named error, never a warning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reference import SOLVERS
from reference.arrays import Array
from reference.errors import SolverError
from tests.reference.test_extremes import INPUTS, Shapes, wild

PRACTICE: Mapping[str, tuple[Shapes, dict[str, Any]]] = {
    "linear_regression.least_squares": (((5, 2), (5,)), {}),
    "linear_regression.ridge": (((5, 2), (5,)), {"penalty": 0.5}),
    "linear_regression.predict": (((3, 2), (3,)), {}),
    "logistic_regression.gradient": (((4, 2), (4,), (2,)), {}),
    "logistic_regression.newton_step": (((4, 2), (2,), (2,)), {}),
    "svd.decompose": (((4, 3),), {}),
    "svd.low_rank": (((4, 3), (3,), (3, 3)), {"rank": 2}),
    "kernel_pca.gram": (((4, 2),), {"gamma": 0.3}),
    "kernel_pca.components": (((3, 3),), {"n_components": 1}),
    "discriminants.scatter_matrices": (((4, 2), (4,)), {}),
    "discriminants.directions": (((2, 2), (2, 2)), {"n_components": 1}),
    "k_means.lloyd_step": (((5, 2), (2, 2)), {}),
    "k_means.fit": (((5, 2), (2, 2)), {"max_iter": 20}),
    "spectral_clustering.fiedler": (((3, 3),), {}),
    "graph_cuts.sign_cut": (((4, 1),), {}),
    "spectral_clustering.cluster": (((4, 4),), {"n_clusters": 2}),
    "graph_cuts.normalised_cut": (((4, 4), (4, 2)), {}),
    "markov_chains.stationary": (((3, 3),), {}),
    "markov_chains.mean_times": (((3, 3), (3,)), {}),
    "linear_algebra.condition_number": (((3, 3),), {}),
    "subspaces.null_space": (((3, 4),), {}),
    "subspaces.projector": (((4, 2),), {}),
    "linear_algebra.eigenvectors": (((3, 3),), {}),
    "polynomials.roots": (((4,),), {}),
    "polynomials.real_roots": (((4,),), {}),
}
SLIPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("linear_regression.ridge", {"penalise_intercept": True, "loss": "mean"}),
    ("logistic_regression.gradient", {"link": "linear"}),
    ("logistic_regression.newton_step", {"curvature": "gram"}),
    ("svd.decompose", {"center": True}),
    ("svd.low_rank", {"norm": "spectral", "keep": "smallest"}),
    ("kernel_pca.gram", {"distance": "plain", "centring": "rows"}),
    ("kernel_pca.components", {"scaling": "inverse_root"}),
    ("discriminants.scatter_matrices", {"within": "covariances", "between": "unweighted"}),
    ("discriminants.directions", {"normalisation": "within", "problem": "between"}),
    ("discriminants.directions", {"normalisation": "within", "problem": "total"}),
    ("k_means.fit", {"distance": "manhattan", "centre": "median", "inertia": "distances"}),
    ("spectral_clustering.fiedler", {"problem": "symmetric"}),
    ("spectral_clustering.cluster", {"which": "largest"}),
    ("graph_cuts.sign_cut", {"at": "median"}),
    ("markov_chains.stationary", {"normalisation": "length"}),
    ("linear_algebra.condition_number", {"norm": "frobenius"}),
    ("linear_algebra.condition_number", {"norm": "eigenvalues"}),
    ("linear_algebra.eigenvectors", {"side": "left"}),
    ("polynomials.real_roots", {"order": "ascending"}),
)


def plausible(name: str, position: int, array: Array) -> Array:
    """Give wild entries the form without which every draw would be refused at the door."""
    if name == "logistic_regression.gradient" and position == 1:  # classes
        return (array > 0).astype(np.float64)
    if name == "discriminants.scatter_matrices" and position == 1:
        return np.array([1.0, 2.0, 1.0, 2.0])
    if name == "discriminants.directions" and position == 0:
        return np.abs(array) * np.eye(2)
    if name.startswith(("spectral_clustering", "graph_cuts")) and array.shape in {(3, 3), (4, 4)}:
        weights = np.abs(array / 8) * (1 - np.eye(len(array)))
        return np.maximum(weights, weights.T)
    if name == "graph_cuts.normalised_cut" and position == 1:
        return np.stack([array[:, 0] > 0, array[:, 0] <= 0], axis=1).astype(np.float64)
    if name.startswith("markov_chains"):
        shares = np.abs(array / 4) + 1e-300
        return np.asarray(shares / shares.sum(axis=-1, keepdims=True))
    return array


def test_every_solver_is_tried_once() -> None:
    assert sorted([*INPUTS, *PRACTICE]) == sorted(SOLVERS)


def try_out(name: str, data: st.DataObject, slip: dict[str, Any]) -> None:
    shapes, options = PRACTICE[name]
    drawn = [data.draw(arrays(np.float64, shape, elements=wild)) for shape in shapes]
    inputs = [plausible(name, position, array) for position, array in enumerate(drawn)]
    try:
        result = SOLVERS[name](*inputs, **options, **slip)
    except SolverError:
        return
    assert all(np.all(np.isfinite(value)) for value in vars(result).values())


@pytest.mark.parametrize("name", PRACTICE)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_wild_numbers_give_a_finite_result_or_a_named_error(name: str, data: st.DataObject) -> None:
    try_out(name, data, {})


@pytest.mark.parametrize(("name", "slip"), SLIPS, ids=lambda part: part if isinstance(part, str) else "-".join(part))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_wild_numbers_do_so_with_the_options_of_a_slip(name: str, slip: dict[str, Any], data: st.DataObject) -> None:
    try_out(name, data, slip)
