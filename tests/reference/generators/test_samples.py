"""Samples of mixtures, classes, clusters and regressions: how many of which, and where."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from reference.errors import InvalidInputError
from reference.generators.groups import clusters, labelled_classes
from reference.generators.latent_gaussians import linear_gaussian_vae
from reference.generators.linear_mixtures import linear_mixture
from reference.generators.mixtures import equal_shares, gaussian_mixture, partly_labelled_mixture
from reference.generators.responses import logistic_regression, regression

SEEDS = range(20)


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_are_those_of_the_components_drawn_from(seed: int) -> None:
    found = partly_labelled_mixture(_rng(seed), n_samples=23, labelled=[1, 3], n_labelled=2)
    assert np.bincount(found.component).tolist() == [0, 6, 6, 6, 5]
    assert np.bincount(found.y).tolist() == [19, 2, 0, 2]
    assert np.array_equal(found.y[found.y > 0], found.component[found.y > 0])


def test_any_sample_of_a_component_may_be_labelled() -> None:
    labelled = [int(np.flatnonzero(partly_labelled_mixture(_rng(seed)).y == 1)[0]) for seed in range(200)]
    assert set(range(15)) <= set(labelled)


@pytest.mark.parametrize("seed", SEEDS)
def test_samples_lie_around_means_that_keep_a_distance(seed: int) -> None:
    found = gaussian_mixture(_rng(seed), n_samples=400, n_components=4, separation=4, jitter=0.5, spread=0.5)
    gaps = np.abs(found.means[:, None] - found.means).max(axis=2)
    assert gaps[np.triu_indices(4, 1)].min() >= 3
    for component, mean in enumerate(found.means, start=1):
        around = found.x[found.component == component] - mean
        assert np.abs(around.mean(axis=0)).max() < 0.25
        assert np.abs(around.std(axis=0) - 0.5).max() < 0.2
    assert not found.y.any()


@pytest.mark.parametrize("seed", SEEDS)
def test_starting_means_differ_and_lie_inwards(seed: int) -> None:
    found = gaussian_mixture(_rng(seed), n_components=5, n_samples=20, separation=4, jitter=0.3, inwards=0.5)
    assert len(np.unique(found.mu, axis=0)) == 5
    middle = found.means.mean(axis=0)
    assert np.abs(found.mu - (found.means + middle) / 2).max() <= 0.5


def test_starting_means_that_could_be_alike_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="at least 1"):
        gaussian_mixture(_rng(0), separation=4, jitter=0.5, inwards=0.7)
    with pytest.raises(InvalidInputError, match="at least 1"):  # in whole numbers the means are 1 apart at the least
        gaussian_mixture(_rng(0), separation=3.4, jitter=0.6, inwards=0.3, decimals=0)


@pytest.mark.parametrize("count", [2, 3, 4, 7, 50])
def test_starting_weights_sum_to_exactly_one(count: int) -> None:
    shares = [Fraction(repr(share)) for share in equal_shares(count).tolist()]
    assert sum(shares) == 1
    assert max(shares) - min(shares) <= Fraction(1, 100)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"labelled": [5]}, r"labelled\[0\] is 5"),
        ({"labelled": [0]}, r"labelled\[0\] is 0"),
        ({"labelled": [2, 2]}, "at most once"),
        ({"n_labelled": 6}, "n_labelled of components of 6 samples is 6"),
        ({"n_samples": 3}, "n_samples of 4 groups is 3"),
        ({"jitter": 2.1, "separation": 4}, "less than half"),
        ({"n_features": 9}, "n_features is 9"),
        ({"separation": -1}, "separation is -1"),
        ({"spread": -0.5}, "spread is -0.5"),
    ],
)
def test_mixtures_that_cannot_be_drawn_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        partly_labelled_mixture(_rng(0), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", SEEDS)
def test_responses_lie_around_the_lines_of_their_components(seed: int) -> None:
    found = linear_mixture(_rng(seed), n_samples=60, n_components=3, separation=3, jitter=0.4, spread=0.2)
    assert found.x[:, 0].tolist() == [1.0] * 60
    assert found.x[:, 1].tolist() == sorted(found.x[:, 1])
    assert np.bincount(found.component).tolist() == [0, 20, 20, 20]
    assert np.diff(found.lines[:, 1]).min() >= 3 - 2 * 0.4 - 1e-9
    residuals = found.y - (found.x * found.lines[found.component - 1]).sum(axis=1)
    assert 0.05 < residuals.std() < 0.35
    others = found.y - (found.x * found.lines[found.component % 3]).sum(axis=1)
    assert others.std() > 1
    assert found.w.tolist() == [[0.0, -1.5], [0.0, 0.0], [0.0, 1.5]]


def test_lines_that_could_cross_over_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="less than half"):
        linear_mixture(_rng(0), separation=1, jitter=0.5)
    with pytest.raises(InvalidInputError, match=r"at least 0\.2"):
        linear_mixture(_rng(0), separation=0.1, jitter=0)
    assert np.unique(linear_mixture(_rng(0), n_components=4, separation=0.2, jitter=0).w[:, 1]).size == 4
    with pytest.raises(InvalidInputError, match="wanted a whole number of at least 6"):
        linear_mixture(_rng(0), n_samples=5)


@pytest.mark.parametrize("seed", SEEDS)
def test_responses_lie_around_the_plane(seed: int) -> None:
    found = regression(_rng(seed), n_samples=300, n_features=3, n_new=4, spread=0.5)
    assert (found.X.min(), found.X.max()) == (1, 9)
    assert found.X_new.shape == (4, 3)
    residuals = found.y - found.coefficients[0] - found.X @ found.coefficients[1:]
    assert abs(residuals.std() - 0.5) < 0.1
    exact = regression(_rng(seed), n_features=3, spread=0)
    assert np.allclose(exact.y, exact.coefficients[0] + exact.X @ exact.coefficients[1:], atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_as_many_samples_are_of_class_one_as_were_asked_for(seed: int) -> None:
    found = logistic_regression(_rng(seed), n_samples=9, n_ones=2)
    assert np.bincount(found.y).tolist() == [7, 2]
    assert found.X[:, 0].tolist() == [1.0] * 9
    assert np.all((np.abs(found.w) >= 0.1) & (np.abs(found.w) <= 0.5))


@pytest.mark.parametrize("n_ones", [0, 8])
def test_a_class_without_samples_is_refused(n_ones: int) -> None:
    with pytest.raises(InvalidInputError, match="n_ones of 8 samples"):
        logistic_regression(_rng(0), n_ones=n_ones)


@pytest.mark.parametrize("seed", SEEDS)
def test_classes_have_the_sizes_asked_for_and_come_in_order(seed: int) -> None:
    found = labelled_classes(_rng(seed), sizes=[2, 5, 3], n_features=2, separation=9, spread=0.4)
    assert found.y.tolist() == [1] * 2 + [2] * 5 + [3] * 3
    assert found.X.dtype.kind == "i"
    means = np.array([found.X[found.y == label].mean(axis=0) for label in (1, 2, 3)])
    nearest = ((found.X[:, None] - means) ** 2).sum(axis=2).argmin(axis=1) + 1
    assert nearest.tolist() == found.y.tolist()


def test_a_class_of_one_sample_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"sizes\[1\] is 1"):
        labelled_classes(_rng(0), sizes=[3, 1])
    with pytest.raises(InvalidInputError, match="the number of groups is 1"):
        labelled_classes(_rng(0), sizes=[3])


@pytest.mark.parametrize("seed", SEEDS)
def test_clusters_have_starting_centres_of_their_own(seed: int) -> None:
    found = clusters(_rng(seed), n_samples=14, spread=0.1, shift=0.5)
    assert np.bincount(found.cluster).tolist() == [0, 5, 5, 4]
    nearest = ((found.X[:, None] - found.centres) ** 2).sum(axis=2).argmin(axis=1) + 1
    assert nearest.tolist() == found.cluster.tolist()


def test_starting_centres_that_could_change_places_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="less than half of the separation"):
        clusters(_rng(0), separation=5, jitter=0.5, shift=2)
    assert len(np.unique(clusters(_rng(0), separation=5, jitter=0.5, shift=1.9).centres, axis=0)) == 3


@pytest.mark.parametrize("seed", SEEDS)
def test_a_latent_model_is_unit_triangular_with_a_positive_variance(seed: int) -> None:
    found = linear_gaussian_vae(_rng(seed), n_observed=3, n_latent=2)
    assert np.tril(found.A).tolist() == [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    assert found.A[0, 1] != 0
    assert 0.2 <= found.s2 <= 0.8
    assert found.log_std.max() <= -0.2
    assert np.all(np.concatenate([found.b, found.m]) != 0)
    assert (found.x.shape, found.epsilon.shape) == ((3,), (2,))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"s2_low": 0.0}, "s2_low is 0.0"),
        ({"s2_low": 0.9}, "s2_low is 0.9 and s2_high is 0.8"),
        ({"log_std_high": 0.0}, "log_std_high is 0.0"),
        ({"decimals": 0}, "decimals is 0"),
        ({"largest": 0.01}, "largest is 0.01"),
    ],
)
def test_latent_models_that_cannot_be_drawn_are_refused(options: dict[str, float], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        linear_gaussian_vae(_rng(0), **options)  # type: ignore[arg-type]
