"""Truths that are not unique: repeated and close eigenvalues, cut eigenspaces, graphs in parts, equal components."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import reference
from app.answers import read_answers, read_json
from app.assignments import Assignment
from app.checking import Submission, check_many, findings
from tests.app.checking.grading import grade, graph, summary
from tests.app.support import Array, hw3, orthogonal


def variant(name: str, keep: tuple[str, ...], data: dict[str, Any], **changes: object) -> Assignment:
    """Homework 3 with other data, some of its questions, and without mistakes, which lie elsewhere there."""
    document = json.loads(hw3().model_dump_json(by_alias=True, exclude_unset=True))
    document["slug"] = "variant"
    document["data"] |= data
    questions = [one for one in document["questions"] if one["id"] in keep]
    for one in questions:
        one["mistakes"] = []
        one |= changes
    document["questions"] = questions
    document["points"] = round(sum(one["points"] for one in questions), 6)
    return Assignment.model_validate(document).stamped(name)


def _on_graph(W: Array) -> Assignment:
    edges = (np.argwhere(np.triu(W)) + 1).tolist()
    return variant(f"graph {edges}", ("3.1", "3.2", "3.3", "3.4"), {"edges": edges})


def _cycle(n: int = 10) -> Array:
    W = np.roll(np.eye(n), 1, axis=1)
    return W + W.T


def _star(n: int = 10) -> Array:
    W = np.zeros((n, n))
    W[0, 1:] = W[1:, 0] = 1.0
    return W


def _blocks(sizes: list[int]) -> Array:
    W = np.zeros((sum(sizes), sum(sizes)))
    start = 0
    for size in sizes:
        W[start : start + size, start : start + size] = 1.0 - np.eye(size)
        start += size
    return W


GRAPHS = {
    "a cycle": _cycle(),
    "a complete graph": 1.0 - np.eye(10),
    "a star": _star(),
    "two parts": _blocks([5, 5]),
    "three parts": _blocks([3, 3, 4]),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_any_optimal_embedding_of_a_degenerate_graph_is_right(name: str) -> None:
    W = GRAPHS[name]
    assignment = _on_graph(W)
    rng = np.random.default_rng(4)
    laplacian = reference.graphs.laplacian(W)
    for drop, question in ((False, "3.3"), (True, "3.4")):
        found = reference.graphs.laplacian_eigenmaps(laplacian.L, laplacian.D, n_components=3, drop_trivial=drop)
        last = found.spectrum[2]
        free = np.abs(found.spectrum - last) < 1e-8
        fixed = found.basis[:, ~free]
        for _ in range(20):
            part = found.basis[:, free] @ orthogonal(rng, int(free.sum()))[:, : 3 - fixed.shape[1]]
            psi = np.hstack([fixed, part]) @ orthogonal(rng, 3)
            for digits in (3, 9):
                sent: Any = np.round(psi, digits)
                right = sent if question == "3.3" else {"Psi": sent, "trace": round(found.trace, 3)}
                assert summary(grade({question: right}, assignment)[question]) == ("correct", 1.0, "truth")
            wrong = psi.copy()
            wrong[rng.integers(10), rng.integers(3)] += 0.05
            spoilt = wrong if question == "3.3" else {"Psi": wrong, "trace": round(found.trace, 3)}
            assert grade({question: spoilt}, assignment)[question]["verdict"] != "correct"


def test_the_whole_answer_to_a_degenerate_graph_as_scipy_gives_it_is_right() -> None:
    from scipy.linalg import eigh

    for W in (_cycle(), 1.0 - np.eye(10), _star()):
        L = np.diag(W.sum(axis=0)) - W
        _, vectors = eigh(L, np.diag(W.sum(axis=0)))
        answers = {**graph(W), "3.3": np.round(vectors[:, :3], 3)}
        report = grade(answers, _on_graph(W))
        for question in ("3.1", "3.2", "3.3", "3.4"):
            assert summary(report[question]) == ("correct", 1.0, "truth")


def _samples(spectrum: list[float], rng: np.random.Generator, n: int = 10) -> Array:
    """Samples whose covariance (ddof 1) has exactly these eigenvalues."""
    basis = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=(n, 3))]))[0][:, 1:]
    return np.asarray(basis * np.sqrt((n - 1) * np.array(spectrum)) @ orthogonal(rng, 3).T)


@pytest.mark.parametrize("spectrum", [[4.0, 4.0, 4.0], [9.0, 4.0, 4.0], [4.0, 4.0, 1.0]])
def test_any_axes_of_a_repeated_variance_are_right_with_their_components(spectrum: list[float]) -> None:
    rng = np.random.default_rng(6)
    X = _samples(spectrum, rng)
    assignment = variant(f"isotropic {spectrum}", ("1.1", "1.2"), {"samples": X.tolist()})
    centred = X - X.mean(axis=0)
    axes = reference.pca.principal_components(X).axes
    for _ in range(30):
        turn = np.eye(3)
        start = spectrum.index(4.0)
        size = spectrum.count(4.0)
        turn[start : start + size, start : start + size] = orthogonal(rng, size)
        own = axes @ turn
        own = own[:, rng.permutation(3)] * rng.choice([-1, 1], 3)
        answers = {"1.1": np.round(own, 3), "1.2": np.round(centred @ own, 3)}
        report = grade(answers, assignment)
        assert report["1.1"]["verdict"] == "correct"
        assert report["1.2"]["verdict"] == "correct"
        flipped = centred @ own
        flipped[:, 0] *= -1
        assert grade({**answers, "1.2": np.round(flipped, 3)}, assignment)["1.2"]["verdict"] == "incorrect"


def test_one_answer_and_many_are_graded_alike_under_a_continuous_element() -> None:
    rng = np.random.default_rng(0)
    corners = np.vstack([np.eye(3), -np.eye(3)]) * np.array([1.0, 1.0, 2.0]) * 5.0
    X = np.vstack([corners, corners[:2], -corners[:2]]) @ orthogonal(rng, 3).T
    title = {"en": "Scaled", "zh-TW": "標準化"}
    scaled = [{"id": f"scaled_{ddof}", "title": title, "options": {"scale": True, "ddof": ddof}} for ddof in (0, 1)]
    assignment = variant("scaled", ("1.1", "1.2"), {"samples": X.tolist()}, conventions=scaled)
    document = json.loads(assignment.model_dump_json(by_alias=True, exclude_unset=True))
    document["questions"][0]["conventions"] = []
    assignment = Assignment.model_validate(document).stamped("scaled components")
    found = reference.pca.principal_components(X)
    assert found.explained_variance[1] == pytest.approx(found.explained_variance[2])
    standard = (X - X.mean(axis=0)) / X.std(axis=0)
    sent = []
    for _ in range(30):
        turn = np.eye(3)
        turn[1:, 1:] = orthogonal(rng, 2)
        own = found.axes @ turn
        answers = {"1.1": np.round(own, 3).tolist(), "1.2": np.round(standard @ own, 3).tolist()}
        assert summary(grade(answers, assignment)["1.2"]) == ("correct", 1.0, "scaled_0")
        read = read_answers(read_json(json.dumps(answers).encode()), assignment.answer_fields)
        sent.append(Submission(read))
    for report in check_many(assignment, sent):
        assert summary(report["questions"]["1.2"]) == ("correct", 1.0, "scaled_0")


@pytest.mark.parametrize("gap", [1e-12, 1e-9, 1e-7, 1e-5])
def test_near_equal_variances_are_certified_by_residual(gap: float) -> None:
    rng = np.random.default_rng(9)
    X = _samples([9.0, 4.0 * (1 + gap), 4.0], rng)
    assignment = variant(f"gap {gap}", ("1.1",), {"samples": X.tolist()}, tolerance={"decimals": 8})
    axes = reference.pca.principal_components(X).axes
    angle = 1e-10 / gap if gap > 1e-8 else 0.7  # what a backward error of 1e-10 amounts to
    turn = np.eye(3)
    turn[1:, 1:] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    right = np.round(axes @ turn, 8)
    assert grade({"1.1": right}, assignment)["1.1"]["verdict"] == "correct"
    away = np.eye(3)
    away[:2, :2] = turn[1:, 1:] if angle > 1e-3 else [[1, -1e-3], [1e-3, 1]]
    assert grade({"1.1": np.round(axes @ away, 8)}, assignment)["1.1"]["verdict"] == "incorrect"
    repeated = right[:, [0, 1, 1]]
    assert grade({"1.1": repeated}, assignment)["1.1"]["verdict"] == "incorrect"
    assert [one for one in findings(assignment) if one.code == "ill_conditioned"] or gap < 1e-8 or gap > 1e-3


def test_close_eigenvalues_that_are_well_determined_are_told_apart() -> None:
    rng = np.random.default_rng(10)
    X = _samples([9.0, 4.0 * (1 + 5e-5), 4.0], rng)
    assignment = variant("close", ("1.1",), {"samples": X.tolist()})
    axes = reference.pca.principal_components(X).axes
    turn = np.eye(3)
    turn[1:, 1:] = [[0.8, -0.6], [0.6, 0.8]]
    assert grade({"1.1": np.round(axes, 3)}, assignment)["1.1"]["verdict"] == "correct"
    assert grade({"1.1": np.round(axes @ turn, 3)}, assignment)["1.1"]["verdict"] == "incorrect"


def test_a_mixture_with_equal_components_is_right_in_any_numbering() -> None:
    gmm = json.loads(json.dumps(hw3().data["gmm"]))
    gmm["theta0"]["mu"] = [[1, 1], [4, 1], [1, 4], [1, 4]]
    assignment = variant("equal", ("4.1n", "4.2n", "4.3n"), {"gmm": gmm})
    delta = reference.gaussian_mixture.responsibilities(gmm["x"], gmm["y"], **gmm["theta0"]).delta
    step = reference.gaussian_mixture.m_step(gmm["x"], gmm["y"], delta)
    assert np.allclose(delta[:, 2], delta[:, 3])
    for order in ([0, 1, 2, 3], [0, 1, 3, 2]):
        answers = {
            "4.2n": np.round(delta[:, order], 3),
            "4.1n": {"pi": step.pi[order], "mu": step.mu[order], "Sigma": step.Sigma[order]},
        }
        report = grade(answers, assignment)
        assert summary(report["4.2n"]) == summary(report["4.1n"]) == ("correct", 1.0, "truth")
    wrong = {"4.2n": np.round(delta, 3), "4.1n": {"pi": step.pi, "mu": step.mu[[1, 0, 2, 3]], "Sigma": step.Sigma}}
    assert grade(wrong, assignment)["4.1n"]["fields"]["mu"]["verdict"] == "incorrect"
