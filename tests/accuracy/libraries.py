"""The same questions answered with other libraries, or with a plain loop as a student writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import scipy.linalg
from sklearn.decomposition import PCA
from sklearn.manifold import spectral_embedding

from tests.accuracy.asked import Array, Fields, figure
from tests.accuracy.libraries_kinds import clusters, eigenvectors, roots
from tests.accuracy.truths import Work

__all__ = ["library_answers"]

_GAP = 1e-3
_WIDE = 3e-2  # an eigengap across which single precision turns eigenvectors by far less than half a unit
_LARGEST = 500.0  # the largest variance that single precision holds to three decimals with room to spare
Answered = dict[str, Fields]


def library_answers(work: Work) -> dict[str, Answered]:
    """Every library's answers to the questions it can answer, by its name; arrays without a batch axis."""
    found: dict[str, Answered] = {}
    for question in work.numeric:
        truth = work.assignment.question(question).truth
        make = _MAKERS.get(truth.solver) if truth else None
        if truth is None or make is None:
            continue
        for library, attributes in make(work, question, dict(truth.options)).items():
            fields = _named(work, question, attributes)
            if fields is not None:
                found.setdefault(library, {})[question] = fields
                if "axes" in attributes:
                    found[library] |= _from_axes(work, question, attributes["axes"])
    return found


def _named(work: Work, question: str, attributes: Mapping[str, Array]) -> Fields | None:
    """The attributes as the question's fields; None where one is missing or has another shape."""
    fields = {}
    for name, spec in work.assignment.question(question).fields.items():
        value = attributes.get(name, attributes.get(spec.output or name))
        if value is None or np.shape(value) != spec.shape:
            if spec.required:
                return None
            continue
        fields[name] = figure(SimpleNamespace(**{spec.output or name: value}), name, spec)
    return fields


def _gap(values: Array) -> float:
    """The least distance of neighbouring eigenvalues."""
    return float(np.diff(values).min(initial=np.inf))


def _axes(work: Work, question: str, options: dict[str, Any]) -> dict[str, dict[str, Array]]:
    if set(options) - {"ddof"}:
        return {}
    X = np.array(work.inputs(question)["X"], dtype=float)
    divisor = len(X) - options.get("ddof", 1)
    values, vectors = np.linalg.eigh(np.cov(X.T, ddof=options.get("ddof", 1)))
    _, scales, rows = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    model = PCA().fit(X)
    _, single, short = np.linalg.svd((X - X.mean(axis=0)).astype(np.float32), full_matrices=False)
    computed = {"axes": short.T.astype(float), "explained_variance": single.astype(float) ** 2 / divisor}
    return {
        **({"float32 SVD": computed} if values[-1] < _LARGEST and _gap(values) > _WIDE * values[-1] else {}),
        "numpy.linalg.eigh of the covariance": {"axes": vectors[:, ::-1], "explained_variance": values[::-1]},
        "numpy.linalg.svd": {"axes": rows.T, "explained_variance": scales**2 / divisor},
        "sklearn PCA": {
            "axes": model.components_.T,
            "explained_variance": model.explained_variance_ * ((len(X) - 1) / divisor),
        },
    }


def _from_axes(work: Work, owner: str, axes: Array) -> Answered:
    """Components and reconstruction errors as they follow from these axes."""
    answered: Answered = {}
    for question in work.numeric:
        truth = work.assignment.question(question).truth
        if truth is None or "axes" not in truth.inputs or truth.inputs["axes"].question != owner:
            continue
        X = np.array(work.inputs(question)["X"], dtype=float)
        centred = X - X.mean(axis=0)
        if truth.solver == "pca.project" and not truth.options:
            answered[question] = {"components": centred @ axes}
        elif truth.solver == "pca.reconstruction_error" and set(truth.options) <= {"n_components", "ddof"}:
            kept = axes[:, : truth.options["n_components"]]
            squares = np.sum((centred - centred @ kept @ kept.T) ** 2)
            answered[question] = {"error": np.asarray(squares / (len(X) - truth.options.get("ddof", 0)))}
    return answered


def _embeddings(work: Work, question: str, options: dict[str, Any]) -> dict[str, dict[str, Array]]:
    if set(options) - {"n_components", "drop_trivial"}:
        return {}
    inputs = work.inputs(question)
    L, D = np.asarray(inputs["L"]), np.asarray(inputs["D"])
    k, first = options["n_components"], int(options.get("drop_trivial", False))
    degrees = np.diag(D)
    values, vectors = scipy.linalg.eigh(L, D)
    kept = slice(first, first + k)
    if values[1] < _GAP:
        return {}
    found = {"scipy.linalg.eigh(L, D)": vectors[:, kept]}
    if _gap(values[: first + k + 1]) > _WIDE:
        _, single = scipy.linalg.eigh(L.astype(np.float32), D.astype(np.float32))
        found["float32 eigh(L, D)"] = single[:, kept].astype(float)
    if np.diff(values[: first + k + 1]).min() > _GAP:
        plain, columns = np.linalg.eig(L / degrees[:, None])
        columns = columns[:, np.argsort(plain.real)[kept]].real
        found["numpy.linalg.eig(inv(D) L)"] = columns / np.sqrt(np.einsum("ij,i,ij->j", columns, degrees, columns))
        if first + k + 1 < len(L):
            embedding = spectral_embedding(D - L, n_components=k, drop_first=bool(first), random_state=0)
            found["sklearn spectral_embedding"] = embedding
    return {
        name: {
            "Psi": Psi,
            "basis": Psi,
            "trace": np.trace(Psi.T @ L @ Psi),
            "gram": Psi.T @ D @ Psi,
            "eigenvalues": np.diag(Psi.T @ L @ Psi),
        }
        for name, Psi in found.items()
    }


