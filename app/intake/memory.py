"""How often a process that serves looks for garbage."""

from __future__ import annotations

import gc

__all__ = ["settle_memory"]

_THRESHOLDS = (20_000, 20, 20)


def settle_memory() -> None:
    """Let the garbage collector pass over what is there now, which stays for ever, and look less often.

    A group of submissions makes much that is gone a moment later; looking through all there is each time took half of
    the time in which it was read.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
