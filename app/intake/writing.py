"""The one transaction: learners held, attempts counted, submissions, first answers and refusals written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import Connection

from app.checking import encode
from app.errors import Conflict, Unprocessable
from app.intake.attaching import file_ids
from app.intake.cases import Accepted, Case, Outcome
from app.language import LANGUAGES, Message, render, text
from app.storage import (
    Caller,
    Draft,
    Entry,
    FirstAnswer,
    NewRefusal,
    Stored,
    count_attempts,
    count_refusals,
    ensure_learners,
    entry_by,
    find_first_answers,
    insert_refusals,
    insert_submissions,
    kept_attempts,
    refusal_became,
    remember_answers,
    settle_refusal,
    write_log,
)

__all__ = ["write"]


def write(connection: Connection, cases: Sequence[Case], refusals_an_hour: int, *, again: bool) -> dict[Case, Outcome]:
    """Write cases, each with another idempotency key or with none.

    Parameters
    ----------
    connection : Connection
        In a writing transaction.
    cases : sequence of Case
        Graded, or refused as unreadable.
    refusals_an_hour : int
        How many unreadable submissions of a learner are kept in an hour.
    again : bool
        Whether an earlier try may have been committed.

    Returns
    -------
    dict
        The outcome of each, true once the transaction is committed.
    """
    outcomes: dict[Case, Outcome] = {}
    graded = [case for case in cases if case.report is not None]
    drafts = _drafts(connection, graded)
    if again:
        _find_kept(connection, drafts, outcomes)
    _find_answered(connection, drafts, outcomes)
    _find_settled(connection, drafts, outcomes)
    _keep(connection, {case: draft for case, draft in drafts.items() if case not in outcomes}, outcomes)
    _refuse(connection, [case for case in cases if case.report is None], refusals_an_hour, outcomes)
    return outcomes


def _drafts(connection: Connection, cases: Sequence[Case]) -> dict[Case, Draft]:
    """What is to be kept, its learners made where they are unknown and held until the transaction ends."""
    known = [(case, case.read, str(case.read.student), case.report) for case in cases if case.read and case.report]
    if not known:
        return {}
    named = {(read.course.id, student) for _, read, student, _ in known}
    learners = ensure_learners(connection, named, known[0][0].arrival.received_at)
    return {
        case: Draft(
            id=case.id,
            course=read.course,
            running=read.running,
            student=student,
            learner_id=learners[read.course.id, student],
            submitted_at=case.arrival.received_at,
            body=case.arrival.body if case.arrival.sent is None else case.arrival.sent,
            report=cast(dict[str, Any], report),
            encoded=encode(report).decode(),
            terms=read.terms,
            digest=case.digest,
            files=file_ids(read),
            paced=case.arrival.refusal_id is None,
        )
        for case, read, student, report in known
    }


def _find_kept(connection: Connection, drafts: Mapping[Case, Draft], outcomes: dict[Case, Outcome]) -> None:
    """Those that the earlier try had committed after all."""
    kept = kept_attempts(connection, [draft.id for draft in drafts.values()])
    for case, draft in drafts.items():
        if draft.id in kept:
            outcomes[case] = _accept(case, draft, draft.stored(kept[draft.id]))


def _find_answered(connection: Connection, drafts: Mapping[Case, Draft], outcomes: dict[Case, Outcome]) -> None:
    """Those whose key was used since they were read."""
    answered = find_first_answers(connection, [case.asked for case in drafts if case.asked is not None])
    for case in drafts:
        if case not in outcomes and case.asked in answered:
            outcomes[case] = case.replay(answered[case.asked])


def _find_settled(connection: Connection, drafts: Mapping[Case, Draft], outcomes: dict[Case, Outcome]) -> None:
    """Those whose refusal somebody else had graded meanwhile."""
    for case in drafts:
        if case.arrival.refusal_id is not None and case not in outcomes:
            became = refusal_became(connection, case.arrival.refusal_id)
            if became is not None:
                outcomes[case] = Conflict(text("This was graded already: it is submission {id}.", id=became))


def _keep(connection: Connection, drafts: Mapping[Case, Draft], outcomes: dict[Case, Outcome]) -> None:
    counted = count_attempts(connection, list(drafts.values())) if drafts else []
    kept: list[tuple[Draft, Stored]] = []
    answers: list[FirstAnswer] = []
    for (case, draft), stored in zip(drafts.items(), counted, strict=True):
        if not isinstance(stored, Stored):
            outcomes[case] = stored
            continue
        accepted = _accept(case, draft, stored)
        outcomes[case] = accepted
        kept.append((draft, stored))
        if case.asked is not None:
            answers.append(FirstAnswer(*case.asked, case.body_digest, draft.id, accepted.response, accepted.language))
    insert_submissions(connection, kept)
    if answers:
        answers.sort(key=lambda answer: (answer.token_digest, answer.key))  # two transactions wait in one order
        remember_answers(connection, answers, max(draft.submitted_at for draft, _ in kept))
    for case, draft in drafts.items():
        if case.arrival.refusal_id is not None and isinstance(outcomes[case], Accepted):
            settle_refusal(connection, case.arrival.refusal_id, draft.id)
    accepted_ones = [(case, draft) for case, draft in drafts.items() if isinstance(outcomes[case], Accepted)]
    write_log(connection, [_entry(case, draft) for case, draft in accepted_ones if case.caller and case.caller.staff])


def _entry(case: Case, draft: Draft) -> Entry:
    """What the audit log says of a submission that staff handed in, or had graded after all."""
    if case.caller is None:
        raise LookupError("a submission was graded and nobody had sent it")
    arrival, graded = case.arrival, case.arrival.refusal_id
    details = {"submission": draft.id, "corrected": arrival.sent is None} if graded else {}
    return entry_by(
        case.caller,
        "refusal.graded" if graded else "submission.made",
        draft.course.id,
        arrival.asked_at or arrival.received_at,
        assignment=draft.running.assignment.slug,
        student=draft.student,
        subject=graded or draft.id,
        details=details,
        request_id=arrival.request_id,
    )


def _accept(case: Case, draft: Draft, stored: Stored) -> Accepted:
    if case.caller is None:
        raise LookupError("a submission was graded and nobody had sent it")
    response, language = case.arrival.respond(stored, case.caller, draft.terms)
    return Accepted(draft.id, response, language, course=draft.course.slug)


def _refuse(
    connection: Connection, cases: Sequence[Case], refusals_an_hour: int, outcomes: dict[Case, Outcome]
) -> None:
    """Keep what was refused: all of staff's, and of a learner's as many as the limit says."""
    refused = [(case, case.outcome, case.caller) for case in cases]
    names = {sender.name for _, _, sender in refused if sender and not sender.staff}
    counts: dict[str, int] = {}
    if names:
        since = min(case.arrival.received_at for case in cases) - timedelta(hours=1)
        counts = count_refusals(connection, names, since)
    kept = []
    for case, error, sender in refused:
        if not isinstance(error, Unprocessable) or sender is None:
            raise LookupError("a submission was neither graded nor refused")
        outcomes[case] = error
        if not sender.staff:
            counts[sender.name] = counts.get(sender.name, 0) + 1
        if sender.staff or counts[sender.name] <= refusals_an_hour:
            kept.append(_refusal(case, error, sender))
    insert_refusals(connection, kept)


def _refusal(case: Case, error: Unprocessable, sender: Caller) -> NewRefusal:
    """What can be made out of a submission that was refused."""
    envelope = case.envelope
    return NewRefusal(
        id=case.id,
        course_id=case.course.id if case.course else sender.own_course,
        assignment=envelope.assignment if envelope else None,
        student=sender.student or (envelope.student if envelope else None),
        sent_by=sender.name,
        by_learner=not sender.staff,
        sent_at=case.arrival.received_at,
        body=case.arrival.body,
        detail=_said(error.detail),
        problems=[{"pointer": problem.pointer, "message": _said(problem.message)} for problem in error.problems],
    )


def _said(message: Message) -> dict[str, str]:
    return {language: render(message, language) for language in LANGUAGES}
