"""Files that answers name: kept in pieces, found by id, deleted where no submission ever named them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import IO, Any

from sqlalchemy import Connection, Row, Select, delete, exists, func, insert, or_, select, update

from app.assignments import FileKind
from app.storage.callers import Caller
from app.storage.refusals import REFUSAL_DAYS
from app.storage.tables import file_pieces, files, learners, submission_files

__all__ = [
    "FILE_DAYS",
    "KeptFile",
    "NewFile",
    "bytes_held",
    "files_of",
    "find_file",
    "find_files",
    "forget_files",
    "insert_file",
    "link_files",
    "read_piece",
    "renew_same",
]

FILE_DAYS = 7
"""For how long a submission may name a file; once one does, the file is kept for good."""

# A submission that was refused may be graded for so much longer, and names its files as of when it was sent.
_LEEWAY = timedelta(days=REFUSAL_DAYS + 1)
_PIECE = 1 << 18
_SWEPT = 32  # files at most that are deleted at a time, so that nobody waits long for it

_naming = submission_files.alias("naming")
_named = exists().where(_naming.c.file_id == files.c.id).correlate(files)


@dataclass(frozen=True)
class NewFile:
    """A file that was uploaded and is to be kept.

    Parameters
    ----------
    id : str
    assignment_id, learner_id, question, field
        The field of whose answer it may be.
    name : str
        What it is called; safe on every system.
    kind : str
        One of the kinds that the format knows; its content agreed with it.
    size : int
        In bytes.
    sha256 : str
        Of its content.
    created_at : datetime
    """

    id: str
    assignment_id: int
    learner_id: int
    question: str
    field: str
    name: str
    kind: FileKind
    size: int
    sha256: str
    created_at: datetime

    @property
    def expires_at(self) -> datetime:
        """Until when a submission may name it."""
        return self.created_at + timedelta(days=FILE_DAYS)


@dataclass(frozen=True)
class KeptFile:
    """A file as it is kept, less its content; `expires_at` is None once a submission names it."""

    id: str
    assignment_id: int
    student: str
    question: str
    field: str
    name: str
    kind: FileKind
    size: int
    sha256: str
    created_at: datetime
    expires_at: datetime | None


def _query() -> Select[Any]:
    plain = [files.c[name] for name in KeptFile.__dataclass_fields__ if name != "student"]
    return select(*plain, learners.c.student, _named.label("named")).join(learners, files.c.learner_id == learners.c.id)


def _kept(row: Row[Any]) -> KeptFile:
    known = dict(row._mapping)
    return KeptFile(**known | {"expires_at": None}) if known.pop("named") else KeptFile(**known)


def find_files(connection: Connection, ids: Iterable[str]) -> dict[str, KeptFile]:
    """Files by their ids, whosesoever they are; unknown ids are left out."""
    rows = connection.execute(_query().where(files.c.id.in_(set(ids))))
    return {row.id: _kept(row) for row in rows}


def find_file(connection: Connection, caller: Caller, file_id: str) -> KeptFile | None:
    """A file, if there is one and the caller may see it: staff of its course, and the learner whose it is."""
    query = _query().where(files.c.id == file_id)
    if caller.courses is not None:
        query = query.where(learners.c.course_id.in_(caller.courses))
    if caller.learner_id is not None:
        query = query.where(files.c.learner_id == caller.learner_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _kept(row)


def files_of(connection: Connection, submission_id: str) -> Sequence[KeptFile]:
    """The files that a submission names, in the order in which they were uploaded."""
    query = _query().join(submission_files, submission_files.c.file_id == files.c.id)
    rows = connection.execute(query.where(submission_files.c.submission_id == submission_id).order_by(files.c.number))
    return [_kept(row) for row in rows]


def read_piece(connection: Connection, file_id: str, position: int) -> bytes | None:
    """A piece of a file's content, counted from 0; None behind the last."""
    query = select(file_pieces.c.content).where(file_pieces.c.file_id == file_id, file_pieces.c.position == position)
    content: bytes | None = connection.execute(query).scalar_one_or_none()
    return content


def renew_same(connection: Connection, new: NewFile) -> KeptFile | None:
    """The file with the same content in the same place, if there is one; submissions may name it for a while again."""
    query = (
        update(files)
        .where(
            files.c.learner_id == new.learner_id,
            files.c.assignment_id == new.assignment_id,
            files.c.question == new.question,
            files.c.field == new.field,
            files.c.sha256 == new.sha256,
        )
        .values(expires_at=new.expires_at)
        .returning(files.c.id)
    )
    there = connection.execute(query).scalar_one_or_none()
    return None if there is None else find_files(connection, [there])[there]


def bytes_held(connection: Connection, new: NewFile) -> int:
    """How much the learner has uploaded for the assignment and submitted, or may still submit."""
    query = select(func.coalesce(func.sum(files.c.size), 0)).where(
        files.c.learner_id == new.learner_id,
        files.c.assignment_id == new.assignment_id,
        or_(files.c.expires_at >= new.created_at, _named),
    )
    return int(connection.execute(query).scalar_one())


def insert_file(connection: Connection, new: NewFile, content: IO[bytes]) -> KeptFile:
    """Keep a file; its content is read a piece at a time.

    Parameters
    ----------
    connection : Connection
        In a writing transaction that holds the learner, so that nobody else uploads the same.
    new : NewFile
    content : IO
        At its start.
    """
    connection.execute(insert(files).values(**vars(new), expires_at=new.expires_at))
    for position, piece in enumerate(iter(partial(content.read, _PIECE), b"")):
        connection.execute(insert(file_pieces), {"file_id": new.id, "position": position, "content": piece})
    return find_files(connection, [new.id])[new.id]


def link_files(connection: Connection, named: Iterable[tuple[str, str]]) -> None:
    """Note which submission names which file: pairs of their ids. From now on these files are kept for good."""
    rows = [{"submission_id": submission, "file_id": file} for submission, file in named]
    if rows:
        connection.execute(insert(submission_files), rows)


def forget_files(connection: Connection, now: datetime) -> int:
    """Delete some of the files that no submission names or may name any more, and say how many."""
    query = select(files.c.id).where(files.c.expires_at < now - _LEEWAY, ~_named).order_by(files.c.expires_at)
    ids = connection.execute(query.limit(_SWEPT)).scalars().all()
    if ids:
        connection.execute(delete(file_pieces).where(file_pieces.c.file_id.in_(ids)))
        connection.execute(delete(files).where(files.c.id.in_(ids)))
    return len(ids)
