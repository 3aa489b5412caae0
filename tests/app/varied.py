"""An assignment whose every learner has a graph and samples of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.assignments import Assignment, parse_assignment

__all__ = ["GRAPH", "adjacency", "graph_assignment", "right_answers"]

GRAPH = """
format: 1
slug: own-graph
title: {en: "A graph of one's own", zh-TW: "各人的圖"}
points: 4.0
tolerance: {decimals: 3}
data:
  n_vertices: 8
  edges: [[1, 2], [1, 3], [2, 3], [3, 4], [4, 5], [4, 8], [5, 6], [6, 7], [7, 8], [1, 8]]
  samples: [[1, 2, 3], [4, 8, 5], [3, 12, 9], [1, 8, 5], [5, 14, 2], [7, 4, 1]]
variants:
  draws:
    - generator: connected_graph
      options: {n_vertices: 8, n_edges: 10}
      gives: {edges: edges}
    - generator: integers
      options: {shape: [6, 3], low: 0, high: 15}
      gives: {samples: values}
  conditions:
    - {question: "psi", output: all_eigenvalues, measure: gap, between: [2, 3], at_least: 0.05}
    - {question: "psi", output: all_eigenvalues, measure: largest, at_most: 1.9}
    - {question: "axes", output: explained_variance, measure: relative_gap, at_least: 0.1}
questions:
  - id: "W"
    title: {en: "Adjacency matrix", zh-TW: "鄰接矩陣"}
    prompt: {en: "The adjacency matrix of your graph.", zh-TW: "你的圖的鄰接矩陣。"}
    points: 1.0
    truth:
      solver: graphs.adjacency
      inputs: {edges: {data: edges}, n_vertices: {data: n_vertices}}
    tolerance: {exact: true}
    fields: {W: {shape: [8, 8], structure: adjacency}}
    mistakes:
      - id: one_sided
        options: {directed: true}
        hint: {en: "Every edge was entered in one direction only.", zh-TW: "每條邊只填了一個方向。"}
  - id: "L"
    title: {en: "Laplacian", zh-TW: "拉普拉斯矩陣"}
    prompt: {en: "Degrees and Laplacian.", zh-TW: "度數與拉普拉斯矩陣。"}
    points: 1.0
    truth:
      solver: graphs.laplacian
      inputs: {W: {question: "W", field: W}}
    tolerance: {exact: true}
    fields: {D: {shape: [8, 8], structure: degrees}, L: {shape: [8, 8], structure: laplacian}}
  - id: "psi"
    title: {en: "Embedding", zh-TW: "嵌入"}
    prompt: {en: "An optimal embedding in two dimensions.", zh-TW: "最佳的二維嵌入。"}
    points: 1.0
    truth:
      solver: graphs.laplacian_eigenmaps
      inputs: {L: {question: "L", field: L}, D: {question: "L", field: D}}
      options: {n_components: 2, drop_trivial: true}
    symmetry: {group: rotation, spectrum: spectrum}
    fields: {Psi: {shape: [8, 2], output: basis, moves: {axes: [1]}}}
  - id: "axes"
    title: {en: "Principal axes", zh-TW: "主軸"}
    prompt: {en: "The principal axes of your samples.", zh-TW: "你的樣本的主軸。"}
    points: 1.0
    truth:
      solver: pca.principal_components
      inputs: {X: {data: samples}}
    symmetry: {group: signed_order, spectrum: explained_variance}
    fields: {axes: {shape: [3, 3], moves: {axes: [1]}}}
    mistakes:
      - id: not_centred
        options: {center: false}
        hint: {en: "The mean was not subtracted.", zh-TW: "沒有先減去平均。"}
"""


def graph_assignment(source: str = GRAPH) -> Assignment:
    """The same as an assignment."""
    return parse_assignment(source.encode())


def adjacency(data: dict[str, Any]) -> NDArray[np.int_]:
    """The adjacency matrix of a graph, from its edges."""
    W = np.zeros((data["n_vertices"], data["n_vertices"]), dtype=int)
    for i, j in data["edges"]:
        W[i - 1, j - 1] = W[j - 1, i - 1] = 1
    return W


def right_answers(data: dict[str, Any]) -> dict[str, Any]:
    """The right answers for somebody's data, worked out here with NumPy alone."""
    W = adjacency(data)
    D = np.diag(W.sum(axis=1))
    root = np.diag(D.diagonal() ** -0.5)
    _, vectors = np.linalg.eigh(root @ (D - W) @ root)
    samples = np.array(data["samples"], dtype=float)
    _, axes = np.linalg.eigh(np.cov(samples.T))
    return {
        "W": W.tolist(),
        "L": {"D": D.tolist(), "L": (D - W).tolist()},
        "psi": (root @ vectors[:, 1:3]).round(4).tolist(),
        "axes": axes.round(4).tolist(),
    }
