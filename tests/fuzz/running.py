"""Run one part: inputs round by round, each judged, timed and counted; what fails can be sent again."""

from __future__ import annotations

import ctypes
import gc
import os
import time
import traceback
import warnings
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

__all__ = [
    "LIMIT",
    "BrokenError",
    "Failure",
    "Input",
    "Part",
    "Tally",
    "judge_growth",
    "judge_one",
    "resident",
    "run",
    "times_of",
]

LIMIT = 1.0
"""Seconds of processor time that an answer may take. The wall clock of a shared machine says nothing of an input."""

PER_MILLION = 16 << 20
"""Bytes by which a process may grow beyond that: 16 an input, less than any object that each could leave behind."""

_AGAIN = 3
_SHOWN = 20  # failures that are kept of each process
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


class BrokenError(Exception):
    """An answer that must not be."""


@dataclass(frozen=True)
class Input:
    """What is sent: bytes, and what else is needed to send them in the same way again."""

    data: bytes
    about: Any = None


@dataclass(frozen=True)
class Failure:
    """An input that was not answered as it should have been, and where it came from."""

    part: str
    seed: int
    round: int
    index: int
    what: str
    sent: Input


@dataclass
class Tally:
    """What one process tried, and how it was answered."""

    part: str
    tried: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    failures: list[Failure] = field(default_factory=list)
    failed: int = 0
    memory: list[tuple[int, int]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count what another process of the same part tried."""
        self.tried += other.tried
        self.answers += other.answers
        self.slowest = max(self.slowest, other.slowest)
        self.failures = (self.failures + other.failures)[:_SHOWN]
        self.failed += other.failed
        self.memory += other.memory

    def fail(self, failure: Failure) -> None:
        """Note a failure; of very many, the first are kept whole."""
        self.failed += 1
        if len(self.failures) < _SHOWN:
            self.failures.append(failure)


class Part(ABC):
    """Something that takes inputs. A subclass opens what it needs in `open` and lets go of it in `close`."""

    name = ""
    base = 16 << 20
    """Bytes by which it may grow in any case: what caches that are bounded and the allocator still take."""

    def open(self, seed: int) -> None:  # noqa: B027 - a part may need nothing
        """Get ready."""

    def close(self) -> None:  # noqa: B027 - see open
        """Let go of everything."""

    @abstractmethod
    def inputs(self, rng: Random) -> Iterator[Input]:
        """The inputs of one round."""

    @abstractmethod
    def judge(self, sent: Input) -> str:
        """Send an input, and name how it was answered.

        Raises
        ------
        BrokenError
            Where the answer must not be. Any other exception is a failure, too.
        """

    def end_round(self) -> None:  # noqa: B027 - see open
        """Look at what a whole round left."""

    def clock(self) -> float:
        """Processor time in seconds of whatever answers."""
        return time.process_time()

    def memory(self) -> int:
        """Bytes that whatever answers has in memory."""
        return resident(os.getpid())


def resident(*processes: int) -> int:
    """Bytes of memory that processes hold together, after the garbage of this one is gone."""
    if os.getpid() in processes:
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
    return sum(int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE for pid in processes)


def times_of(*processes: int) -> float:
    """Processor time in seconds that processes used together."""
    fields = [Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split() for pid in processes]
    return sum(int(one[11]) + int(one[12]) for one in fields) / _TICKS


def run(
    part: Part,
    seed: int,
    *,
    first: int = 0,
    step: int = 1,
    rounds: int | None = None,
    most: int | None = None,
    seconds: float | None = None,
    timed: bool = True,
) -> Tally:
    """Run rounds `first`, `first + step` and so on, until there were enough inputs or the time is over.

    Parameters
    ----------
    part : Part
    seed : int
        With the number of a round it decides all that is random in it.
    first, step : int, optional
        So that several processes take turns.
    rounds : int, optional
        How many at most.
    most : int, optional
        Inputs.
    seconds : float, optional
        By the wall clock.
    timed : bool, optional
        Whether an answer that takes too long is a failure.

    Returns
    -------
    Tally
        Its memory is that after a fifth of the inputs or of the time, when every cache has filled, and at the end.
    """
    tally = Tally(part.name)
    part.open(seed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            numbers = count(first, step) if rounds is None else range(first, first + rounds * step, step)
            _rounds(part, seed, tally, numbers, most, seconds, timed=timed)
    finally:
        part.close()
    return tally


def _rounds(
    part: Part, seed: int, tally: Tally, numbers: Iterable[int], most: int | None, seconds: float | None, *, timed: bool
) -> None:
    began, warm = time.monotonic(), None
    for number in numbers:
        rng = Random(f"{part.name} {seed} {number}")  # seeded by the text itself, alike in every process
        for index, sent in enumerate(part.inputs(rng)):
            judge_one(part, tally, (seed, number, index), sent, timed=timed)
            passed = time.monotonic() - began
            if warm is None and _beyond(tally.tried, passed, 0.2, most, seconds):
                warm = part.memory()
            if _beyond(tally.tried, passed, 1.0, most, seconds):
                break
        else:
            _whole(part, tally, seed, number)
            continue
        break
    end = part.memory()
    judge_growth(tally, seed, part.base, end if warm is None else warm, end)


def judge_growth(tally: Tally, seed: int, base: int, before: int, after: int) -> None:
    """Note memory before and after; more than is allowed is a failure."""
    tally.memory.append((before, after))
    allowed = base + PER_MILLION * tally.tried // 1_000_000
    if after - before > allowed:
        what = f"memory grew by {after - before >> 10:,} KiB in {tally.tried:,} inputs; {allowed >> 10:,} are allowed"
        tally.fail(Failure(tally.part, seed, 0, 0, what, Input(b"")))


def _beyond(tried: int, passed: float, share: float, most: int | None, seconds: float | None) -> bool:
    return (most is not None and tried >= share * most) or (seconds is not None and passed >= share * seconds)


def judge_one(part: Part, tally: Tally, at: tuple[int, int, int], sent: Input, *, timed: bool = True) -> None:
    """Judge an input and count it; `at` says where it came from: seed, round and index."""
    tally.tried += 1
    began = part.clock()
    try:
        tally.answers[part.judge(sent)] += 1
        took = part.clock() - began
        for _ in range(
            _AGAIN if timed else 0
        ):  # caches that others fill and empty make the same work take several times as long
            if took <= LIMIT:
                break
            began = part.clock()
            part.judge(sent)
            took = min(took, part.clock() - began)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        tally.answers["broken"] += 1
        tally.fail(Failure(part.name, *at, _said(error), sent))
        return
    tally.slowest = max(tally.slowest, took)
    if timed and took > LIMIT:
        tally.fail(Failure(part.name, *at, f"took {took:.2f} s of processor time", sent))


def _whole(part: Part, tally: Tally, seed: int, number: int) -> None:
    try:
        part.end_round()
    except Exception as error:  # noqa: BLE001 - as above
        tally.answers["broken"] += 1
        tally.fail(Failure(part.name, seed, number, -1, _said(error), Input(b"")))


def _said(error: Exception) -> str:
    if isinstance(error, BrokenError):
        return str(error)
    return "".join(traceback.format_exception(error))
