"""What all generated problems share: titles in both languages, and sizes."""

from __future__ import annotations

import numpy as np

__all__ = ["both", "large"]


def both(words: str) -> dict[str, str]:
    """A title in both languages."""
    return {"en": words, "zh-TW": words}


def large(rng: np.random.Generator, low: int, usual: int, most: int) -> int:
    """A size that is mostly small and now and then large."""
    return int(rng.integers(low, most + 1) if rng.random() < 0.08 else rng.integers(low, usual + 1))
