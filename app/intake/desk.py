"""Take submissions in: read, graded and kept as a group, in one transaction, each with an outcome of its own."""

from __future__ import annotations

import logging
import os
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from app.answers import read_envelope, read_json
from app.checking import check_many, prepare
from app.errors import Unprocessable, UptoError, our_failure
from app.intake.cases import Accepted, Arrival, Case, Outcome, first_of_each_key
from app.intake.lookup import Directory, authenticate
from app.intake.noting import Note, Noting, ignore
from app.intake.reading import check_key, check_open, read_known, require_student
from app.intake.recovery import commit_or_recover
from app.intake.writing import write
from app.storage import (
    Database,
    all_running,
    find_callers,
    find_first_answers,
    forget_keys,
    forget_refusals,
    token_digest,
)
from app.watching import about

__all__ = ["Desk", "names_of", "open_desk"]

_log = logging.getLogger("upto")


@dataclass(frozen=True)
class Desk:
    """Where submissions are taken in.

    Parameters
    ----------
    database : Database
        Where they are kept.
    admin_digest : str
        SHA-256 of the token that is staff of every course.
    refusals_an_hour : int
        How many unreadable submissions of a learner are kept in an hour.
    note : callable, optional
        Takes what grading tells of itself.
    """

    database: Database
    admin_digest: str
    refusals_an_hour: int
    note: Note = ignore

    def take(
        self, arrivals: Sequence[Arrival], names: Sequence[str] | None = None, *, again: bool = False
    ) -> list[Accepted | UptoError]:
        """Read, grade and keep submissions. When this returns, what was accepted is durable.

        Parameters
        ----------
        arrivals : sequence of Arrival
            In the order of their arrival.
        names : sequence of str, optional
            The ids that the submissions get; new ones by default.
        again : bool, optional
            Whether these arrivals may have been kept under these names already.

        Returns
        -------
        list of Accepted or UptoError
            For each: what was accepted, or why not: a `Refusal` (then no attempt is spent, and what was refused with
            422 is kept for staff), or `Unavailable` where we failed. Nothing is ever raised.
        """
        names = names or names_of(os.urandom(16 * len(arrivals)))
        cases = [Case(arrival, name) for arrival, name in zip(arrivals, names, strict=True)]
        with about(arrival.request_id for arrival in arrivals):
            try:
                self._take(cases, again=again)
            except Exception as error:  # noqa: BLE001 - the outcome of all that have none yet
                for case in _open(cases):
                    case.outcome = error
            return _presentable(cases)

    def _take(self, cases: Sequence[Case], *, again: bool) -> None:
        with self.database.reading() as connection:
            self._read(connection, cases)
        _grade(_open(cases), self.note)
        waiting = [case for case in cases if case.outcome is None or _to_be_kept(case)]
        while waiting:
            group, waiting = first_of_each_key(waiting)
            commit_or_recover(self.database, group, self._write, again=again)

    def warm(self) -> None:
        """Solve what runs before anybody asks for it."""
        with self.database.reading() as connection:
            running = all_running(connection)
        for one in running:
            prepare(one.assignment)

    def sweep(self, now: datetime) -> None:
        """Delete what was kept for a time that is over: idempotency keys and refusals."""
        with self.database.writing() as connection:
            forget_keys(connection, now)
            forget_refusals(connection, now)

    def _read(self, connection: Connection, cases: Sequence[Case]) -> None:
        """Find out who sends, whether they sent it before, and read what they sent."""
        for case in cases:
            with case.step():
                case.key = check_key(case.arrival.keys)
        digests = {token_digest(case.arrival.token) for case in cases if case.arrival.token is not None}
        digests.discard(self.admin_digest)
        callers = find_callers(connection, digests) if digests else {}
        answered = find_first_answers(connection, _keys(cases))
        directory = Directory(connection)
        for case in cases:
            bad_key, case.outcome = case.outcome, None
            with case.step():
                case.caller = authenticate(callers, self.admin_digest, case.arrival.token)
                if isinstance(bad_key, Exception):
                    raise bad_key
                if case.asked in answered:
                    case.outcome = case.replay(answered[case.asked])
                    continue
                leniently = case.arrival.refusal_id is not None
                case.envelope = read_envelope(read_json(case.arrival.body))
                case.course = directory.course(case.caller, case.envelope.course)
                case.read = read_known(directory, case.caller, case.envelope, leniently=leniently)
                require_student(case.read.student)
                check_open(case.read.running.assignment.policy, case.arrival.received_at)

    def _write(self, connection: Connection, cases: Sequence[Case], *, again: bool) -> dict[Case, Outcome]:
        return write(connection, cases, self.refusals_an_hour, again=again)


def open_desk(url: str, admin_digest: str, refusals_an_hour: int) -> Desk:
    """A desk at a database whose tables are there."""
    return Desk(Database(url), admin_digest, refusals_an_hour)


def _presentable(cases: Sequence[Case]) -> list[Accepted | UptoError]:
    """Every outcome; what is a failure of ours goes to the log, once, and comes out as such."""
    outcomes: list[Accepted | UptoError] = []
    failed: dict[int, list[Case]] = defaultdict(list)
    for case in cases:
        if isinstance(case.outcome, Accepted | UptoError):
            outcomes.append(case.outcome)
        else:
            failed[id(case.outcome)].append(case)
            outcomes.append(our_failure())
    for group in failed.values():
        error = group[0].outcome
        with about(case.arrival.request_id for case in group):
            _log.error("submissions could not be kept", exc_info=error if isinstance(error, Exception) else None)
    return outcomes


def names_of(noise: bytes) -> list[str]:
    """Names (UUIDs of version 4), one for each 16 random bytes.

    The bytes are fetched together: each call for them lets another thread in.
    """
    return [str(uuid.UUID(bytes=noise[start : start + 16], version=4)) for start in range(0, len(noise), 16)]


def _keys(cases: Iterable[Case]) -> list[tuple[str, str]]:
    return [case.asked for case in cases if case.asked is not None]


def _open(cases: Iterable[Case]) -> list[Case]:
    return [case for case in cases if case.outcome is None]


def _to_be_kept(case: Case) -> bool:
    """Whether it was refused as unreadable, by somebody whom we know, and not already one of those."""
    return isinstance(case.outcome, Unprocessable) and case.caller is not None and case.arrival.refusal_id is None


def _grade(cases: Sequence[Case], note: Note) -> None:
    """Grade those of one version of an assignment together."""
    groups: dict[int, list[Case]] = defaultdict(list)
    for case in cases:
        if case.read is not None:
            groups[case.read.running.version_id].append(case)
    for group in groups.values():
        try:
            _grade_group(group, note)
        except Exception:  # noqa: BLE001 - then each by itself, so that nobody pays for another's
            with about(case.arrival.request_id for case in group):
                _log.exception("%d submissions could not be graded together", len(group))
            for case in group:
                with case.step():
                    _grade_group([case], note)


def _grade_group(cases: Sequence[Case], note: Note) -> None:
    reads = [case.read for case in cases if case.read is not None]
    assignment = reads[0].running.assignment
    watcher = Noting(assignment.slug, note, [case.arrival.request_id for case in cases])
    reports = check_many(assignment, [read.submission for read in reads], watcher)
    for case, report in zip(cases, reports, strict=True):
        case.report = report
