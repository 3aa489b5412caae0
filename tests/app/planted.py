"""Homework 3 with errors planted into it."""

from __future__ import annotations

from app.assignments import shipped_assignments

HW3 = shipped_assignments()["hw3"].read_text(encoding="utf-8")

TEN: tuple[tuple[str, str, str], ...] = (
    ("unknown_solver", "solver: linear_gaussian_vae.evidence\n", "solver: linear_gaussian_vae.evidense\n"),
    (
        "unknown_reference",
        'axes: {question: "1.1", field: axes}}\n      options: {n_components: 2, ddof: 0}\n',
        'axes: {question: "1.9", field: axes}}\n      options: {n_components: 2, ddof: 0}\n',
    ),
    ("circle", 'inputs: {W: {question: "3.1", field: W}}\n', 'inputs: {W: {question: "3.4", field: gram}}\n'),
    ("shape", "grad_m: {shape: [2]}\n", "grad_m: {shape: [3]}\n"),
    ("like_truth", "- id: standardised\n        options: {scale: true}\n", "- id: standardised\n        options: {}\n"),
    (
        "ill_conditioned",
        "delta: {shape: [24, 4], moves: {axes: [1]}, structure: probabilities}\n",
        "delta: {shape: [24, 4], moves: {axes: [1]}, structure: probabilities, tolerance: {decimals: 12}}\n",
    ),
    (
        "missing_translation",
        'title: {en: "The constant vector", zh-TW: "常數向量"}\n',
        'title: {en: "The constant vector"}\n',
    ),
    ("points", "\npoints: 6.0\n", "\npoints: 6.5\n"),
    (
        "unknown_value",
        "symmetry: {group: relabelling}\n    fields:\n      delta: {shape: [20, 2]",
        "symmetry: {group: relabeling}\n    fields:\n      delta: {shape: [20, 2]",
    ),
    ("duplicate_id", '- id: "2.2"\n', '- id: "2.1"\n'),
)
"""What is found, what it stands in the place of, and the error."""


def planted(*changes: tuple[str, str, str]) -> bytes:
    """The file with errors; each of its places has to be there once."""
    source = HW3
    for code, before, after in changes:
        assert source.count(before) == 1, code
        source = source.replace(before, after)
    return source.encode()
