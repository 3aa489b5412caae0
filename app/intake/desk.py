"""Take submissions in: read, graded and kept as a group, in one transaction, each with an outcome of its own."""

from __future__ import annotations

import logging
import os
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from app.answers import answers_digest, read_envelope, read_json
from app.checking import Report, check_many, prepare
from app.errors import Unprocessable, UptoError, our_failure
from app.intake.attaching import file_ids, with_files
from app.intake.cases import Accepted, Arrival, Case, Outcome, first_of_each_key
from app.intake.lookup import Directory, authenticate
from app.intake.noting import Note, Noting, ignore
from app.intake.reading import check_key, check_open, read_known, require_student
from app.intake.recovery import commit_or_recover
from app.intake.variants import Variants, Wanted
from app.intake.writing import write
from app.storage import (
    Credential,
    Database,
    all_running,
    find_callers,
    find_files,
    find_first_answers,
    forget_files,
    forget_keys,
    forget_refusals,
    forget_sessions,
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
    secret : bytes
        What learners' own data are drawn from.
    note : callable, optional
        Takes what grading tells of itself.
    """

    database: Database
    admin_digest: str
    refusals_an_hour: int
    secret: bytes = field(repr=False)
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
        self._find_data(_open(cases))
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
        """Delete what was kept for a time that is over: keys, refusals, files without submission, sessions."""
        with self.database.writing() as connection:
            forget_keys(connection, now)
            forget_refusals(connection, now)
            forget_files(connection, now)
            forget_sessions(connection, now)

    def _read(self, connection: Connection, cases: Sequence[Case]) -> None:
        """Find out who sends, whether they sent it before, and read what they sent."""
        for case in cases:
            with case.step():
                case.key = check_key(case.arrival.keys)
        credentials = {case.arrival.credential for case in cases}
        credentials -= {None, Credential("token", self.admin_digest)}
        callers = find_callers(connection, filter(None, credentials), self.admin_digest)
        answered = find_first_answers(connection, _keys(cases))
        directory = Directory(connection)
        for case in cases:
            bad_key, case.outcome = case.outcome, None
            with case.step():
                arrival = case.arrival
                case.caller = authenticate(callers, self.admin_digest, arrival.credential, arrival.received_at)
                if isinstance(bad_key, Exception):
                    raise bad_key
                if case.asked in answered:
                    case.outcome = case.replay(answered[case.asked])
                    continue
                leniently = case.arrival.refusal_id is not None
                case.envelope = read_envelope(read_json(case.arrival.body))
                case.course = directory.course(case.caller, case.envelope.course)
                case.read = read_known(
                    directory, case.caller, case.envelope, case.arrival.received_at, leniently=leniently
                )
                require_student(case.read.student)
                check_open(case.read.terms, case.arrival.received_at)
        _attach(connection, _open(cases))

    def _find_data(self, cases: Sequence[Case]) -> None:
        """Give submissions their learners' own data, where the assignment has them drawn."""
        wanted = {
            case: Wanted(case.read.course, case.read.running, str(case.read.student))
            for case in cases
            if case.read is not None and case.read.running.assignment.variants is not None
        }
        if not wanted:
            return
        now = max(case.arrival.received_at for case in wanted)
        found = Variants(self.database, self.secret).of_all(wanted.values(), now, make=True)
        for case, one in wanted.items():
            drawn = found[one]
            if isinstance(drawn, UptoError):
                case.outcome = drawn
            elif case.read is not None:
                case.read = replace(case.read, submission=replace(case.read.submission, drawn=drawn))

    def _write(self, connection: Connection, cases: Sequence[Case], *, again: bool) -> dict[Case, Outcome]:
        return write(connection, cases, self.refusals_an_hour, again=again)


def open_desk(url: str, admin_digest: str, refusals_an_hour: int, secret: bytes) -> Desk:
    """A desk at a database whose tables are there."""
    return Desk(Database(url), admin_digest, refusals_an_hour, secret)


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


def _attach(connection: Connection, cases: Sequence[Case]) -> None:
    """Look up the files that submissions name, all together."""
    named = {case: ids for case in cases if case.read is not None and (ids := file_ids(case.read))}
    if not named:
        return
    found = find_files(connection, {file for ids in named.values() for file in ids})
    for case in named:
        with case.step():
            if case.read is not None:
                leniently = case.arrival.refusal_id is not None
                case.read = with_files(case.read, found, case.arrival.received_at, leniently=leniently)


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
    for case, read, report in zip(cases, reads, reports, strict=True):
        case.report = report
        case.digest = answers_digest(read.submission.answers) if _is_wrong(report) else case.id


def _is_wrong(report: Report) -> bool:
    """Whether something that was sent is not right: only that is not counted again where it is sent again."""
    return any(question["verdict"] in ("partial", "incorrect") for question in report["questions"].values())
