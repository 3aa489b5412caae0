"""What the routes of files do, without HTTP: kept for a field, found, read piece by piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.errors import NotFound
from app.intake import Directory, Sent, Target, check_sent, choose_target, keep_file
from app.language import text
from app.storage import Caller, Credential, Entry, KeptFile, entry_by, files_of, find_file, read_piece, write_log
from app.web.service import Service

__all__ = ["find", "keep", "named_by", "read"]


def keep(service: Service, credential: Credential | None, said: Mapping[str, str], sent: Sent) -> KeptFile:
    """Keep a file for a field; when this returns, it is durable.

    Raises
    ------
    Refusal
        Where it cannot be kept.
    """
    with service.database.reading() as connection:
        caller = service.authenticate(connection, credential)
        target = choose_target(Directory(connection), caller, said, sent.received_at)
    kind = check_sent(target, sent, service.files.each)
    with service.database.writing() as connection:
        kept = keep_file(connection, target, sent, kind, service.files.per_learner)
        if caller.staff:
            write_log(connection, [_uploaded(caller, target, kept, sent.received_at)])
    return kept


def find(service: Service, credential: Credential | None, file_id: str) -> KeptFile:
    """A file, less its content.

    Raises
    ------
    NotFound
        Where there is none, or it is not the caller's to see.
    """
    with service.database.reading() as connection:
        caller = service.authenticate(connection, credential)
        found = find_file(connection, caller, file_id)
    if found is None:
        raise NotFound(text("There is no file {id}.", id=file_id[:40]))
    return found


def read(service: Service, file: KeptFile, position: int) -> bytes:
    """A piece of what is in a file, counted from 0.

    Raises
    ------
    LookupError
        Where there is no such piece.
    """
    with service.database.reading() as connection:
        content = read_piece(connection, file.id, position)
    if not content:
        raise LookupError(f"piece {position} of file {file.id} is not there")
    return content


def named_by(service: Service, credential: Credential | None, submission_id: str) -> Sequence[KeptFile]:
    """The files that a submission names; see `report`."""
    service.report(credential, submission_id)
    with service.database.reading() as connection:
        return files_of(connection, submission_id)


def _uploaded(caller: Caller, target: Target, file: KeptFile, now: datetime) -> Entry:
    """What the audit log says of a file that staff upload for a student."""
    return entry_by(
        caller,
        "file.uploaded",
        target.course.id,
        now,
        assignment=target.running.assignment.slug,
        student=target.student,
        subject=file.id,
        details={"question": target.question, "field": target.field, "name": file.name, "sha256": file.sha256},
    )
