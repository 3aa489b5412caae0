"""What questions say of each other and of the data: ids, points, links, and circles of links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from app.assignments.faults import Fault, Path
from app.assignments.kinds import moves_with
from app.assignments.parts import Input
from app.assignments.questions import Question
from app.assignments.variants import Variants
from app.language import text

__all__ = ["Entry", "find_circle", "look_up", "reference_faults", "variant_faults"]


@dataclass(frozen=True)
class Entry:
    """A question of the file, as far as it could be read.

    Parameters
    ----------
    index : int
        Its place in the file.
    id : str or None
    points : float or None
    question : Question or None
        None where it is not valid by itself.
    """

    index: int
    id: str | None
    points: float | None
    question: Question | None


def look_up(data: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - data are whatever the file holds
    """Look up a dotted name in the data.

    Raises
    ------
    KeyError
        Where there is none.
    """
    found: Any = data
    for step in path.split("."):
        if not isinstance(found, Mapping) or step not in found:
            raise KeyError(path)
        found = found[step]
    return found


def reference_faults(data: Mapping[str, Any] | None, points: float | None, entries: Sequence[Entry]) -> Iterator[Fault]:
    """Find whatever names something that is not there, and what does not add up.

    Parameters
    ----------
    data : mapping or None
        None where they could not be read: then nothing is said of names in them.
    points : float or None
        What the assignment declares.
    entries : sequence of Entry
        Links to a question that is there, but not valid by itself, are taken for good.

    Yields
    ------
    Fault
    """
    yield from _duplicates(entries)
    yield from _total(points, entries)
    by_id = {entry.id: entry for entry in reversed(entries) if entry.id is not None}
    for entry in entries:
        if entry.question is not None:
            for fault in _links(entry.question, data, by_id):
                yield Fault(fault.code, ("questions", entry.index, *fault.path), fault.message)
    yield from _circles([entry for entry in by_id.values() if entry.question is not None])


def _duplicates(entries: Sequence[Entry]) -> Iterator[Fault]:
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            message = text("There is another question {id} above. Give this one an id of its own.", id=entry.id)
            yield Fault("duplicate_id", ("questions", entry.index, "id"), message)
        elif entry.id is not None:
            seen.add(entry.id)


def _total(points: float | None, entries: Sequence[Entry]) -> Iterator[Fault]:
    known = [entry.points for entry in entries if entry.points is not None]
    if points is None or len(known) < len(entries):
        return
    total = round(sum(known), 6)
    if total != round(points, 6):
        message = text(
            "The questions' points add up to {total}, and {points} are declared. Correct one of them.",
            total=f"{total:g}",
            points=f"{points:g}",
        )
        yield Fault("points", ("points",), message)


def _links(question: Question, data: Mapping[str, Any] | None, by_id: Mapping[str, Entry]) -> Iterator[Fault]:
    shared = question.symmetry.same_as if question.symmetry else None
    if shared is not None:
        other = by_id.get(shared)
        spec = other.question.symmetry if other and other.question else None
        if other is None or (other.question is not None and (spec is None or spec.group is None)):
            message = text("There is no question {id} with a group of its own to share.", id=shared)
            yield Fault("unknown_reference", ("symmetry", "same_as"), message)
        elif spec is not None and spec.group is not None:
            yield from _moved_kinds(question, spec.group)
    for path, source in question.placed_sources.items():
        if source.data is not None:
            if data is not None and not _is_there(data, source.data):
                message = text("The data have no {name}.", name=source.data)
                yield Fault("unknown_data", (*path, "data"), message)
        elif source.question is not None:
            yield from _link(path, source, by_id)


def _moved_kinds(question: Question, group: str) -> Iterator[Fault]:
    """Fields that the group of another question cannot move."""
    for name, field in question.fields.items():
        if field.moved and not moves_with(field.kind, group):
            message = text("A field of the kind {kind} cannot be moved by {group}.", kind=field.kind, group=group)
            yield Fault("inconsistent", ("fields", name, "kind"), message)


def _is_there(data: Mapping[str, Any], name: str) -> bool:
    try:
        look_up(data, name)
    except KeyError:
        return False
    return True


def _link(path: Path, source: Input, by_id: Mapping[str, Entry]) -> Iterator[Fault]:
    other = by_id.get(str(source.question))
    if other is None:
        known = ", ".join(entry.id or "" for entry in sorted(by_id.values(), key=lambda entry: entry.index))
        message = text("There is no question {id}. There are: {known}.", id=source.question, known=known)
        yield Fault("unknown_reference", (*path, "question"), message)
    elif other.question is not None:
        if source.field not in other.question.fields:
            fields = ", ".join(other.question.fields)
            message = text(
                "Question {id} has no field {field}; it has {known}.", id=other.id, field=source.field, known=fields
            )
            yield Fault("unknown_reference", (*path, "field"), message)
        if source.under is not None and source.under not in {mistake.id for mistake in other.question.mistakes}:
            message = text("Question {id} has no mistake {mistake}.", id=other.id, mistake=source.under)
            yield Fault("unknown_reference", (*path, "under"), message)


def _circles(entries: Sequence[Entry]) -> Iterator[Fault]:
    """One fault for each circle, at the link by which its first question closes it."""
    left = {entry.id: entry for entry in entries}
    links = {str(entry.id): entry.question.references for entry in entries if entry.question}
    while circle := find_circle(links):
        first = min(circle, key=lambda name: left[name].index)
        question = left[first].question
        after = circle[(circle.index(first) + 1) % len(circle)]
        path: Path = ("symmetry", "same_as")
        for place, source in question.placed_sources.items() if question else ():
            if source.question == after:
                path = (*place, "question")
                break
        turn = circle[circle.index(first) :] + circle[: circle.index(first)] + [first]
        message = text(
            "Questions refer to each other in a circle: {circle}. Take one link out.", circle=" → ".join(turn)
        )
        yield Fault("circle", ("questions", left[first].index, *path), message)
        links = {
            name: [one for one in asked if one not in circle] for name, asked in links.items() if name not in circle
        }


def variant_faults(
    variants: Variants | None, data: Mapping[str, Any] | None, entries: Sequence[Entry]
) -> Iterator[Fault]:
    """Find what is drawn that is not in the data, or twice, and conditions on what is not solved.

    Parameters
    ----------
    variants : Variants or None
    data : mapping or None
        None where they could not be read.
    entries : sequence of Entry

    Yields
    ------
    Fault
    """
    if variants is None:
        return
    seen: list[str] = []
    for number, draw in enumerate(variants.draws):
        for name in draw.gives:
            path: Path = ("variants", "draws", number, "gives", name)
            if data is not None and not _is_there(data, name):
                message = text("The data have no {name}. Give an example of it there, of the same shape.", name=name)
                yield Fault("unknown_data", path, message)
            elif any(f"{one}.".startswith(f"{name}.") or f"{name}.".startswith(f"{one}.") for one in seen):
                yield Fault("inconsistent", path, text("{name} is drawn twice. Take one of the draws out.", name=name))
            seen.append(name)
    by_id = {entry.id: entry for entry in reversed(entries) if entry.id is not None}
    for number, condition in enumerate(variants.conditions):
        entry = by_id.get(condition.question)
        if entry is None or (entry.question is not None and entry.question.manual):
            message = text("There is no question {id} that is solved, to set a condition on.", id=condition.question)
            yield Fault("unknown_reference", ("variants", "conditions", number, "question"), message)


def find_circle(links: Mapping[str, Sequence[str]]) -> list[str]:
    """Find questions that refer each to the next, and the last to the first.

    Parameters
    ----------
    links : mapping of str to sequence of str
        What each question refers to.

    Returns
    -------
    list of str
        Empty where there is no circle.
    """
    known = {name: [one for one in asked if one in links] for name, asked in links.items()}
    try:
        TopologicalSorter(known).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle[:0:-1]  # each name follows what it is referred to by
    return []
