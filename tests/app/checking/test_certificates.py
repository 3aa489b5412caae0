"""Every certificate of a correct field holds by itself, and of refused embeddings no element would have done."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from app.assignments import shipped_assignments
from tests.accuracy.bounds import least_error
from tests.app.checking.grading import CENTRED, GMM, MLM, SAMPLES, adjacency, grade, graph, rotation
from tests.app.checking.verifier import Verifier
from tests.app.support import NUMERIC, Array, perfect, published, true_fields

seeds = st.integers(0, 2**32 - 1)


@cache
def document() -> dict[str, Any]:
    """The assignment file as it stands."""
    parsed: dict[str, Any] = yaml.safe_load(shipped_assignments()["hw3"].read_text(encoding="utf-8"))
    return parsed


def verified(answers: dict[str, Any]) -> int:
    """Check the certificates of all correct fields; how many there were."""
    verifier = Verifier(document(), answers, grade(answers))
    return sum(verifier.verify(question) for question in answers)


def _signed_order(rng: np.random.Generator) -> Array:
    return np.asarray(np.eye(3)[:, rng.permutation(3)] * rng.choice([-1, 1], 3))


def _relabelled(question: str, order: Array, decimals: int) -> dict[str, Array]:
    fields = true_fields(question)
    moved = {
        name: value[:, order] if name == "delta" else value[order] if value.ndim else value
        for name, value in fields.items()
    }
    return {name: np.round(value, decimals) for name, value in moved.items()}


@given(seed=seeds, decimals=st.sampled_from([3, 5, 12]), rows=st.booleans(), ddof=st.sampled_from([0, 1]))
@settings(max_examples=25, deadline=None)
def test_certificates_of_right_answers_hold_by_themselves(seed: int, decimals: int, rows: bool, ddof: int) -> None:
    rng = np.random.default_rng(seed)
    g = _signed_order(rng)
    axes, values = true_fields("1.1")["axes"] @ g, true_fields("1.1")["eigenvalues"] @ g**2 * (1.0 if ddof else 0.9)
    pair, both = np.array([0, 1, *(2 + rng.permutation(2))]), rng.permutation(2)
    right = {name: np.round(value, decimals) for name, value in true_fields("3.4").items()}
    answers = {
        "1.1": {"axes": np.round(axes.T if rows else axes, decimals), "eigenvalues": np.round(values, decimals)},
        "1.2": np.round(true_fields("1.2")["components"] @ g, decimals),
        "1.3": round(float(true_fields("1.3")["error"]) * (1 if ddof else 10 / 9), decimals),
        "2.1n": {name: np.round(value, decimals) for name, value in true_fields("2.1n").items()},
        "3.1": true_fields("3.1")["W"],
        "3.2": {
            "D": np.diag(true_fields("3.2")["D"]) if rows else true_fields("3.2")["D"],
            "L": true_fields("3.2")["L"],
        },
        "3.3": np.round(true_fields("3.3")["Psi"] @ rotation(rng), decimals),
        "3.4": {**right, "Psi": np.round(true_fields("3.4")["Psi"] @ rotation(rng), decimals)},
        "4.1n": _relabelled("4.1n", pair, decimals),
        "4.2n": _relabelled("4.2n", pair, decimals),
        "4.3n": _relabelled("4.3n", pair, decimals),
        "5.1n": _relabelled("5.1n", both, decimals),
        "5.2n": _relabelled("5.2n", both, decimals),
        "5.3n": _relabelled("5.3n", both, decimals),
    }
    assert verified(answers) == 30


@given(seed=seeds)
@settings(max_examples=15, deadline=None)
def test_certificates_of_what_follows_hold_by_themselves(seed: int) -> None:
    rng = np.random.default_rng(seed)
    g = _signed_order(rng)
    for axes in (true_fields("1.1")["axes"] @ g, reference.pca.principal_components(SAMPLES, center=False).axes @ g):
        sent = np.round(axes, 3)
        for used in (sent, axes):
            assert verified({"1.1": sent, "1.2": np.round(CENTRED @ used, 3)}) >= 1
    answers = graph(adjacency(extra=(4, 9)))
    answers["3.3"] = np.round(
        reference.graphs.laplacian_eigenmaps(**answers["3.2"], n_components=3).Psi @ rotation(rng), 3
    )
    assert verified(answers) == 5
    order = np.array([0, 1, *(2 + rng.permutation(2))])
    delta = np.round(true_fields("4.2n")["delta"][:, order], 3)
    step = reference.gaussian_mixture.m_step(GMM["x"], GMM["y"], delta)
    answer = {"pi": step.pi, "mu": step.mu, "Sigma": step.Sigma}
    assert verified({"4.2n": delta, "4.1n": {name: np.round(value, 3) for name, value in answer.items()}}) == 4
    loose = np.round(true_fields("5.1n")["delta"][:, ::-1], 3)
    lines = reference.linear_mixture.m_step(MLM["x"], MLM["y"], loose)
    assert verified({"5.1n": loose, "5.2n": {"pi": lines.pi, "w": lines.w, "rho": lines.rho}}) == 4


def test_certificates_of_what_a_slip_leaves_right_hold_by_themselves() -> None:
    right = {name: np.round(value, 3) for name, value in true_fields("4.1n").items()}
    slipped = {**right, "pi": np.round(true_fields("4.1n")["pi"] * 20 / 24, 3)}
    assert verified({"4.1n": slipped}) == 2
    assert verified({"3.2": {"D": true_fields("3.2")["D"], "L": -true_fields("3.2")["L"]}}) == 1


def test_certificates_of_the_published_solution_hold_by_themselves() -> None:
    assert verified(published()) == 10


def test_a_verifier_that_is_lied_to_notices() -> None:
    answers = perfect(3)
    questions = grade(answers)
    lies = [
        ("1.1", "axes", "element", [[1, 0, 0], [0, 1, 0], [0, 0, -1]]),
        ("3.3", "Psi", "element", [[1, 0, 0], [0, 1, 1e-3], [0, 0, 1]]),
        ("5.3n", "w", "element", [1, 0]),
    ]
    for question, name, key, lie in lies:
        report: Any = {**questions, question: {**questions[question], "fields": dict(questions[question]["fields"])}}
        field = dict(report[question]["fields"][name])
        report[question]["fields"][name] = {**field, "symmetry": {**field["symmetry"], key: lie}}
        verifier = Verifier(document(), answers, report)
        try:
            verifier.verify(question)
        except AssertionError:
            continue
        raise ValueError(f"the lie about {question} was not noticed")


def test_of_refused_embeddings_no_element_would_have_done() -> None:
    rng = np.random.default_rng(5)
    proven = 0
    for question in ("3.3", "3.4"):
        psi = true_fields(question)["Psi"]
        for _ in range(40):
            sent = np.round(psi @ rotation(rng), 3)
            sent[rng.integers(10), rng.integers(3)] += rng.choice([-1, 1]) * rng.uniform(1e-3, 4e-3)
            answer: Any = {"Psi": sent, "trace": 1.0} if question == "3.4" else sent
            report = grade({question: answer})[question]["fields"]["Psi"]
            bound = least_error(sent, psi)
            if report["verdict"] == "correct":
                assert bound <= 5e-4 * (1 + 1e-9)
            else:
                proven += bound > 5e-4
    assert proven > 60


def test_every_numeric_question_has_certificates_to_check() -> None:
    verifier = Verifier(document(), perfect(3), grade(perfect(3)))
    assert all(verifier.verify(question) for question in NUMERIC)
