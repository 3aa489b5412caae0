"""The solvers give the figures that homework 3 and its published solution print, to the digits printed."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import ArrayLike

from reference import gaussian_mixture, graphs, linear_gaussian_vae, linear_mixture, pca
from reference.arrays import Array

EIGHT_DECIMALS = 0.5e-8 + 1e-14


def printed(rows: ArrayLike) -> Array:
    """Read printed figures; an illegible one becomes NaN."""
    return np.array(rows, dtype=np.float64)


def agree(found: Array, expected: Array) -> None:
    legible = np.isfinite(expected)
    assert found.shape == expected.shape
    assert legible.sum() >= expected.size - 1
    assert np.abs(found - expected)[legible].max() <= EIGHT_DECIMALS


def signs(found: Array, expected: Array) -> Array:
    return np.asarray(np.sign(np.nansum(found * expected, axis=0)))


@pytest.fixture
def problem_1(published: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = published["problem_1_pca"]
    return content


@pytest.fixture
def problem_3(published: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = published["problem_3_laplacian_eigenmaps"]
    return content


@pytest.fixture
def graph(problem_3: dict[str, Any]) -> graphs.Laplacian:
    return graphs.laplacian(graphs.adjacency(problem_3["edges"], n_vertices=problem_3["vertices"]).W)


@pytest.fixture
def problem_4(companions: dict[str, Any]) -> tuple[Any, ...]:
    content = companions["problem_4_semi_supervised_gmm"]
    start = content["theta0"]
    assert start["Sigma"] == "identity for every component"
    return content["x"], content["y"], start["pi"], start["mu"], [np.eye(2)] * content["K"]


@pytest.fixture
def problem_5(companions: dict[str, Any]) -> tuple[Any, ...]:
    content = companions["problem_5_mixture_of_linear_models"]
    start = content["theta0"]
    return [[1.0, u] for u in content["u"]], content["y"], start["pi"], start["w"], start["rho"]


def test_eigenvalues_are_the_printed_ones_with_ddof_1(problem_1: dict[str, Any]) -> None:
    found = pca.principal_components(problem_1["samples"]).explained_variance
    agree(found, printed(problem_1["printed_eigenvalues_ddof_1"]))
    other = pca.principal_components(problem_1["samples"], ddof=0).explained_variance
    assert abs(other[0] - found[0]) > 1


def test_axes_and_components_are_the_printed_ones_up_to_the_same_signs(problem_1: dict[str, Any]) -> None:
    found = pca.principal_components(problem_1["samples"])
    axes = printed(problem_1["printed_axes_columns"])
    flips = signs(found.axes, axes)
    agree(found.axes * flips, axes)
    agree(found.components * flips, printed(problem_1["printed_components_rows"]))
    again = pca.project(problem_1["samples"], found.axes * flips)
    agree(again.components, printed(problem_1["printed_components_rows"]))


def test_reconstruction_error_is_the_printed_one_with_ddof_0(problem_1: dict[str, Any]) -> None:
    found = pca.principal_components(problem_1["samples"])
    expected = problem_1["printed_mean_squared_reconstruction_error_2d"]
    assert expected == 5.472032912651864
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        reduced = pca.reconstruction_error(problem_1["samples"], found.axes[:, order], n_components=2)
        assert reduced.error == pytest.approx(expected, rel=1e-14)
        assert reduced.dropped.tolist() == [order.index(2)]
    other = pca.reconstruction_error(problem_1["samples"], found.axes, n_components=2, ddof=1).error
    assert other == pytest.approx(6.080, abs=0.5e-3)
    assert other == pytest.approx(found.explained_variance[2])


@pytest.mark.parametrize(("average", "expected"), [("samples", 5.472), ("entries", 1.824), ("sum", 54.720)])
def test_averages_of_the_reconstruction_error_are_three_figures(
    problem_1: dict[str, Any], average: Literal["samples", "entries", "sum"], expected: float
) -> None:
    axes = pca.principal_components(problem_1["samples"]).axes
    found = pca.reconstruction_error(problem_1["samples"], axes, n_components=2, average=average)
    assert found.error == pytest.approx(expected, abs=0.5e-3)
    assert average != "samples" or np.sqrt(found.error) == pytest.approx(2.339, abs=0.5e-3)


def test_error_of_samples_that_were_not_centred_is_another_figure(problem_1: dict[str, Any]) -> None:
    axes = pca.principal_components(problem_1["samples"], center=False).axes
    found = pca.reconstruction_error(problem_1["samples"], axes, n_components=2, center=False)
    assert found.error == pytest.approx(5.517, abs=0.5e-3)


def test_degrees_are_the_printed_ones(problem_3: dict[str, Any], graph: graphs.Laplacian) -> None:
    assert graph.degrees.tolist() == problem_3["degrees"]
    assert graph.D.tolist() == np.diag(problem_3["degrees"]).tolist()
    assert graph.L.sum(axis=1).tolist() == [0.0] * 10
    assert np.trace(graph.L) == 2 * len(problem_3["edges"])


def test_embedding_of_the_smallest_three_is_the_printed_one(problem_3: dict[str, Any], graph: graphs.Laplacian) -> None:
    found = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=3)
    expected = printed(problem_3["printed_embedding_smallest_three"])
    agree(found.Psi * signs(found.Psi, expected), expected)
    np.testing.assert_allclose(found.Psi[:, 0], 1 / np.sqrt(22), rtol=1e-14)
    np.testing.assert_allclose(found.gram, np.eye(3), atol=1e-14)


def test_embedding_without_the_constant_and_its_trace_are_the_printed_ones(
    problem_3: dict[str, Any], graph: graphs.Laplacian
) -> None:
    found = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=3, drop_trivial=True)
    expected = printed(problem_3["printed_embedding_second_to_fourth"])
    agree(found.Psi * signs(found.Psi, expected), expected)
    assert problem_3["printed_trace_second_to_fourth"] == 1.098
    assert found.trace == pytest.approx(1.098, abs=0.5e-3)
    assert found.trace == pytest.approx(1.0978, abs=0.5e-4)
    np.testing.assert_allclose(found.gram, np.eye(3), atol=1e-14)
    assert (found.n_trivial, found.basis.shape) == (1, (10, 3))


def test_standard_eigenproblem_gives_another_embedding(problem_3: dict[str, Any], graph: graphs.Laplacian) -> None:
    found = graphs.laplacian_eigenmaps(graph.L, np.eye(10), n_components=3, drop_trivial=True)
    expected = printed(problem_3["printed_embedding_second_to_fourth"])
    assert np.abs(found.Psi * signs(found.Psi, expected) - expected).max() > 0.05


def test_log_likelihood_of_the_gaussian_mixture_converges_to_the_stated_one(problem_4: tuple[Any, ...]) -> None:
    found = gaussian_mixture.fit(*problem_4)
    assert found.log_likelihood == pytest.approx(-61.187, abs=0.5e-3)
    assert np.linalg.eigvalsh(found.Sigma).min() > 0.01
    start = gaussian_mixture.responsibilities(*problem_4)
    assert start.delta.shape == (24, 4)
    for i, label in enumerate(problem_4[1]):
        assert label == 0 or start.delta[i].tolist() == np.eye(4)[label - 1].tolist()


def test_labels_change_the_gaussian_mixture(problem_4: tuple[Any, ...]) -> None:
    x, y, *start = problem_4
    with_labels = gaussian_mixture.em_step(x, y, *start)
    without = gaussian_mixture.em_step(x, [0] * len(y), *start)
    assert np.abs(with_labels.pi - without.pi).max() > 0.01


def test_log_likelihood_of_the_linear_mixture_converges_to_the_stated_one(problem_5: tuple[Any, ...]) -> None:
    found = linear_mixture.fit(*problem_5)
    assert found.log_likelihood == pytest.approx(-20.530, abs=0.5e-3)
    assert found.rho.min() > 0.01
    assert linear_mixture.responsibilities(*problem_5).delta.shape == (20, 2)


def test_evidence_of_the_companion_model_decomposes(companions: dict[str, Any]) -> None:
    content = companions["problem_2_linear_gaussian_vae"]
    arguments = {name: content[name] for name in ("A", "b", "s2", "x", "m", "log_std")}
    found = linear_gaussian_vae.evidence(**arguments)
    assert found.log_evidence == pytest.approx(found.elbo + found.kl, abs=1e-14)
    gradients = linear_gaussian_vae.pathwise_gradients(**arguments, epsilon=content["epsilon"])
    np.testing.assert_allclose(gradients.expected_grad_m, [0.1, 0.4], atol=1e-14)