def _posterior(log_joint: Array) -> tuple[Array, Array]:
    top = log_joint.max(axis=1, keepdims=True)
    shares = np.exp(log_joint - top)
    total = shares.sum(axis=1, keepdims=True)
    return shares / total, (top + np.log(total)).sum()


def _gaussian_e(inputs: Mapping[str, Any], theta: tuple[Array, ...]) -> tuple[Array, Array]:
    x, y = np.array(inputs["x"], dtype=float), np.array(inputs["y"])
    pi, mu, Sigma = theta
    columns = []
    for k in range(len(pi)):
        d = x - mu[k]
        square = np.sum(d @ np.linalg.inv(Sigma[k]) * d, axis=1)
        log_density = -0.5 * (square + np.log(np.linalg.det(2 * np.pi * Sigma[k])))
        columns.append(np.where(y == 0, np.log(pi[k]) + log_density, np.where(y == k + 1, log_density, -np.inf)))
    return _posterior(np.column_stack(columns))


def _gaussian_m(inputs: Mapping[str, Any], delta: Array) -> tuple[Array, ...]:
    x, y = np.array(inputs["x"], dtype=float), np.array(inputs["y"])
    total = delta.sum(axis=0)
    mu = delta.T @ x / total[:, None]
    Sigma = np.array([(delta[:, k, None] * (x - mu[k])).T @ (x - mu[k]) / total[k] for k in range(len(total))])
    return delta[y == 0].mean(axis=0), mu, Sigma


def _linear_e(inputs: Mapping[str, Any], theta: tuple[Array, ...]) -> tuple[Array, Array]:
    x, y = np.array(inputs["x"], dtype=float), np.array(inputs["y"], dtype=float)
    pi, w, rho = theta
    return _posterior(np.log(pi) - (y[:, None] - x @ w.T) ** 2 / (2 * rho) - 0.5 * np.log(2 * np.pi * rho))


def _linear_m(inputs: Mapping[str, Any], delta: Array) -> tuple[Array, ...]:
    x, y = np.array(inputs["x"], dtype=float), np.array(inputs["y"], dtype=float)
    w = np.array([np.linalg.solve(x.T @ (d[:, None] * x), x.T @ (d * y)) for d in delta.T])
    rho = np.sum(delta * (y[:, None] - x @ w.T) ** 2, axis=0) / delta.sum(axis=0)
    return delta.mean(axis=0), w, rho


_STEPS: Mapping[str, tuple[Callable[..., tuple[Array, Array]], Callable[..., tuple[Array, ...]], tuple[str, ...]]] = {
    "gaussian_mixture": (_gaussian_e, _gaussian_m, ("pi", "mu", "Sigma")),
    "linear_mixture": (_linear_e, _linear_m, ("pi", "w", "rho")),
}


def _mixtures(work: Work, question: str, options: dict[str, Any]) -> dict[str, dict[str, Array]]:
    truth = work.assignment.question(question).truth
    if truth is None or options:
        return {}
    module, _, what = truth.solver.partition(".")
    e_step, m_step, names = _STEPS[module]
    inputs = work.inputs(question)
    attributes: dict[str, Array] = {}
    if what == "m_step":
        delta = np.asarray(inputs["delta"])
        attributes = dict(zip(names, m_step(inputs, delta), strict=True))
    else:
        theta = tuple(np.array(inputs[name], dtype=float) for name in names)
        delta, _ = e_step(inputs, theta)
        attributes["delta"] = delta
        if what == "fit":
            for _ in range(5000):
                before = theta
                theta = m_step(inputs, e_step(inputs, theta)[0])
                if max(np.abs(new - old).max() for new, old in zip(theta, before, strict=True)) < 1e-11:
                    break
            attributes = dict(zip(names, theta, strict=True)) | {"log_likelihood": e_step(inputs, theta)[1]}
    return {"a plain NumPy loop": attributes}


_MAKERS: Mapping[str, Callable[[Work, str, dict[str, Any]], dict[str, dict[str, Array]]]] = {
    "pca.principal_components": _axes,
    "graphs.laplacian_eigenmaps": _embeddings,
    "linear_algebra.eigenvectors": eigenvectors,
    "polynomials.roots": roots,
    "polynomials.real_roots": roots,
    "k_means.lloyd_step": clusters,
    "k_means.fit": clusters,
    **{f"{module}.{what}": _mixtures for module in _STEPS for what in ("responsibilities", "m_step", "fit")},
}
