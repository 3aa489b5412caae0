"""What the routes of versions do, without HTTP: staff put assignments online, and nothing broken gets there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from sqlalchemy import Connection

from app.answers import MAX_PROBLEMS
from app.checking import Finding, lint
from app.errors import NotFound, Problem, Unprocessable
from app.intake import choose_course
from app.language import Message, text
from app.storage import (
    Caller,
    Course,
    Credential,
    Version,
    add_version,
    entry_by,
    find_version,
    list_versions,
    write_log,
)
from app.storage import publish as publish_version
from app.web.service import Service, require_staff

__all__ = ["difference", "publish", "read_version", "read_versions", "upload"]


_COMPARED = 5000  # lines


@contextmanager
def _staff(service: Service, credential: Credential | None, course: str) -> Iterator[tuple[Connection, Caller, Course]]:
    """A view of the data, for the staff of a course."""
    with service.database.reading() as connection:
        caller = service.authenticate(connection, credential)
        chosen = choose_course(connection, caller, course)
        require_staff(caller)
        yield connection, caller, chosen


def upload(
    service: Service, credential: Credential | None, course: str, slug: str, source: bytes, reason: str | None
) -> Version:
    """Keep a new version of an assignment, if the lint finds nothing.

    Raises
    ------
    Unprocessable
        With the lint's findings, or where the file is of another assignment.
    """
    with _staff(service, credential, course) as (_, caller, chosen):
        pass  # nobody waits for the database while the file is looked through
    linted = lint(source)
    if linted.findings or linted.assignment is None:
        problems = [Problem(one.pointer, _placed(one)) for one in islice(linted.findings, MAX_PROBLEMS)]
        raise Unprocessable(text("Findings in the assignment file: {count}.", count=len(linted.findings)), problems)
    if linted.assignment.slug != slug:
        message = text(
            "The file is of the assignment {found}, and {slug} was addressed.", found=linted.assignment.slug, slug=slug
        )
        raise Unprocessable(text("The file is of another assignment."), [Problem("/slug", message)])
    now, name = service.clock(), linted.assignment.version
    with service.database.writing() as connection:
        there = find_version(connection, chosen, slug, name)
        made = add_version(connection, chosen, slug, source, by=caller.name, reason=reason, now=now)
        if there is None:
            details = {"state": made.state, "reason": reason}
            said = entry_by(
                caller, "version.uploaded", chosen.id, now, assignment=slug, subject=made.version, details=details
            )
            write_log(connection, [said])
    return made


def _placed(finding: Finding) -> Message:
    """What was found, and where it stands in the file."""
    if finding.line is None:
        return finding.message
    return text("Line {line}, column {column}: {what}", line=finding.line, column=finding.column, what=finding.message)


def read_versions(service: Service, credential: Credential | None, course: str, slug: str) -> Sequence[Version]:
    """Every version of an assignment, the newest first."""
    with _staff(service, credential, course) as (connection, _, chosen):
        found = list_versions(connection, chosen, slug)
    if not found:
        raise NotFound(text("The course {course} has no assignment {assignment}.", course=course, assignment=slug))
    return found


def read_version(service: Service, credential: Credential | None, course: str, slug: str, version: str) -> Version:
    """A version of an assignment."""
    with _staff(service, credential, course) as (connection, _, chosen):
        return _known(find_version(connection, chosen, slug, version), slug, version)


def difference(earlier: Version, later: Version) -> str:
    """What changed from one file to the other, as a unified difference.

    Raises
    ------
    Unprocessable
        Where they are so long that comparing them could take minutes.
    """
    before, after = (one.source.decode("utf-8", "replace").splitlines(keepends=True) for one in (earlier, later))
    if max(len(before), len(after)) > _COMPARED:
        message = text("Files of more than {limit} lines are not compared.", limit=_COMPARED)
        raise Unprocessable(text("The files are too long to be compared."), [Problem("/query/since", message)])
    return "".join(difflib.unified_diff(before, after, earlier.version, later.version))


def publish(
    service: Service, credential: Credential | None, course: str, slug: str, version: str, reason: str | None
) -> Version:
    """Let new submissions be graded with a version."""
    with _staff(service, credential, course) as (_, caller, chosen):
        pass
    now = service.clock()
    with service.database.writing() as connection:
        before = next((one for one in list_versions(connection, chosen, slug) if one.state == "published"), None)
        made = publish_version(connection, chosen, slug, version, by=caller.name, reason=reason, now=now)
        if made is not None and (before is None or before.version != version):
            details = {"before": before.version if before else None, "reason": reason}
            said = entry_by(
                caller, "version.published", chosen.id, now, assignment=slug, subject=version, details=details
            )
            write_log(connection, [said])
    return _known(made, slug, version)


def _known(version: Version | None, slug: str, name: str) -> Version:
    if version is None:
        raise NotFound(
            text("The assignment {assignment} has no version {version}.", assignment=slug, version=name[:40])
        )
    return version
