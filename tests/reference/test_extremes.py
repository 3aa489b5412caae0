"""Whatever finite numbers arrive: a finite result or a named error, never a NaN, never a warning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reference import SOLVERS
from reference.arrays import Array
from reference.errors import SolverError

Shapes = tuple[tuple[int, ...], ...]
MIXTURE: Shapes = ((2,), (2, 2), (2, 2, 2))
REGRESSION: Shapes = ((2,), (2, 2), (2,))
MODEL: Shapes = ((3, 2), (3,), (), (3,), (2,), (2,))
INPUTS: Mapping[str, tuple[Shapes, dict[str, int]]] = {
    "pca.principal_components": (((4, 3),), {}),
    "pca.project": (((4, 3), (3, 2)), {}),
    "pca.reconstruction_error": (((4, 3), (3, 3)), {"n_components": 2}),
    "graphs.adjacency": (((3, 2),), {"n_vertices": 4}),
    "graphs.laplacian": (((3, 3),), {}),
    "graphs.laplacian_eigenmaps": (((3, 3), (3, 3)), {"n_components": 2}),
    "graphs.embedding_forms": (((3, 2), (3, 3), (3, 3)), {}),
    "gaussian_mixture.responsibilities": (((4, 2), (4,), *MIXTURE), {}),
    "gaussian_mixture.m_step": (((4, 2), (4,), (4, 2)), {}),
    "gaussian_mixture.log_likelihood": (((4, 2), (4,), *MIXTURE), {}),
    "gaussian_mixture.em_step": (((4, 2), (4,), *MIXTURE), {}),
    "gaussian_mixture.fit": (((4, 2), (4,), *MIXTURE), {"max_iter": 20}),
    "linear_mixture.responsibilities": (((4, 2), (4,), *REGRESSION), {}),
    "linear_mixture.m_step": (((4, 2), (4,), (4, 2)), {}),
    "linear_mixture.log_likelihood": (((4, 2), (4,), *REGRESSION), {}),
    "linear_mixture.em_step": (((4, 2), (4,), *REGRESSION), {}),
    "linear_mixture.fit": (((4, 2), (4,), *REGRESSION), {"max_iter": 20}),
    "linear_gaussian_vae.evidence": (MODEL, {}),
    "linear_gaussian_vae.elbo_estimate": (MODEL, {"n_draws": 7}),
    "linear_gaussian_vae.pathwise_gradients": ((*MODEL, (2,)), {}),
}
SLIPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("pca.project", {"scale": True}),
    ("pca.reconstruction_error", {"scale": True, "keep": "least", "average": "entries"}),
    ("graphs.adjacency", {"directed": True}),
    ("graphs.laplacian_eigenmaps", {"problem": "standard"}),
    ("graphs.laplacian_eigenmaps", {"problem": "symmetric", "drop_trivial": True}),
    ("graphs.laplacian_eigenmaps", {"normalisation": "I"}),
    ("gaussian_mixture.responsibilities", {"labels": "ignored", "assignment": "hard"}),
    ("gaussian_mixture.m_step", {"labels": "ignored", "about": [[0.0, 1.0], [1e160, 0.0]]}),
    ("gaussian_mixture.m_step", {"labels": "left_out", "pi_over": "all_with_labels"}),
    ("gaussian_mixture.fit", {"labels": "left_out", "pi_over": "all"}),
    ("gaussian_mixture.fit", {"assignment": "hard", "pi_over": "all_with_labels"}),
    ("linear_mixture.m_step", {"about": [[0.0, 1.0], [1e160, 0.0]]}),
    ("linear_mixture.fit", {"assignment": "hard"}),
    ("linear_gaussian_vae.evidence", {"divergence": "posterior_to_q", "constant": False}),
)

magnitudes = st.sampled_from([0.0, 1.0, 2.0, 0.3, 1e-8, 1e8, 1e-160, 1e160, 5e-324, 1e-300, 1.7e308])
wild = st.builds(lambda size, sign: size * sign, magnitudes, st.sampled_from([1.0, 1.0, -1.0]))


def plausible(name: str, position: int, array: Array) -> Array:
    """Give wild entries the form without which every draw would be refused at the door."""
    mixture = name.startswith(("gaussian", "linear_mixture"))
    if name.startswith("gaussian") and position == 1:  # labels
        return np.asarray(np.abs(np.sign(array)) * (array != 1.0))
    if mixture and position == 2:  # probabilities
        return np.stack([array[..., 0] > 0, array[..., 0] <= 0], axis=-1).astype(np.float64)
    if name.startswith("gaussian") and position == 4:  # covariances
        return np.abs(array) * np.eye(2)
    if name.startswith("linear_mixture") and position == 4:
        return np.abs(array)
    if name in {"linear_gaussian_vae.evidence", "linear_gaussian_vae.elbo_estimate"} and position == 2:
        return np.abs(array)
    if name in {"graphs.laplacian_eigenmaps", "graphs.embedding_forms"} and array.shape == (3, 3):
        weights = np.abs(array / 8) * (1 - np.eye(3))
        weights = np.maximum(weights, weights.T)
        is_laplacian = position == (0 if name == "graphs.laplacian_eigenmaps" else 1)
        return np.diag(weights.sum(axis=0)) - weights if is_laplacian else np.abs(array) * np.eye(3)
    return np.eye(3) if name == "pca.reconstruction_error" and position == 1 else array


@pytest.mark.parametrize(("name", "solver"), [(name, SOLVERS[name]) for name in INPUTS], ids=INPUTS.keys())
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_wild_numbers_give_a_finite_result_or_a_named_error(
    name: str, solver: Callable[..., object], data: st.DataObject
) -> None:
    try_out(name, solver, data, {})


@pytest.mark.parametrize(("name", "slip"), SLIPS, ids=lambda part: part if isinstance(part, str) else "-".join(part))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_wild_numbers_do_so_with_the_options_of_a_slip(name: str, slip: dict[str, Any], data: st.DataObject) -> None:
    try_out(name, SOLVERS[name], data, slip)


def try_out(name: str, solver: Callable[..., object], data: st.DataObject, slip: dict[str, Any]) -> None:
    shapes, options = INPUTS[name]
    drawn = [data.draw(arrays(np.float64, shape, elements=wild)) for shape in shapes]
    inputs = [plausible(name, position, array) for position, array in enumerate(drawn)]
    try:
        result = solver(*inputs, **options, **slip)
    except SolverError:
        return
    assert all(np.all(np.isfinite(value)) for value in vars(result).values())
