"""Mixtures as problems: components that are apart, and EM from a start near them."""

from __future__ import annotations

from typing import Any

import numpy as np

import reference
from tests.accuracy.words import large

__all__ = ["gaussians", "lines"]

Document = dict[str, Any]

_TRIES = 200


def gaussians(rng: np.random.Generator) -> tuple[Document, list[Document]]:
    """Separated Gaussians, of which some have a few labelled samples; EM starts near them."""
    for _ in range(_TRIES):
        components, m = int(rng.integers(2, 6)), int(rng.integers(1, 4))
        n = large(rng, 8 * components, 16 * components, 200)
        means = rng.normal(scale=4.0, size=(components, m))
        distance = np.linalg.norm(means[:, None] - means, axis=2) + 99 * np.eye(components)
        if distance.min() < 3.0:
            continue
        member = np.sort(rng.integers(components, size=n))
        spread = rng.uniform(0.5, 1.0, size=(components, 1, m))
        x = np.round(means[member] + spread[member][:, 0] * rng.normal(size=(n, m)), 2)
        pinned = int(rng.integers(0, components))
        labels = np.where((member < pinned) & (rng.random(n) < 0.2), member + 1, 0)
        for component in range(pinned):
            labels[np.flatnonzero(member == component)[:1]] = component + 1
        weights = np.full(components, round(1 / components, 3))
        weights[-1] = 1.0 - weights[:-1].sum()
        start = {
            "pi": weights.tolist(),
            "mu": np.round(means + rng.normal(scale=0.4, size=means.shape), 1).tolist(),
            "Sigma": np.broadcast_to(np.eye(m), (components, m, m)).tolist(),
        }
        data: Document = {"x": x.tolist(), "y": labels.tolist(), "theta0": start}
        if np.bincount(member, minlength=components).min() < 2 * m + 3 or not _settles("gaussian_mixture", data):
            continue
        fields: Document = {
            "pi": {"shape": [components], "moves": {"axes": [0]}},
            "mu": {"shape": [components, m], "moves": {"axes": [0]}},
            "Sigma": {"shape": [components, m, m], "moves": {"axes": [0]}},
        }
        return data, _mixture("gaussian_mixture", ("pi", "mu", "Sigma"), n, fields, list(range(pinned)))
    raise AssertionError("no well-posed mixture was found")


def lines(rng: np.random.Generator) -> tuple[Document, list[Document]]:
    """Lines (or planes) that cross, and EM from a start near them."""
    for _ in range(_TRIES):
        components, p = int(rng.integers(2, 4)), int(rng.integers(2, 4))
        n = large(rng, 14 * components, 20 * components, 120)
        coefficients = rng.normal(scale=2.5, size=(components, p))
        distance = np.abs(coefficients[:, None] - coefficients).max(axis=2) + 99 * np.eye(components)
        if distance.min() < 2.0:
            continue
        member = rng.integers(components, size=n)
        x = np.round(np.column_stack([np.ones(n), rng.uniform(-2.0, 2.0, size=(n, p - 1))]), 2)
        y = np.round((x * coefficients[member]).sum(axis=1) + rng.normal(scale=0.4, size=n), 2)
        weights = np.full(components, round(1 / components, 3))
        weights[-1] = 1.0 - weights[:-1].sum()
        start = {
            "pi": weights.tolist(),
            "w": np.round(coefficients + rng.normal(scale=0.3, size=coefficients.shape), 1).tolist(),
            "rho": [1.0] * components,
        }
        data: Document = {"x": x.tolist(), "y": y.tolist(), "theta0": start}
        if not _settles("linear_mixture", data):
            continue
        fields: Document = {
            "pi": {"shape": [components], "moves": {"axes": [0]}},
            "w": {"shape": [components, p], "moves": {"axes": [0]}},
            "rho": {"shape": [components], "moves": {"axes": [0]}},
        }
        return data, _mixture("linear_mixture", ("pi", "w", "rho"), n, fields, [])
    raise AssertionError("no well-posed mixture was found")


def _settles(module: str, data: Document) -> bool:
    """Whether EM converges soon, to components that are apart and have more than a few samples."""
    try:
        fitted: Any = reference.SOLVERS[f"{module}.fit"](data["x"], data["y"], *data["theta0"].values(), max_iter=120)
    except reference.errors.SolverError:
        return False
    variances = np.linalg.eigvalsh(fitted.Sigma) if module == "gaussian_mixture" else fitted.rho
    return bool(fitted.pi.min() > 0.03 and np.min(variances) > 0.03)


def _mixture(module: str, names: tuple[str, ...], n: int, fields: Document, pinned: list[int]) -> list[Document]:
    start: Document = {name: {"data": f"theta0.{name}"} for name in names}
    samples: Document = {name: {"data": name} for name in ("x", "y")}
    group: Document = {"group": "relabelling", "pinned": pinned}
    size = fields["pi"]["shape"][0]
    return [
        {
            "id": "estep",
            "truth": {"solver": f"{module}.responsibilities", "inputs": samples | start},
            "symmetry": group,
            "fields": {"delta": {"shape": [n, size], "moves": {"axes": [1]}}},
        },
        {
            "id": "mstep",
            "truth": {
                "solver": f"{module}.m_step",
                "inputs": samples | {"delta": {"question": "estep", "field": "delta"}},
            },
            "symmetry": {"same_as": "estep"},
            "fields": fields,
        },
        {
            "id": "fit",
            "truth": {"solver": f"{module}.fit", "inputs": samples | start},
            "symmetry": group,
            "fields": fields | {"log_likelihood": {"shape": [], "required": False}},
        },
    ]
