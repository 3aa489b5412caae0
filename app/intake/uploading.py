"""Taking a file in: for whom and for which field it is, what it has to be, and keeping it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from sqlalchemy import Connection

from app.answers import read_envelope
from app.answers.problems import quote
from app.assignments import FieldSpec, FileKind, Terms
from app.errors import Conflict, Problem, TooLarge, Unprocessable
from app.intake.file_kinds import content_kind, safe_name
from app.intake.lookup import Directory, choose_student
from app.intake.reading import check_open, check_opened, require_student
from app.language import Message, text
from app.storage import (
    Caller,
    Course,
    KeptFile,
    NewFile,
    Running,
    bytes_held,
    ensure_learners,
    insert_file,
    renew_same,
)

__all__ = ["QuotaUsed", "Sent", "Target", "check_sent", "choose_target", "keep_file"]


class QuotaUsed(Conflict):
    """The learner's files for the assignment take as much as they may."""

    name = "file-quota"
    title = text("There is no room for more files")


@dataclass(frozen=True)
class Sent:
    """A file as it arrived.

    Parameters
    ----------
    name : str
        What the sender calls it.
    content : IO
    size : int
        In bytes.
    sha256 : str
    received_at : datetime
    """

    name: str
    content: IO[bytes]
    size: int
    sha256: str
    received_at: datetime


@dataclass(frozen=True)
class Target:
    """The field of whose answer a file is to be."""

    course: Course
    running: Running
    terms: Terms
    student: str
    question: str
    field: str
    spec: FieldSpec


def choose_target(directory: Directory, caller: Caller, said: Mapping[str, str], moment: datetime) -> Target:
    """Find the field that is meant.

    Parameters
    ----------
    directory : Directory
        Knows the courses and their assignments.
    caller : Caller
        Who sends.
    said : mapping of str to str
        `assignment`, `question` and `field`, and perhaps `course` and `student`.
    moment : datetime
        When it arrived.

    Raises
    ------
    Refusal
        Where there is no such field, it takes no file, or the caller may not answer it.
    """
    head = {key: said[key] for key in ("course", "assignment", "student") if key in said}
    envelope = read_envelope({**head, "answers": {}})
    student = choose_student(caller, envelope.student)
    course = directory.course(caller, envelope.course)
    running = directory.running(course, str(envelope.assignment))
    terms = directory.terms(running, student)
    check_opened(caller, terms, moment)
    questions = {question.id: question for question in running.assignment.questions}
    places = {
        (question.id, name)
        for question in questions.values()
        for name in question.fields
        if _takes(question.fields[name])
    }
    asked = said.get("question", ""), said.get("field", "")
    if asked not in places:
        known = ", ".join(f"{question}/{field}" for question, field in sorted(places))
        message = (
            text(
                "Question “{question}” has no field “{field}” that takes a file. These take one: {known}.",
                question=quote(asked[0]),
                field=quote(asked[1]),
                known=known,
            )
            if places
            else text("No field of this assignment takes a file.")
        )
        raise _unprocessable(message, "/field" if asked[0] in questions else "/question")
    whose = require_student(student)
    spec = questions[asked[0]].fields[asked[1]]
    return Target(course, running, terms, whose, *asked, spec)


def _takes(spec: FieldSpec) -> bool:
    return spec.kind == "file"


def check_sent(target: Target, sent: Sent, most: int) -> FileKind:
    """Which kind a file is of, where its field takes it.

    Parameters
    ----------
    target : Target
    sent : Sent
    most : int
        Bytes of any file at most.

    Raises
    ------
    Closed
        Where the assignment takes no answers at the moment when it arrived.
    TooLarge, Unprocessable
        Where it is not what the field takes.
    """
    check_open(target.terms, sent.received_at)
    limit = min(most, target.spec.max_bytes or most)
    if sent.size > limit:
        raise TooLarge(
            text(
                "The file has {size} bytes; at most {limit} are taken here. Send a smaller one.",
                size=sent.size,
                limit=limit,
            )
        )
    if not sent.size:
        raise _unprocessable(text("The file is empty. Choose it again and send it once more."), "/file")
    kind = content_kind(sent.content, sent.name, target.spec.accept)
    if kind is None:
        raise _unprocessable(
            text(
                "What arrived is {kind}; one of these is wanted: {accepted}. It is the content that counts; texts and"
                " NumPy archives also need the usual ending of their names.",
                kind=content_kind(sent.content, sent.name) or text("of no kind that is known here"),
                accepted=", ".join(target.spec.accept),
            ),
            "/file",
        )
    return kind


def keep_file(connection: Connection, target: Target, sent: Sent, kind: FileKind, quota: int) -> KeptFile:
    """Keep a file, or the one of the same content that is there already.

    Parameters
    ----------
    connection : Connection
        In a writing transaction.
    target : Target
    sent : Sent
    kind : str
        As `check_sent` says.
    quota : int
        Bytes of all files of a learner for an assignment at most.

    Raises
    ------
    QuotaUsed
        Where there is no room for it.
    """
    whose = target.course.id, target.student
    learner = ensure_learners(connection, [whose], sent.received_at)[whose]
    new = NewFile(
        id=str(uuid.uuid4()),
        assignment_id=target.running.assignment_id,
        learner_id=learner,
        question=target.question,
        field=target.field,
        name=safe_name(sent.name, kind),
        kind=kind,
        size=sent.size,
        sha256=sent.sha256,
        created_at=sent.received_at,
    )
    same = renew_same(connection, new)
    if same is not None:
        return same
    held = bytes_held(connection, new)
    if held + sent.size > quota:
        raise QuotaUsed(
            text(
                "The files for this assignment have {held} bytes, and this one has {size}; {quota} are allowed in all."
                " Send a smaller one, or ask the teaching staff.",
                held=held,
                size=sent.size,
                quota=quota,
            )
        )
    return insert_file(connection, new, sent.content)


def _unprocessable(message: Message, at: str) -> Unprocessable:
    return Unprocessable(
        text("The file was not kept. At {place}: {problem}", place=at, problem=message), [Problem(at, message)]
    )
