"""Generated homework: well-posed problems of random shape and data, as assignments of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.assignments import Assignment
from tests.accuracy.problem_graphs import graph
from tests.accuracy.problem_kinds import kinds
from tests.accuracy.problem_mixtures import gaussians, lines
from tests.accuracy.words import both, large

__all__ = ["FAMILIES", "make_problem"]

Array = NDArray[Any]
Document = dict[str, Any]


def make_problem(family: str, rng: np.random.Generator, version: str) -> Assignment:
    """Make an assignment of a family.

    Parameters
    ----------
    family : str
        One of `FAMILIES`.
    rng : numpy.random.Generator
    version : str
        Unique: equal versions are one assignment.
    """
    data, questions = FAMILIES[family](rng)
    for question in questions:
        question |= {"title": both(question["id"]), "prompt": both("Generated."), "points": 1.0}
    document = {
        "format": 1,
        "slug": f"generated-{family}",
        "title": both(family),
        "points": float(len(questions)),
        "tolerance": {"decimals": 3},
        "data": data,
        "questions": questions,
    }
    return Assignment.model_validate(document).stamped(version)


# --- Principal component analysis -------------------------------------------------------------------------------


def _pca(rng: np.random.Generator) -> tuple[Document, list[Document]]:
    """Samples of a given spectrum: simple, with repeated variances, or isotropic."""
    p = large(rng, 3, 5, 10)
    n = large(rng, p + 3, 20, 200)
    kind = rng.choice(["simple", "repeated", "isotropic"], p=[0.75, 0.18, 0.07])
    steps = rng.uniform(0.06, 0.6, size=p)
    if kind == "repeated":
        steps[rng.integers(1, p, size=rng.integers(1, 3))] = 0.0
    if kind == "isotropic":
        steps[1:] = 0.0
    variances = (10.0 ** rng.uniform(-0.5, 1.2) * (0.2 + steps.cumsum()))[::-1]
    centred = rng.normal(size=(n, p))
    left, _ = np.linalg.qr(centred - centred.mean(axis=0))
    right, _ = np.linalg.qr(rng.normal(size=(p, p)))
    samples = left * np.sqrt(variances * (n - 1)) @ right.T + rng.normal(scale=5.0, size=p)
    simple = kind == "simple"
    group = str(rng.choice(["signed_order", "signs", "eigenbasis"], p=[0.7, 0.15, 0.15] if simple else [0.7, 0, 0.3]))
    axes: Document = {"shape": [p, p], "moves": {"axes": [1]}}
    eigenvalues: Document = {"shape": [p], "output": "explained_variance", "required": bool(rng.random() < 0.3)}
    if group != "signs":
        eigenvalues["moves"] = {"axes": [0], "magnitude": True}
    symmetry: Document = {"group": group} | ({} if group == "signs" else {"spectrum": "explained_variance"})
    rows: Document = {"id": "axes_as_rows", "title": both("rows"), "layout": {"axes": "transposed"}}
    divisor: Document = {"id": "ddof_0", "title": both("n"), "options": {"ddof": 0}}
    conventions = [rows, divisor, rows | divisor | {"id": "both"}] if simple else [divisor]
    questions: list[Document] = [
        {
            "id": "axes",
            "truth": {
                "solver": "pca.principal_components",
                "inputs": {"X": {"data": "samples"}},
                "options": {"ddof": 1},
            },
            "symmetry": symmetry,
            "fields": {"axes": axes, "eigenvalues": eigenvalues},
            "conventions": conventions if rng.random() < 0.8 else [],
        },
        {
            "id": "components",
            "truth": {
                "solver": "pca.project",
                "inputs": {"X": {"data": "samples"}, "axes": {"question": "axes", "field": "axes"}},
            },
            "symmetry": {"same_as": "axes"},
            "fields": {"components": {"shape": [n, p], "moves": {"axes": [1]}}},
        },
        {
            "id": "error",
            "truth": {
                "solver": "pca.reconstruction_error",
                "inputs": {"X": {"data": "samples"}, "axes": {"question": "axes", "field": "axes"}},
                "options": {"n_components": int(rng.integers(1, p)), "ddof": 0},
            },
            "tolerance": [{"decimals": 3}, {"significant": 4}, {"rtol": 1e-3, "atol": 1e-6}][rng.integers(3)],
            "fields": {"error": {"shape": []}},
            "conventions": [{"id": "ddof_1", "title": both("n - 1"), "options": {"ddof": 1}}],
        },
    ]
    return {"samples": samples.tolist()}, questions


# --- A linear-Gaussian autoencoder ------------------------------------------------------------------------------


def _autoencoder(rng: np.random.Generator) -> tuple[Document, list[Document]]:
    """Numbers and vectors without any symmetry."""
    d, m = int(rng.integers(2, 6)), int(rng.integers(2, 6))
    shapes = {"A": (d, m), "b": (d,), "x": (d,), "m": (m,), "log_std": (m,), "epsilon": (m,)}
    data: Document = {name: np.round(rng.normal(size=shape), 2).tolist() for name, shape in shapes.items()}
    data["s2"] = round(float(rng.uniform(0.3, 2.0)), 2)
    inputs: Document = {name: {"data": name} for name in ("A", "b", "s2", "x", "m", "log_std")}
    return data, [
        {
            "id": "evidence",
            "truth": {"solver": "linear_gaussian_vae.evidence", "inputs": inputs},
            "fields": {name: {"shape": []} for name in ("log_evidence", "elbo", "kl")},
            "tolerance": [{"decimals": 3}, {"decimals": 2}, {"significant": 5}][rng.integers(3)],
        },
        {
            "id": "gradients",
            "truth": {
                "solver": "linear_gaussian_vae.pathwise_gradients",
                "inputs": inputs | {"epsilon": {"data": "epsilon"}},
            },
            "fields": {name: {"shape": [m]} for name in ("grad_m", "grad_log_std")},
        },
    ]


FAMILIES: Mapping[str, Callable[[np.random.Generator], tuple[Document, list[Document]]]] = {
    "pca": _pca,
    "graph": graph,
    "gaussians": gaussians,
    "lines": lines,
    "autoencoder": _autoencoder,
    "kinds": kinds,
}
"""What problems there are: each makes the data and the questions of one."""
