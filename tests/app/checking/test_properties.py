"""Answers that are right by a property: stationary points of EM, optimal embeddings, parts that agree, estimates."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

import reference
from app.assignments import Assignment
from tests.app.checking.grading import GMM, MLM, adjacency, codes, grade, graph, rotation, summary
from tests.app.support import Array, hw3, perfect, true_fields

HALF = ("partial", 0.5, "another_stationary_point")
X, Y = np.array(MLM["x"], dtype=float), np.array(MLM["y"], dtype=float)
PARAMETERS = {"4.3n": ("pi", "mu", "Sigma"), "5.3n": ("pi", "w", "rho")}


@cache
def other_linear_points() -> list[dict[str, Array]]:
    """Fixed points of EM from random starts that are not the one asked for."""
    rng = np.random.default_rng(1)
    found: list[dict[str, Array]] = []
    asked = true_fields("5.3n")["log_likelihood"]
    for _ in range(120):
        start: dict[str, Any] = {"pi": [0.5, 0.5], "w": rng.normal(size=(2, 2)) * 2, "rho": rng.uniform(0.5, 2.0, 2)}
        try:
            fit = reference.linear_mixture.fit(X, Y, **start)
        except reference.errors.SolverError:
            continue
        if fit.rho.min() >= 0.01 and abs(fit.log_likelihood - asked) > 0.05:
            found.append({"pi": fit.pi, "w": fit.w, "rho": fit.rho, "log_likelihood": np.array(fit.log_likelihood)})
    return found


@cache
def other_gaussian_points(count: int) -> list[dict[str, Array]]:
    """The same for the Gaussian mixture."""
    rng = np.random.default_rng(2)
    x = np.array(GMM["x"], dtype=float)
    found: list[dict[str, Array]] = []
    asked = true_fields("4.3n")["log_likelihood"]
    for _ in range(200):
        mu = x[rng.integers(len(x), size=4)] + rng.normal(size=(4, 2))
        start: dict[str, Any] = {
            "pi": np.full(4, 0.25),
            "mu": mu,
            "Sigma": np.stack([np.eye(2) * rng.uniform(0.5, 3)] * 4),
        }
        try:
            fit = reference.gaussian_mixture.fit(x, GMM["y"], **start)
        except reference.errors.SolverError:
            continue
        if np.linalg.eigvalsh(fit.Sigma).min() >= 0.01 and abs(fit.log_likelihood - asked) > 0.05:
            found.append({"pi": fit.pi, "mu": fit.mu, "Sigma": fit.Sigma})
        if len(found) == count:
            break
    return found


def rounded(point: dict[str, Array], decimals: int = 3) -> dict[str, Array]:
    return {name: np.round(value, decimals) for name, value in point.items()}


@pytest.mark.parametrize("question", PARAMETERS)
def test_another_stationary_point_is_named_and_earns_half(question: str) -> None:
    points = other_gaussian_points(5) if question == "4.3n" else other_linear_points()
    assert points
    for point in points:
        for decimals in (3, 6):
            report = grade({question: rounded(point, decimals)})[question]
            assert summary(report) == HALF
            assert "property" in codes(report)
        moved = rounded(point)
        name = PARAMETERS[question][1]
        moved[name] = moved[name] + 0.05
        assert grade({question: moved})[question]["matched"] != "another_stationary_point"


def test_the_fixed_point_asked_for_is_the_truth_and_not_another_one() -> None:
    for question in PARAMETERS:
        assert summary(grade({question: perfect(3)[question]})[question]) == ("correct", 1.0, "truth")


def test_mixing_weights_that_rounding_leaves_off_the_sum_1_are_renormalised() -> None:
    point = other_linear_points()[0]
    sent = rounded(point)
    sent["pi"] = sent["pi"] - np.array([1e-3, 0.0]) * 0.4
    sent["pi"] = np.round(sent["pi"], 4)
    assert sent["pi"].sum() != 1
    assert summary(grade({"5.3n": sent})["5.3n"]) == HALF
    thousandth = rounded(point)
    thousandth["pi"] = np.floor(point["pi"] * 1000) / 1000 if point["pi"].sum() > 0 else point["pi"]
    assert thousandth["pi"].sum() == pytest.approx(0.999)
    worst = np.abs(thousandth["pi"] / thousandth["pi"].sum() - thousandth["pi"]).max()
    assert (summary(grade({"5.3n": thousandth})["5.3n"]) == HALF) == (worst <= 5e-4)
    half = {**sent, "pi": sent["pi"] / 2}
    assert grade({"5.3n": half})["5.3n"]["matched"] != "another_stationary_point"


def _line_through_two_points(rho: float) -> dict[str, Any]:
    """Unbounded likelihood: one component goes through two samples exactly, the other takes the rest."""
    w = np.linalg.solve(X[[2, 15]], Y[[2, 15]])
    rest = np.delete(np.arange(20), [2, 15])
    other = np.linalg.lstsq(X[rest], Y[rest], rcond=None)[0]
    spread = float(np.mean((Y[rest] - X[rest] @ other) ** 2))
    return {"pi": [0.1, 0.9], "w": [w.tolist(), other.tolist()], "rho": [rho, spread]}


@pytest.mark.parametrize("rho", [1e-30, 1e-12, 1e-6, 5e-3])
def test_a_line_through_two_points_is_no_stationary_point_that_counts(rho: float) -> None:
    report = grade({"5.3n": _line_through_two_points(rho)})["5.3n"]
    assert (report["score"], report["matched"]) == (0.0, None)


@pytest.mark.parametrize("size", [1e-30, 1e-9, 1e-3])
def test_a_collapsed_covariance_is_no_stationary_point_that_counts(size: float) -> None:
    sent = {name: np.array(value) for name, value in perfect(3)["4.3n"].items() if name != "log_likelihood"}
    sent["mu"][2] = GMM["x"][6]
    sent["Sigma"][2] = np.eye(2) * size
    report = grade({"4.3n": sent})["4.3n"]
    assert report["matched"] != "another_stationary_point"
    assert report["fields"]["Sigma"]["verdict"] == "incorrect"


def test_the_same_component_twice_is_no_stationary_point_that_counts() -> None:
    w = np.linalg.lstsq(X, Y, rcond=None)[0]
    rho = float(np.mean((Y - X @ w) ** 2))
    twice: dict[str, Any] = {"pi": np.array([0.5, 0.5]), "w": np.stack([w, w]), "rho": np.array([rho, rho])}
    after = reference.linear_mixture.em_step(X, Y, **twice)
    assert np.allclose(after.w, twice["w"])  # EM does stay there
    assert grade({"5.3n": rounded(twice)})["5.3n"]["matched"] is None


@pytest.mark.parametrize("distance", [0.0, 6e-4, 1e-3, 5e-3, 1e-2, 0.05, 0.1, 0.2])
def test_two_components_that_nearly_coincide_are_no_stationary_point_that_counts(distance: float) -> None:
    start = {name: np.array(value, dtype=float) for name, value in GMM["theta0"].items()}
    start["mu"][2:] = [2.0, 5.0]
    point = reference.gaussian_mixture.fit(GMM["x"], GMM["y"], start["pi"], start["mu"], start["Sigma"])
    mu = point.mu + np.array([[0.0, 0.0], [0.0, 0.0], [distance, 0.0], [-distance, 0.0]])
    sent = {"pi": point.pi, "mu": mu, "Sigma": point.Sigma}
    assert grade({"4.3n": rounded(sent, 5)})["4.3n"]["matched"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"pi": [-0.5, 1.5]},
        {"pi": [0.0, 0.0]},
        {"rho": [-1.0, 1.0]},
        {"rho": [0.0, 1.0]},
        {"w": [[1e308, 1e308], [-1e308, 1e308]]},
        {"w": [[5e-324, 5e-324], [0.0, 0.0]]},
        {"rho": [1e308, 1e308]},
    ],
)
def test_parameters_that_mean_nothing_get_a_verdict(change: dict[str, Any]) -> None:
    report = grade({"5.3n": {**rounded(other_linear_points()[0]), **change}})["5.3n"]
    assert report["verdict"] in ("incorrect", "partial")
    assert report["matched"] in (None, "truth")


# Embeddings


def _embedding(psi: Array, question: str = "3.3") -> set[str]:
    sent: Any = psi if question == "3.3" else {"Psi": psi, "trace": 1.0}
    return {code for code in codes(grade({question: sent})[question]) if code.startswith("embedding")}


@pytest.mark.parametrize("question", ["3.3", "3.4"])
def test_constraint_span_and_trace_are_said_separately(question: str) -> None:
    psi = true_fields(question)["Psi"]
    rng = np.random.default_rng(4)
    turned = np.round(psi @ rotation(rng), 3)
    assert _embedding(turned, question) == set()
    stretched = turned @ np.diag([1.3, 1.0, 0.8])
    assert _embedding(stretched, question) == {"embedding_span_only"}
    D, L = true_fields("3.2")["D"], true_fields("3.2")["L"]
    basis = reference.graphs.laplacian_eigenmaps(L, D, n_components=6).Psi
    other = basis[:, [0, 2, 4]] if question == "3.3" else basis[:, [1, 3, 5]]
    assert _embedding(np.round(other @ rotation(rng), 3), question) == {
        "embedding_constraint",
        "embedding_span_not",
        "embedding_trace_not",
    }
    noise = rng.normal(size=(10, 3))
    assert _embedding(noise, question) == {
        "embedding_constraint_not",
        "embedding_span_not",
        "embedding_trace_not",
    }


def test_an_absurd_embedding_is_remarked_on_without_a_warning() -> None:
    for value in (0.0, 5e-324, 1e308, -1e200):
        found = _embedding(np.full((10, 3), value))
        assert "embedding_constraint_not" in found or "embedding_span_not" in found


# Parts that have to agree


def test_evidence_that_is_not_the_sum_of_its_parts_is_remarked_on() -> None:
    right = {name: round(float(value), 3) for name, value in true_fields("2.1n").items()}
    assert "sum_differs" not in codes(grade({"2.1n": right})["2.1n"])
    for name in right:
        report = grade({"2.1n": {**right, name: round(right[name] + 0.0023, 4)}})["2.1n"]
        assert "sum_differs" in codes(report)
        assert report["score"] == pytest.approx(0.1 * 2 / 3, abs=1e-6)
    edge = {**right, "log_evidence": round(right["elbo"] + right["kl"] + 1.5e-3, 6)}
    assert "sum_differs" not in codes(grade({"2.1n": edge})["2.1n"])
    assert "sum_differs" not in codes(grade({"2.1n": {"elbo": 1.0, "kl": 2.0}})["2.1n"])


def test_rows_that_do_not_sum_to_1_are_remarked_on() -> None:
    delta = np.round(true_fields("4.2n")["delta"], 3)
    assert "rows_not_one" not in codes(grade({"4.2n": delta})["4.2n"])
    delta[[3, 5]] *= 0.9
    report = grade({"4.2n": delta})["4.2n"]
    said = next(one for one in report["feedback"] if one["code"] == "rows_not_one")
    assert said["parameters"] == {"field": "delta", "rows": "4, 6"}


def test_the_trace_of_an_answer_agrees_with_the_sum_of_the_eigenvalues_used() -> None:
    W = adjacency()
    answers = graph(W)
    found = reference.graphs.laplacian_eigenmaps(
        answers["3.2"]["L"], answers["3.2"]["D"], n_components=3, drop_trivial=True
    )
    assert found.trace == pytest.approx(float(found.eigenvalues.sum()))
    report = grade({"3.4": {"Psi": answers["3.4"]["Psi"], "trace": round(found.trace + 0.1, 3)}})["3.4"]
    assert report["fields"]["Psi"]["verdict"] == "correct"
    assert report["fields"]["trace"]["verdict"] == "incorrect"
    assert "own_value_differs" in codes(report)


# Estimates


def _estimate(errors: float) -> Assignment:
    document = json.loads(hw3().model_dump_json(by_alias=True, exclude_unset=True))
    title = {"en": "Monte Carlo", "zh-TW": "蒙地卡羅"}
    vae = {name: {"data": f"vae.{name}"} for name in ("A", "b", "s2", "x", "m", "log_std")}
    question = {
        "id": "mc",
        "title": title,
        "prompt": title,
        "points": 1,
        "tolerance": {"standard_errors": errors},
        "truth": {"solver": "linear_gaussian_vae.elbo_estimate", "inputs": vae, "options": {"n_draws": 1000}},
        "fields": {"elbo": {"shape": [], "standard_error": "standard_error"}},
    }
    document |= {"slug": "estimate", "points": 1, "questions": [question]}
    return Assignment.model_validate(document).stamped(f"estimate {errors}")


def test_an_estimate_is_right_within_the_stated_number_of_standard_errors() -> None:
    vae = hw3().data["vae"]
    given = {name: vae[name] for name in ("A", "b", "s2", "x", "m", "log_std")}
    found = reference.linear_gaussian_vae.elbo_estimate(**given, n_draws=1000)
    for errors in (2.0, 3.0):
        assignment = _estimate(errors)
        for share, right in ((0.0, True), (0.99, True), (-0.99, True), (1.01, False), (-1.01, False), (10.0, False)):
            sent = found.elbo + share * errors * found.standard_error
            report = grade({"mc": sent}, assignment)["mc"]
            assert (report["verdict"] == "correct") is right
            assert report["fields"]["elbo"]["allowed"] == pytest.approx(errors * found.standard_error)


def test_a_mistake_in_an_estimate_has_the_room_of_its_own_standard_error() -> None:
    document = json.loads(_estimate(3.0).model_dump_json(by_alias=True, exclude_unset=True))
    hint = {"en": "A slip.", "zh-TW": "一個錯誤。"}
    document["questions"][0]["mistakes"] = [
        {"id": "squared", "hint": hint, "inputs": {"s2": {"value": 0.25}}},
        {"id": "wide", "hint": hint, "inputs": {"log_std": {"value": [1.0, 1.0]}}},
    ]
    assignment = Assignment.model_validate(document).stamped("estimates with mistakes")
    vae = {name: hw3().data["vae"][name] for name in ("A", "b", "x", "m", "log_std")}
    found = reference.linear_gaussian_vae.elbo_estimate(**vae, s2=0.25, n_draws=1000)
    sent = found.elbo + 1.5 * found.standard_error
    assert summary(grade({"mc": sent}, assignment)["mc"]) == ("partial", 0.5, "squared")


def test_an_estimate_needs_a_standard_error() -> None:
    document = json.loads(_estimate(3.0).model_dump_json(by_alias=True, exclude_unset=True))
    del document["questions"][0]["fields"]["elbo"]["standard_error"]
    with pytest.raises(ValueError, match="standard_error"):
        Assignment.model_validate(document)
