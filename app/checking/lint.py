"""The lint: all that is wrong with an assignment file, before any student sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.assignments import Assignment, Fault, Outline, Source, outline, parse_assignment, read_source, version_of
from app.checking.finding import Finding, found_in_file, numbered
from app.checking.findings import look
from app.checking.lint_grading import Earned
from app.checking.lint_names import name_faults
from app.checking.lint_variants import Sampled, draw_faults, sampled
from app.checking.lint_work import with_fewer_steps, work_faults
from app.language import text

__all__ = ["MAX_FINDINGS", "Linted", "lint"]

MAX_FINDINGS = 100


@dataclass(frozen=True)
class Linted:
    """What the lint says of a file.

    Parameters
    ----------
    findings : tuple of Finding
        In the order of the file; where it is empty the assignment may be published.
    assignment : Assignment or None
        None where the file is not a valid assignment. It may be there beside findings on its verdicts.
    earned : tuple of Earned
        What each mistake earns, where it could be graded.
    skipped : tuple of str
        Questions that could not be solved and graded until other findings are mended.
    draws : tuple of int, int
        Where learners have data of their own: how many draws were tried, and how many of them are acceptable.
    """

    findings: tuple[Finding, ...]
    assignment: Assignment | None
    earned: tuple[Earned, ...] = ()
    skipped: tuple[str, ...] = ()
    draws: tuple[int, int] = (0, 0)


def lint(source: bytes) -> Linted:
    """Check an assignment file completely: its form, its names, its solutions, and how they are graded.

    Parameters
    ----------
    source : bytes
        The file. A hostile one is refused before anything is built or solved.

    Returns
    -------
    Linted

    Notes
    -----
    A pure function: no database, no clock, no network; what it draws at random it draws alike every time. What is
    wrong with one question does not hide what is wrong with others: those without faults of form are solved and
    graded, as far as they do not depend on others that cannot be.
    """
    read = read_source(source)
    if not read.readable:
        return Linted(tuple(found_in_file(fault, read) for fault in read.faults), None)
    seen = outline(read)
    faults = [*seen.faults, *_solver_faults(seen)]
    version = version_of(source)
    sound = seen.sound(faults, f"{version}~" if faults else version)
    located = [found_in_file(fault, read) for fault in faults]
    if sound is None:
        return Linted(_in_order(located), None, skipped=_numeric(seen))
    looked = look(with_fewer_steps(sound))
    located += [_located(finding, read) for finding in looked.findings]
    skipped = tuple(id_ for id_ in _numeric(seen) if id_ not in looked.looked_at)
    place = {entry.id: entry.index for entry in reversed(seen.entries)}
    earned = tuple(sorted(looked.earned, key=lambda one: place[one.question]))
    if faults:
        return Linted(_in_order(located), None, earned, skipped)
    assignment = parse_assignment(source)
    drawn = Sampled(()) if located else sampled(assignment)
    located += [_located(finding, read) for finding in drawn.findings]
    return Linted(_in_order(located), assignment, earned, skipped, (drawn.tried, drawn.accepted))


def _solver_faults(seen: Outline) -> Iterator[Fault]:
    for entry in seen.entries:
        if entry.question is not None:
            for fault in name_faults(entry.question):
                yield Fault(fault.code, ("questions", entry.index, *fault.path), fault.message)
    if seen.header is None:
        return
    if seen.header.variants is not None:
        yield from draw_faults(seen.header.variants)
    if not any(fault.code == "too_large" for fault in seen.faults):
        yield from work_faults(seen.header.data, seen.entries, drawn=seen.header.variants is not None)


def _numeric(seen: Outline) -> tuple[str, ...]:
    """The questions that are not graded by hand, as far as is known."""
    ids = [entry.id for entry in seen.entries if entry.question is None or not entry.question.manual]
    return tuple(dict.fromkeys(id_ for id_ in ids if id_ is not None))


def _located(finding: Finding, source: Source) -> Finding:
    """With places in the file for ids, and its line."""
    placed = numbered(finding, source.document)
    line, column = source.position(placed.path)
    return replace(placed, line=line, column=column)


def _in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """In the order of the file; of very many, the first."""
    ordered = sorted(findings, key=lambda one: (one.line or 0, one.column or 0))
    if len(ordered) <= MAX_FINDINGS:
        return tuple(ordered)
    last = ordered[MAX_FINDINGS - 1]
    count = len(ordered) - MAX_FINDINGS + 1
    more = text("There are {count} more findings from here on. Mend these first.", count=count)
    return (*ordered[: MAX_FINDINGS - 1], replace(last, code="more", message=more))
