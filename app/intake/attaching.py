"""Files that a submission names: each has to be there, the learner's own, and uploaded for that very field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from app.answers import Answer, FileAnswer
from app.answers.problems import Problems
from app.checking import Submission
from app.intake.reading import Read
from app.language import text
from app.storage import KeptFile, find_files

__all__ = ["attach", "file_ids", "with_files"]

Place = tuple[str, str]


def _named(answers: Mapping[str, Mapping[str, Answer]]) -> Iterator[tuple[Place, FileAnswer]]:
    for question, fields in answers.items():
        for name, answer in fields.items():
            if isinstance(answer, FileAnswer):
                yield (question, name), answer


def file_ids(read: Read) -> Sequence[str]:
    """The ids of the files that a submission names."""
    return [answer.id for _, answer in _named(read.submission.answers)]


def attach(connection: Connection, read: Read, moment: datetime) -> Read:
    """Look up the files of one submission; see `with_files`."""
    ids = file_ids(read)
    return with_files(read, find_files(connection, ids), moment) if ids else read


def with_files(read: Read, found: Mapping[str, KeptFile], moment: datetime, *, leniently: bool = False) -> Read:
    """Check the files that a submission names, and put in what they are called.

    Parameters
    ----------
    read : Read
    found : mapping of str to KeptFile
        Those that there are, by id.
    moment : datetime
        When the submission was sent.
    leniently : bool, optional
        Whether a question that names a file in vain counts as not sent.

    Raises
    ------
    Unprocessable
        With a pointer to each file that is not there, is another learner's or was uploaded for another field: nothing
        tells one from the other.
    """
    problems = Problems()
    answers = {question: dict(fields) for question, fields in read.submission.answers.items()}
    for (question, name), answer in _named(read.submission.answers):
        file = found.get(answer.id)
        if file is not None and _fits(file, read, question, name, moment):
            answers[question][name] = FileAnswer(file.id, file.name, file.size)
        elif leniently:
            answers.pop(question, None)
        else:
            problems.add(
                ("answers", question, name),
                text(
                    "No file of this learner with the id {id} can be named here. Upload it for this field with POST"
                    " /api/v1/files and send the id that comes back.",
                    id=answer.id,
                ),
            )
    problems.raise_any()
    return replace(read, submission=Submission(answers, read.student))


def _fits(file: KeptFile, read: Read, question: str, name: str, moment: datetime) -> bool:
    return (
        file.assignment_id == read.running.assignment_id
        and file.student == read.student
        and (file.question, file.field) == (question, name)
        and (file.expires_at is None or moment <= file.expires_at)
    )
