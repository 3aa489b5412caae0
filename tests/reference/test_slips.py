"""What known slips of students compute, each against an independent computation that makes the same slip."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, Literal, get_args

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import multivariate_normal
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from reference import SOLVERS, graphs, pca
from reference import gaussian_mixture as gm
from reference import linear_gaussian_vae as vae
from reference import linear_mixture as lm
from reference.arrays import Array
from reference.errors import DuplicateEdgeError, EmptyComponentError, InvalidInputError
from reference.labels import Labels, PiOver
from reference.pencils import end_of_eigenspace

modest = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)

# principal components


def columns_of_different_size(seed: int) -> Array:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(12, 4)) * np.arange(1.0, 5.0) + rng.normal(scale=5, size=4)


@modest
@given(seeds, st.sampled_from([0, 1]))
def test_covariance_is_the_matrix_of_which_the_axes_are_eigenvectors(seed: int, ddof: int) -> None:
    X = columns_of_different_size(seed)
    expected = {
        (True, False): np.cov(X.T, ddof=ddof),
        (True, True): np.corrcoef(X.T),
        (False, False): X.T @ X / (12 - ddof),
    }
    for (center, scale), matrix in expected.items():
        found = pca.principal_components(X, center=center, scale=scale, ddof=ddof)
        np.testing.assert_allclose(found.covariance, matrix, rtol=1e-10, atol=1e-10)
        np.testing.assert_array_equal(found.covariance, found.covariance.T)
        np.testing.assert_allclose(found.covariance @ found.axes, found.axes * found.explained_variance, atol=1e-9)


def test_projection_of_standardised_samples_is_that_of_scikit_learn() -> None:
    X = columns_of_different_size(1)
    standard = StandardScaler().fit_transform(X)
    oracle = PCA(svd_solver="full").fit(standard)
    found = pca.project(X, oracle.components_.T, scale=True)
    np.testing.assert_allclose(found.components, oracle.transform(standard), atol=1e-12)
    other = pca.project(X, oracle.components_.T, scale=True, ddof=1)
    np.testing.assert_allclose(other.components, found.components * np.sqrt(11 / 12), atol=1e-12)


@pytest.mark.parametrize("ddof", [0, 1])
def test_error_of_a_standardised_sample_is_the_sum_of_the_smallest_eigenvalues_of_the_correlations(ddof: int) -> None:
    X = columns_of_different_size(2)
    axes = pca.principal_components(X, scale=True).axes
    found = pca.reconstruction_error(X, axes, n_components=2, scale=True, ddof=ddof)
    assert found.error == pytest.approx(np.linalg.eigvalsh(np.corrcoef(X.T))[:2].sum())
    assert found.dropped.tolist() == [2, 3]


def test_keeping_the_axes_of_least_variance_loses_the_largest_eigenvalues() -> None:
    X = columns_of_different_size(3)
    axes = pca.principal_components(X).axes[:, [2, 0, 3, 1]]
    found = pca.reconstruction_error(X, axes, n_components=2, keep="least")
    assert found.error == pytest.approx(np.linalg.eigvalsh(np.cov(X.T, ddof=0))[2:].sum())
    assert found.dropped.tolist() == [1, 3]


def test_averages_divide_one_sum_of_squares() -> None:
    X = columns_of_different_size(4)
    axes = pca.principal_components(X).axes
    Z = X - X.mean(axis=0)
    squares = np.sum((Z - Z @ axes[:, :3] @ axes[:, :3].T) ** 2)
    for ddof in (0, 1):
        for average, divisor in (("samples", 12 - ddof), ("entries", 4 * (12 - ddof)), ("sum", 1)):
            options: dict[str, Any] = {"ddof": ddof, "average": average}
            found = pca.reconstruction_error(X, axes, n_components=3, **options)
            assert found.error == pytest.approx(squares / divisor)


# graphs


def weighted_graph(seed: int, n: int = 7) -> graphs.Laplacian:
    rng = np.random.default_rng(seed)
    W = np.triu(rng.uniform(0.5, 2.0, (n, n)) * (rng.random((n, n)) < 0.3), 1)
    W[np.arange(n - 1), np.arange(1, n)] = rng.uniform(0.5, 2.0, n - 1)
    return graphs.laplacian(W + W.T)


def triangle_and_edge() -> graphs.Laplacian:
    return graphs.laplacian(graphs.adjacency([[1, 2], [2, 3], [3, 1], [4, 5]], n_vertices=5).W)


def test_directed_edges_are_written_one_way() -> None:
    edges = [[1, 2], [3, 2], [4, 1]]
    W = graphs.adjacency(edges, n_vertices=4, directed=True).W
    assert np.argwhere(W).tolist() == [[0, 1], [2, 1], [3, 0]]
    np.testing.assert_array_equal(W + W.T, graphs.adjacency(edges, n_vertices=4).W)
    assert graphs.adjacency([[1, 2], [2, 1]], n_vertices=2, directed=True).W.tolist() == [[0, 1], [1, 0]]
    with pytest.raises(DuplicateEdgeError, match=r"edge \[1, 2\] is listed a second time"):
        graphs.adjacency([[1, 2], [1, 2]], n_vertices=2, directed=True)


def operator(graph: graphs.Laplacian, problem: str) -> Array:
    root = np.sqrt(graph.degrees)
    return graph.L if problem == "standard" else graph.L / root[:, None] / root


@pytest.mark.parametrize("problem", ["standard", "symmetric"])
@modest
@given(seed=seeds)
def test_other_problems_are_ordinary_eigenproblems(problem: Literal["standard", "symmetric"], seed: int) -> None:
    graph = weighted_graph(seed)
    matrix = operator(graph, problem)
    found = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=4, problem=problem)
    np.testing.assert_allclose(found.eigenvalues, scipy.linalg.eigvalsh(matrix)[:4], atol=1e-12)
    np.testing.assert_allclose(matrix @ found.basis, found.basis * found.spectrum, atol=1e-11)
    np.testing.assert_allclose(found.Psi.T @ found.Psi, np.eye(4), atol=1e-12)
    assert found.trace == pytest.approx(np.trace(found.Psi.T @ graph.L @ found.Psi))
    np.testing.assert_allclose(found.gram, found.Psi.T @ graph.D @ found.Psi, atol=1e-12)
    dropped = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=3, problem=problem, drop_trivial=True)
    np.testing.assert_allclose(dropped.eigenvalues, found.eigenvalues[1:], atol=1e-12)


@pytest.mark.parametrize("problem", ["standard", "symmetric"])
def test_trivial_eigenvectors_of_every_problem_are_known_on_each_component(
    problem: Literal["standard", "symmetric"],
) -> None:
    graph = triangle_and_edge()
    found = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=2, problem=problem)
    constant = np.ones(5) if problem == "standard" else np.sqrt(graph.degrees)
    sides = np.array([[1, 1, 1, 0, 0], [0, 0, 0, 1, 1]]).T * constant[:, None]
    np.testing.assert_allclose(found.Psi, sides / np.linalg.norm(sides, axis=0), atol=1e-15)
    assert (found.n_trivial, found.spectrum.tolist()) == (2, [0.0, 0.0])
    dropped = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=1, problem=problem, drop_trivial=True)
    np.testing.assert_allclose(sides.T @ dropped.basis, 0, atol=1e-15)
    assert dropped.spectrum.tolist() == pytest.approx({"standard": [2], "symmetric": [1.5, 1.5]}[problem])


def test_columns_of_length_1_are_parallel_to_the_optimal_ones() -> None:
    graph = weighted_graph(1)
    best = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=3)
    found = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=3, normalisation="I")
    np.testing.assert_allclose(found.basis, best.basis / np.linalg.norm(best.basis, axis=0), atol=1e-14)
    np.testing.assert_array_equal(found.basis[:, :3], found.Psi)
    assert found.trace == pytest.approx(np.trace(found.Psi.T @ graph.L @ found.Psi))
    assert np.abs(found.gram - np.eye(3)).max() > 0.5
    assert found.eigenvalues.tolist() == best.eigenvalues.tolist()


@modest
@given(seeds)
def test_forms_of_an_embedding_are_its_trace_and_gram_matrix(seed: int) -> None:
    graph = weighted_graph(seed)
    Psi = np.random.default_rng(seed).normal(size=(7, 3))
    found = graphs.embedding_forms(Psi, graph.L, graph.D)
    steps = np.sum((Psi[:, None] - Psi[None]) ** 2, axis=2)
    assert found.trace == pytest.approx(np.sum((graph.D - graph.L) * steps) / 2)
    np.testing.assert_allclose(found.gram, np.einsum("ia,i,ib->ab", Psi, graph.degrees, Psi), atol=1e-12)
    best = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=3)
    again = graphs.embedding_forms(best.Psi, graph.L, graph.D)
    assert again.trace == pytest.approx(best.trace, abs=1e-14)
    np.testing.assert_allclose(again.gram, np.eye(3), atol=1e-12)


def test_embedding_of_other_vertices_has_no_forms() -> None:
    graph = triangle_and_edge()
    with pytest.raises(InvalidInputError, match=r"Psi has shape \(4, 1\); wanted \(5, k\)"):
        graphs.embedding_forms(np.ones((4, 1)), graph.L, graph.D)


def test_eigenvalues_within_1e_8_of_the_largest_are_one() -> None:
    assert end_of_eigenspace(np.array([0.0, 1.0, 1.0 + 1.9e-8, 2.0]), 2) == 3
    assert end_of_eigenspace(np.array([0.0, 1.0, 1.0 + 2.1e-8, 2.0]), 2) == 2


# the Gaussian mixture

EVERY_COUNTING = list(product(get_args(Labels), get_args(PiOver)))


def partly_labelled(seed: int) -> tuple[Array, NDArray[np.int64], Array, Array, Array]:
    rng = np.random.default_rng(seed)
    component = np.repeat([0, 1], 20)
    x = rng.normal(size=(40, 2)) + np.array([[0.0, 0.0], [2.5, 2.0]])[component]
    y = np.where(np.arange(40) % 4 == 0, component + 1, 0)
    y[[0, 20]] = 2, 1  # two labels against the evidence
    return x, y, np.array([0.4, 0.6]), np.array([[0.0, 0.0], [2.0, 2.0]]), np.array([np.eye(2)] * 2)


def posterior_odds(x: Array, pi: Array, mu: Array, Sigma: Array) -> Array:
    joint = np.column_stack([pi[k] * multivariate_normal.pdf(x, mu[k], Sigma[k]) for k in range(len(pi))])
    return np.asarray(joint / joint.sum(axis=1, keepdims=True))


def written_out(
    x: Array, y: NDArray[np.int64], delta: Array, labels: Labels, pi_over: PiOver, about: Array | None
) -> tuple[Array, Array, Array]:
    """Take the M-step with loops over samples, as the slip has it."""
    K, m = delta.shape[1], x.shape[1]
    pi, mu, Sigma = np.zeros(K), np.zeros((K, m)), np.zeros((K, m, m))
    known = [0 if labels == "ignored" else int(label) for label in y]
    count = sum(label == 0 for label in known) if pi_over == "unlabelled" else len(known)
    for k in range(K):
        weight = np.zeros(len(x))
        for i, label in enumerate(known):
            weight[i] = delta[i, k] if label == 0 else float(label == k + 1 and labels != "left_out")
            pi[k] += weight[i] / count if label == 0 or pi_over == "all_with_labels" else 0.0
        mu[k] = sum(weight[i] * x[i] for i in range(len(x))) / weight.sum()
        centre = mu[k] if about is None else about[k]
        Sigma[k] = sum(weight[i] * np.outer(x[i] - centre, x[i] - centre) for i in range(len(x))) / weight.sum()
    return pi, mu, Sigma


def test_ignored_labels_leave_the_posterior_of_every_sample() -> None:
    x, y, *theta = partly_labelled(1)
    found = gm.responsibilities(x, y, *theta, labels="ignored")
    np.testing.assert_allclose(found.delta, posterior_odds(x, *theta), atol=1e-12)
    assert found.log_likelihood == gm.log_likelihood(x, np.zeros(40), *theta).log_likelihood
    assert np.abs(found.delta - gm.responsibilities(x, y, *theta).delta).max() > 0.7


def test_hard_assignment_gives_a_sample_to_its_likeliest_component_and_a_tie_to_the_first() -> None:
    x, y, *theta = partly_labelled(2)
    found = gm.responsibilities(x, y, *theta, assignment="hard")
    likeliest = np.where(y == 0, posterior_odds(x, *theta).argmax(axis=1), y - 1)
    assert found.delta.tolist() == np.eye(2)[likeliest].tolist()
    assert found.log_likelihood == gm.responsibilities(x, y, *theta).log_likelihood
    tie = gm.responsibilities([[0.0]], [0], [0.5, 0.5], [[1.0], [-1.0]], [[[1.0]], [[1.0]]], assignment="hard")
    assert tie.delta.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize(("labels", "pi_over"), EVERY_COUNTING)
@pytest.mark.parametrize("moved", [False, True])
def test_m_step_of_every_slip_is_the_one_written_out(labels: Labels, pi_over: PiOver, moved: bool) -> None:
    x, y, _, mu, _ = partly_labelled(3)
    delta = np.random.default_rng(3).dirichlet(np.ones(2), size=40)
    about = mu if moved else None
    found = gm.m_step(x, y, delta, labels=labels, pi_over=pi_over, about=about)
    expected = written_out(x, y, delta, labels, pi_over, about)
    for value, wanted in zip((found.pi, found.mu, found.Sigma), expected, strict=True):
        np.testing.assert_allclose(value, wanted, atol=1e-12)
    falls_short = (pi_over == "all" and labels != "ignored") or (pi_over, labels) == ("all_with_labels", "left_out")
    assert (found.pi.sum() < 0.8) == falls_short


def test_samples_all_labelled_leave_pi_uniform_unless_they_count_for_it() -> None:
    x, _, *_ = partly_labelled(4)
    y = np.where(np.arange(40) < 10, 1, 2)
    delta = np.full((40, 2), 0.5)
    for pi_over, expected in (("unlabelled", [0.5, 0.5]), ("all", [0.5, 0.5]), ("all_with_labels", [0.25, 0.75])):
        options: dict[str, Any] = {"pi_over": pi_over}
        assert gm.m_step(x, y, delta, **options).pi.tolist() == expected
    with pytest.raises(EmptyComponentError):
        gm.m_step(x, y, delta, labels="left_out")


@pytest.mark.parametrize(("labels", "pi_over"), EVERY_COUNTING)
@pytest.mark.parametrize("assignment", ["soft", "hard"])
def test_fit_reaches_a_fixed_point_of_the_step_of_every_slip(
    labels: Labels, pi_over: PiOver, assignment: Literal["soft", "hard"]
) -> None:
    x, y, *start = partly_labelled(5)
    options: dict[str, Any] = {"labels": labels, "pi_over": pi_over, "assignment": assignment}
    found = gm.fit(x, y, *start, **options)
    theta = found.pi / found.pi.sum(), found.mu, found.Sigma
    delta = posterior_odds(x, *theta)
    if labels == "used":
        delta[y != 0] = np.eye(2)[y[y != 0] - 1]
    if assignment == "hard":
        delta = np.eye(2)[delta.argmax(axis=1)]
    again = gm.em_step(x, y, *theta, **options)
    expected = written_out(x, y, delta, labels, pi_over, None)
    for name, wanted in zip(("pi", "mu", "Sigma"), expected, strict=True):
        np.testing.assert_allclose(getattr(found, name), wanted, atol=1e-9)
        np.testing.assert_allclose(getattr(again, name), wanted, atol=1e-9)
    among = (y == 0) | (labels != "left_out")
    known = np.zeros(40) if labels == "ignored" else y
    assert found.log_likelihood == pytest.approx(gm.log_likelihood(x[among], known[among], *theta).log_likelihood)


def test_fit_without_its_labels_is_that_of_no_labels() -> None:
    x, y, *start = partly_labelled(6)
    found, expected = gm.fit(x, y, *start, labels="ignored"), gm.fit(x, np.zeros(40), *start)
    assert (found.mu.tolist(), found.log_likelihood) == (expected.mu.tolist(), expected.log_likelihood)
    assert np.abs(found.mu - gm.fit(x, y, *start).mu).max() > 0.01


# the mixture of linear models


def two_lines(seed: int) -> tuple[Array, Array, Array, Array, Array]:
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(30), rng.uniform(-2, 2, 30)])
    w = np.array([[0.0, 1.0], [1.0, -2.0]])
    y = np.sum(w[rng.integers(2, size=30)] * x, axis=1) + rng.normal(scale=0.4, size=30)
    return x, y, np.array([0.4, 0.6]), w + 0.2, np.array([0.5, 0.3])


def test_variances_about_other_lines_are_weighted_means_of_squares_about_them() -> None:
    x, y, _, w, _ = two_lines(1)
    delta = np.random.default_rng(1).dirichlet(np.ones(2), size=30)
    truth, found = lm.m_step(x, y, delta), lm.m_step(x, y, delta, about=w)
    expected = [np.average((y - x @ w[k]) ** 2, weights=delta[:, k]) for k in range(2)]
    np.testing.assert_allclose(found.rho, expected, rtol=1e-12)
    assert (found.rho > truth.rho + 0.01).all()
    assert (found.pi.tolist(), found.w.tolist()) == (truth.pi.tolist(), truth.w.tolist())


def test_hard_assignment_to_lines_is_the_partition_and_its_fit_two_regressions() -> None:
    x, y, *start = two_lines(2)
    soft = lm.responsibilities(x, y, *start)
    hard = lm.responsibilities(x, y, *start, assignment="hard")
    assert hard.delta.tolist() == np.eye(2)[soft.delta.argmax(axis=1)].tolist()
    assert hard.log_likelihood == soft.log_likelihood
    step = lm.em_step(x, y, *start, assignment="hard")
    assert step.w.tolist() == lm.m_step(x, y, hard.delta).w.tolist()
    found = lm.fit(x, y, *start, assignment="hard")
    member = lm.responsibilities(x, y, found.pi, found.w, found.rho).delta.argmax(axis=1)
    for k in range(2):
        expected = np.linalg.lstsq(x[member == k], y[member == k])[0]
        np.testing.assert_allclose(found.w[k], expected, atol=1e-10)
        assert found.pi[k] == np.mean(member == k)


@pytest.mark.parametrize("step", [gm.m_step, lm.m_step])
def test_parameters_to_take_spread_about_have_the_shape_of_the_new_ones(step: Callable[..., object]) -> None:
    x, y, *_ = two_lines(3)
    responses = np.zeros(30) if step is gm.m_step else y
    with pytest.raises(InvalidInputError, match=r"about has shape \(1, 2\); wanted \(2, 2\)"):
        step(x, responses, np.full((30, 2), 0.5), about=[[0.0, 0.0]])


# the linear-Gaussian model


def encoded(seed: int, p: int = 3, d: int = 2) -> tuple[Array, Array, float, Array, Array, Array]:
    rng = np.random.default_rng(seed)
    A, b, x = rng.normal(size=(p, d)), rng.normal(size=p), rng.normal(size=p)
    return A, b, float(rng.uniform(0.2, 2.0)), x, rng.normal(size=d), rng.normal(scale=0.4, size=d)


@modest
@given(seeds, st.sampled_from([(1, 1), (3, 2), (2, 3)]))
def test_reverse_divergence_is_that_of_two_dense_gaussians(seed: int, shape: tuple[int, int]) -> None:
    A, b, s2, x, m, log_std = encoded(seed, *shape)
    P, Q = np.eye(shape[1]) + A.T @ A / s2, np.diag(np.exp(-2 * log_std))
    gap = np.linalg.solve(P, A.T @ (x - b) / s2) - m
    log_ratio = np.linalg.slogdet(P)[1] - np.linalg.slogdet(Q)[1]
    expected = 0.5 * (np.trace(Q @ np.linalg.inv(P)) + gap @ Q @ gap - shape[1] + log_ratio)
    found = vae.evidence(A, b, s2, x, m, log_std, divergence="posterior_to_q")
    truth = vae.evidence(A, b, s2, x, m, log_std)
    assert found.kl == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert (found.log_evidence, found.elbo) == (truth.log_evidence, truth.elbo)


def test_reverse_divergence_keeps_its_digits_at_small_noise() -> None:
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(2, 2))).Q
    A = turn @ np.diag([2.0, 1.0])
    for s2, columns in ((1e-12, A), (1e-14, np.column_stack([A, [0.0, 0.0]]))):
        variances = np.append(s2 / (s2 + np.array([4.0, 1.0])), [1.0] * (columns.shape[1] - 2))
        log_std = np.log(variances) / 2 + 0.5
        found = vae.evidence(columns, [0, 0], s2, [0, 0], [0] * len(log_std), log_std, divergence="posterior_to_q")
        assert found.kl == pytest.approx(len(log_std) * 0.5 * (np.exp(-1) - 1 + 1), rel=1e-9)


def test_constant_left_out_is_that_of_the_likelihood_alone() -> None:
    for shape in ((3, 2), (2, 3)):
        truth = vae.evidence(*encoded(2, *shape))
        found = vae.evidence(*encoded(2, *shape), constant=False)
        dropped = shape[0] / 2 * np.log(2 * np.pi)
        assert found.log_evidence == pytest.approx(truth.log_evidence + dropped)
        assert found.elbo == pytest.approx(truth.elbo + dropped)
        assert found.kl == truth.kl


@pytest.mark.parametrize("shape", [(3, 2), (2, 3), (1, 1)])
def test_elbo_estimate_has_mean_and_spread_of_a_large_simulation(shape: tuple[int, int]) -> None:
    A, b, s2, x, m, log_std = encoded(3, *shape)
    n = 400_000
    z = m + np.exp(log_std) * np.random.default_rng(3).normal(size=(n, len(m)))
    likelihood = multivariate_normal(np.zeros(len(x)), s2 * np.eye(len(x))).logpdf(x - b - z @ A.T)
    prior = multivariate_normal(np.zeros(len(m)), np.eye(len(m))).logpdf(z)
    draws = likelihood + prior - multivariate_normal(m, np.diag(np.exp(2 * log_std))).logpdf(z)
    found = vae.elbo_estimate(A, b, s2, x, m, log_std, n_draws=n)
    assert found.elbo == vae.evidence(A, b, s2, x, m, log_std).elbo
    assert abs(draws.mean() - found.elbo) < 4 * found.standard_error
    assert draws.std() / np.sqrt(n) == pytest.approx(found.standard_error, rel=0.02)
    one = vae.elbo_estimate(A, b, s2, x, m, log_std, n_draws=1)
    assert one.standard_error == pytest.approx(found.standard_error * np.sqrt(n))


def test_estimate_from_the_posterior_has_no_spread_and_one_without_draws_is_refused() -> None:
    found = vae.elbo_estimate([[1.0]], [0.0], 1.0, [2.0], [1.0], [np.log(0.5) / 2], n_draws=1)
    assert found.standard_error == pytest.approx(0, abs=1e-15)
    assert found.elbo == pytest.approx(vae.evidence([[1.0]], [0.0], 1.0, [2.0], [0.0], [0.0]).log_evidence)
    with pytest.raises(InvalidInputError, match="n_draws is 0"):
        vae.elbo_estimate([[1.0]], [0.0], 1.0, [2.0], [1.0], [0.0], n_draws=0)


# all of them

GRAPH = triangle_and_edge()
MIXTURE = partly_labelled(7)
LINES = two_lines(7)
CHOICES: dict[str, tuple[tuple[Any, ...], dict[str, Any], tuple[str, ...]]] = {
    "pca.reconstruction_error": ((MIXTURE[0], np.eye(2)), {"n_components": 1}, ("average", "keep")),
    "graphs.laplacian_eigenmaps": ((GRAPH.L, GRAPH.D), {"n_components": 1}, ("problem", "normalisation")),
    "gaussian_mixture.responsibilities": (MIXTURE, {}, ("labels", "assignment")),
    "gaussian_mixture.m_step": ((*MIXTURE[:2], np.full((40, 2), 0.5)), {}, ("labels", "pi_over")),
    "gaussian_mixture.em_step": (MIXTURE, {}, ("labels", "pi_over", "assignment")),
    "gaussian_mixture.fit": (MIXTURE, {}, ("labels", "pi_over", "assignment")),
    "linear_mixture.responsibilities": (LINES, {}, ("assignment",)),
    "linear_mixture.em_step": (LINES, {}, ("assignment",)),
    "linear_mixture.fit": (LINES, {}, ("assignment",)),
    "linear_gaussian_vae.evidence": (encoded(7), {}, ("divergence",)),
}


@pytest.mark.parametrize("name", CHOICES)
def test_unknown_slip_is_refused_by_name(name: str) -> None:
    inputs, options, choices = CHOICES[name]
    SOLVERS[name](*inputs, **options)
    for choice in choices:
        with pytest.raises(InvalidInputError, match=f"{choice} is 'other'; wanted one of"):
            SOLVERS[name](*inputs, **options, **{choice: "other"})
