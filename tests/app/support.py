"""Answers to homework 3 for the tests: the published solution as printed, and what the solvers say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import FastAPI
from numpy.typing import NDArray

from app.assignments import Assignment, parse_assignment, read_assignment, shipped_assignments
from app.checking import prepare
from app.storage import add_version, find_course
from app.storage import publish as publish_version

Array = NDArray[Any]
Answers = dict[str, Any]

DATA = Path(__file__).parents[1] / "data" / "hw3"
MANUAL_POINTS = 2.3


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@cache
def hw3() -> Assignment:
    """The shipped homework 3."""
    return read_assignment(shipped_assignments()["hw3"])


NUMERIC = tuple(question.id for question in hw3().questions if not question.manual)


def true_fields(question: str) -> dict[str, Array]:
    """What the solver says of a question."""
    plan = prepare(hw3())
    return {
        name: value[0] for name, value in plan.target(question, plan.questions[question].candidates[0]).truths.items()
    }


def perfect(decimals: int | None = None) -> Answers:
    """Every numeric answer, rounded where asked."""
    fields = {question: true_fields(question) for question in NUMERIC}
    return {
        question: {
            name: (value if decimals is None else np.round(value, decimals)).tolist() for name, value in answer.items()
        }
        for question, answer in fields.items()
    }


def published() -> Answers:
    """The published solution, typed as printed; its illegible figures are filled in from the solver."""
    figures = json.loads((DATA / "published.json").read_text(encoding="utf-8"))
    pca, graph = figures["problem_1_pca"], figures["problem_3_laplacian_eigenmaps"]
    printed = np.array(pca["printed_axes_columns"], dtype=float)
    ours = true_fields("1.1")["axes"]
    signs = np.sign(np.nansum(printed * ours, axis=0))
    adjacency = np.zeros((10, 10), dtype=int)
    for one, other in graph["edges"]:
        adjacency[one - 1, other - 1] = adjacency[other - 1, one - 1] = 1
    degrees = graph["degrees"]

    def filled(rows: list[object], solved: Array) -> list[Any]:
        values = np.array(rows, dtype=float)
        return np.where(np.isnan(values), np.round(solved, 8), values).tolist()  # type: ignore[no-any-return] # a list

    return {
        "1.1": {
            "axes": filled(pca["printed_axes_columns"], ours * signs),
            "eigenvalues": filled(pca["printed_eigenvalues_ddof_1"], true_fields("1.1")["eigenvalues"]),
        },
        "1.2": filled(pca["printed_components_rows"], true_fields("1.2")["components"] * signs),
        "1.3": pca["printed_mean_squared_reconstruction_error_2d"],
        "3.1": adjacency.tolist(),
        "3.2": {"D": np.diag(degrees).tolist(), "L": (np.diag(degrees) - adjacency).tolist()},
        "3.3": graph["printed_embedding_smallest_three"],
        "3.4": {"Psi": graph["printed_embedding_second_to_fourth"], "trace": graph["printed_trace_second_to_fourth"]},
    }


def orthogonal(rng: np.random.Generator, size: int) -> Array:
    """A Haar-distributed orthogonal matrix."""
    q, r = np.linalg.qr(rng.normal(size=(size, size)))
    return np.asarray(q * np.sign(np.diag(r)))


def publish(service: FastAPI, clock: Clock, **policy: object) -> None:
    """Publish homework 3 with another policy."""
    source = shipped_assignments()["hw3"].read_text(encoding="utf-8")
    lines = "".join(f"  {name}: {json.dumps(value)}\n" for name, value in policy.items())
    changed = source.replace("  counts: best\n  release: after_due\n", lines).encode()
    publish_source(service, clock, "hw3", changed)


def publish_source(service: FastAPI, clock: Clock, slug: str, source: bytes) -> None:
    """Publish an assignment file."""
    assert parse_assignment(source).version
    clock.advance(1)
    with service.state.service.database.writing() as connection:
        course = find_course(connection, "ml")
        assert course is not None
        made = add_version(connection, course, slug, source, by="a test", reason=None, now=clock())
        publish_version(connection, course, slug, made.version, by="a test", reason=None, now=clock())
