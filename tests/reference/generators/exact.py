"""Linear algebra in fractions, which shares nothing with the generators."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from math import prod

__all__ = ["determinant", "rank"]


def rank(rows: list[list[int]]) -> int:
    """Count the pivots of Gaussian elimination."""
    left = [[Fraction(entry) for entry in row] for row in rows]
    found = 0
    for column in range(len(rows[0])):
        pivot = next((row for row in left if row[column]), None)
        if pivot is None:
            continue
        found += 1
        left.remove(pivot)
        left = [_without(pivot, row, column) for row in left]
    return found


def determinant(rows: list[list[int]]) -> int:
    """Sum over all permutations."""
    size = len(rows)
    total = 0
    for order in permutations(range(size)):
        crossings = sum(order[i] > order[j] for i in range(size) for j in range(i + 1, size))
        total += (-1) ** crossings * prod(rows[i][order[i]] for i in range(size))
    return total


def _without(pivot: list[Fraction], row: list[Fraction], column: int) -> list[Fraction]:
    factor = row[column] / pivot[column]
    return [entry - factor * above for entry, above in zip(row, pivot, strict=True)]
