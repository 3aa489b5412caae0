"""Grade answers to homework 3 in process, as the service would, and look a question up in the report."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

import reference
from app.answers import read_answers, read_json
from app.assignments import Assignment
from app.checking import check
from app.checking.report import QuestionReport
from tests.app.support import Array, hw3

SAMPLES = np.array(hw3().data["samples"], dtype=float)
CENTRED = SAMPLES - SAMPLES.mean(axis=0)
GMM: dict[str, Any] = hw3().data["gmm"]
MLM: dict[str, Any] = hw3().data["mlm"]
EDGES: list[list[int]] = hw3().data["edges"]


def grade(answers: dict[str, Any], assignment: Assignment | None = None) -> dict[str, QuestionReport]:
    """The reports of all questions; NumPy arrays are sent as lists."""
    given = assignment or hw3()
    body = json.dumps(answers, default=lambda value: value.tolist()).encode()
    return check(given, read_answers(read_json(body), given.answer_fields))["questions"]


def codes(report: QuestionReport) -> set[str]:
    """What was said, by code."""
    return {said["code"] for said in report["feedback"]}


def summary(report: QuestionReport) -> tuple[str, float, str | None]:
    """Verdict, share of the points, and what matched."""
    return report["verdict"], round(report["score"] / report["max_score"], 6), report["matched"]


def graph(W: Array) -> dict[str, Any]:
    """All answers to problem 3 that are right for an adjacency matrix, to three decimals."""
    laplacian = reference.graphs.laplacian(W)
    whole = reference.graphs.laplacian_eigenmaps(laplacian.L, laplacian.D, n_components=3)
    rest = reference.graphs.laplacian_eigenmaps(laplacian.L, laplacian.D, n_components=3, drop_trivial=True)
    return {
        "3.1": W,
        "3.2": {"D": laplacian.D, "L": laplacian.L},
        "3.3": np.round(whole.Psi, 3),
        "3.4": {"Psi": np.round(rest.Psi, 3), "trace": round(rest.trace, 3)},
    }


def adjacency(*, without: int = 0, extra: tuple[int, int] | None = None) -> Array:
    """The homework's graph without its first edges, or with one more."""
    edges = [*EDGES[without:], *([list(extra)] if extra else [])]
    return reference.graphs.adjacency(edges, n_vertices=10).W


def rotation(rng: np.random.Generator) -> Array:
    """A random orthogonal matrix without an entry near 1."""
    while True:
        q, r = np.linalg.qr(rng.normal(size=(3, 3)))
        if np.abs(q).max() < 0.95:
            return np.asarray(q * np.sign(np.diag(r)))
