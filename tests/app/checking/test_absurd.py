"""Legal numbers that are absurd get a verdict: no warning, no failure of ours, nothing earned by them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from app.checking.report import QuestionReport
from tests.app.checking.grading import adjacency, grade
from tests.app.support import perfect, true_fields

SIZES = [5e-324, 1e-300, 1e-160, 1e-100, 1e-16, 0.0, 1.0, 1e16, 1e100, 1e155, 1e300, 1.7e308]


def sound(reports: dict[str, QuestionReport]) -> None:
    """Whether every question sent got a verdict that agrees with itself."""
    for question, report in reports.items():
        assert report["verdict"] != "pending", (question, report.get("failure"))
        if report["verdict"] in ("missing", "manual"):
            continue
        assert (report["score"] == report["max_score"]) == (report["verdict"] == "correct")
        assert (report["matched"] is None) == (report["score"] == 0)
        for field in report["fields"].values():
            if field["verdict"] not in ("correct", "missing"):
                assert field["worst"] is not None or field["measured"] is None


@pytest.mark.parametrize("degree", SIZES)
def test_graphs_with_absurd_weights(degree: float) -> None:
    path = np.diag(np.ones(9), 1) + np.diag(np.ones(9), -1)
    for weight, sign in itertools.product(SIZES, (1.0, -1.0)):
        with np.errstate(all="ignore"):
            L = np.clip(sign * weight * (np.diag(path.sum(axis=0)) - path), -1e308, 1e308)
        psi = np.full((10, 3), weight)
        sound(grade({"3.2": {"D": np.full(10, degree), "L": L}, "3.3": psi, "3.4": {"Psi": psi, "trace": degree}}))


@pytest.mark.parametrize("size", SIZES)
def test_responsibilities_of_absurd_sizes(size: float) -> None:
    for question, follows, width in (("4.2n", "4.1n", 4), ("5.1n", "5.2n", 2)):
        rows = 24 if width == 4 else 20
        delta = np.zeros((rows, width))
        delta[:, 0], delta[:, 1] = 1.0 - min(size, 0.5), min(size, 0.5)
        for sent in (delta, np.full((rows, width), size), delta * size):
            ones = {name: np.ones(value.shape) for name, value in true_fields(follows).items()}
            sound(grade({question: sent, follows: ones}))


@pytest.mark.parametrize("size", SIZES)
def test_mixtures_of_absurd_sizes(size: float) -> None:
    for other in SIZES:
        covariance = np.stack([np.array([[other, 0.0], [0.0, 1.0]])] * 4)
        gaussian = {"pi": [0.25] * 4, "mu": np.full((4, 2), size), "Sigma": covariance, "log_likelihood": size}
        lines = {"pi": [0.5, 0.5], "w": [[size, 0.0], [0.0, -size]], "rho": [other, other], "log_likelihood": -other}
        sound(grade({"4.3n": gaussian, "5.3n": lines}))


@pytest.mark.parametrize("size", [*SIZES, -1e308, -0.0])
def test_one_absurd_entry_in_every_answer(size: float) -> None:
    answers: dict[str, Any] = {}
    for question, fields in perfect(3).items():
        answers[question] = {}
        for name, value in fields.items():
            array = np.array(value, dtype=float)
            array.reshape(-1)[0] = size
            answers[question][name] = array
    answers["3.1"] = adjacency(without=1)
    sound(grade(answers))
