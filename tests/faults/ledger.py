"""What was sent and answered, written down by many threads, and held against what is stored."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.client import SUBMISSIONS, WRONG, Sent, get

__all__ = ["Ledger", "Proof", "listed", "prove"]


class Ledger:
    """Every submission that was sent."""

    def __init__(self) -> None:
        self.entries: list[Sent] = []
        self._counts: Counter[int] = Counter()
        self._changed = threading.Condition()

    def add(self, sent: Sent) -> None:
        """Write one down."""
        with self._changed:
            self.entries.append(sent)
            self._counts[sent.status] += 1
            self._changed.notify_all()

    def wait_for(self, status: int, more: int = 1, within: float = 30) -> float:
        """Wait until so many more have ended with a status; gives the seconds that it took."""
        began = time.monotonic()
        with self._changed:
            wanted = self._counts[status] + more
            if not self._changed.wait_for(lambda: self._counts[status] >= wanted, within):
                said = [one.wrong for one in self.entries if one.wrong][-3:]
                raise TimeoutError(f"not {more} more of status {status} in {within} s: {dict(self._counts)} {said}")
        return time.monotonic() - began


@dataclass(frozen=True)
class Proof:
    """What the ledger and the stored submissions say together."""

    counts: dict[int, int]
    """Of the requests by status."""
    accepted: int
    """Different submissions that were answered 201."""
    stored: int
    lost: list[Sent]
    """Answered 201, and not stored as it was answered."""
    doubled: dict[str, int]
    """By student, key or submission: how many times too often it is stored."""
    misnumbered: dict[str, list[int]]
    """Attempts of students who do not have 1, 2, 3 and so on."""
    wrong: list[str]

    def check(self) -> None:
        """Assert that every 201 is stored exactly once, as it was answered, and that nothing else was answered."""
        assert self.wrong == []
        assert self.lost == []
        assert self.doubled == {}
        assert self.misnumbered == {}
        assert self.accepted > 0


def prove(ledger: Ledger, stored: Sequence[dict[str, Any]]) -> Proof:
    """Compare what was answered with what is stored, as the service lists it.

    What was handed in with a key may be stored once however often it was sent, without one as often as it was sent.
    """
    accepted = [sent for sent in ledger.entries if sent.status == 201]
    known = {item["id"]: (item["student"], item["attempt"]) for item in stored}
    attempts: dict[str, list[int]] = defaultdict(list)
    for item in stored:
        attempts[item["student"]].append(item["attempt"])
    ordered = {student: sorted(numbers) for student, numbers in attempts.items()}
    return Proof(
        counts=dict(Counter(sent.status for sent in ledger.entries)),
        accepted=len({sent.id for sent in accepted}),
        stored=len(stored),
        lost=[sent for sent in accepted if known.get(sent.id) != (sent.student, sent.attempt)],
        doubled=_too_many(ledger.entries, attempts) | _shared(accepted),
        misnumbered={one: found for one, found in ordered.items() if found != list(range(1, len(found) + 1))},
        wrong=[sent.wrong for sent in ledger.entries if sent.status == WRONG],
    )


def _too_many(entries: Sequence[Sent], attempts: dict[str, list[int]]) -> dict[str, int]:
    """How many more of a student are stored than were handed in."""
    handed_in: dict[str, set[str | int]] = defaultdict(set)
    for number, sent in enumerate(entries):
        handed_in[sent.student].add(number if sent.key is None else sent.key)
    excess = {student: len(numbers) - len(handed_in[student]) for student, numbers in attempts.items()}
    return {student: more for student, more in excess.items() if more > 0}


def _shared(accepted: Sequence[Sent]) -> dict[str, int]:
    """Submissions that answered several things handed in, and keys that were answered with several submissions."""
    several: dict[str, set[str | int]] = defaultdict(set)
    for number, sent in enumerate(accepted):
        several[f"submission {sent.id}"].add(number if sent.key is None else sent.key)
        if sent.key is not None:
            several[f"key {sent.key}"].add(sent.id)
    return {name: len(found) - 1 for name, found in several.items() if len(found) > 1}


def listed(port: int) -> list[dict[str, Any]]:
    """Every stored submission, newest first."""
    found: list[dict[str, Any]] = []
    path: str | None = f"{SUBMISSIONS}?limit=200"
    while path is not None:
        reply = get(port, path)
        assert reply.status == 200, reply
        found += reply.json()["items"]
        following = re.fullmatch(r'<(.+)>; rel="next"', reply.headers.get("link", ""))
        path = following and following[1]
    return found
