"""The questions and mistakes of a file that can be solved although something else in it is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.assignments.faults import Fault, Path
from app.assignments.questions import Question
from app.assignments.references import Entry, find_circle

__all__ = ["HARMLESS", "sound_questions"]

HARMLESS = frozenset({"missing_translation", "unknown_key", "duplicate_key"})
"""What is left out, or filled in, to go on looking."""


def sound_questions(entries: Sequence[Entry], faults: Sequence[Fault]) -> list[Question]:
    """Take what none of the faults concerns, directly or by links.

    Parameters
    ----------
    entries : sequence of Entry
        The questions of the file.
    faults : sequence of Fault
        All that is known to be wrong.

    Returns
    -------
    list of Question
        Without the mistakes that a fault lies in.
    """
    return _linked(_without(entries, faults))


def _without(entries: Sequence[Entry], faults: Sequence[Fault]) -> dict[str, Question]:
    """The questions without those, and without the mistakes, that a fault lies in."""
    left: dict[str, Question] = {}
    for entry in entries:
        within = [fault.path[2:] for fault in faults if fault.path[:2] == ("questions", entry.index) and _harms(fault)]
        if entry.question is not None:
            within += _spoilt(entry.question, [fault.path[1:] for fault in faults if fault.path[:1] == ("data",)])
        dropped = {path[1] for path in within if path[0:1] == ("mistakes",) and len(path) > 1}
        if entry.question is None or any(path[0:1] != ("mistakes",) or len(path) < 2 for path in within):
            continue
        kept = tuple(one for number, one in enumerate(entry.question.mistakes) if number not in dropped)
        left[entry.question.id] = entry.question.model_copy(update={"mistakes": kept})
    return left


def _spoilt(question: Question, data: Sequence[Path]) -> list[Path]:
    """Where a question takes data with something wrong inside."""
    taken = {path: tuple((source.data or "").split(".")) for path, source in question.placed_sources.items()}
    return [path for path, name in taken.items() if any(one[: len(name)] == name for one in data)]


def _harms(fault: Fault) -> bool:
    return fault.code not in HARMLESS


def _linked(questions: dict[str, Question]) -> list[Question]:
    """Those of the questions, and of their mistakes, whose links lead to others of them."""
    left = dict(questions)
    while True:
        kept = {name: _fitting(question, left) for name, question in left.items()}
        sound = {name: question for name, question in kept.items() if question is not None}
        circle = find_circle({name: question.references for name, question in sound.items()})
        after = {name: question for name, question in sound.items() if name not in circle}
        if after == left:
            return list(left.values())
        left = after


def _fitting(question: Question, others: Mapping[str, Question]) -> Question | None:
    shared = question.symmetry.same_as if question.symmetry else None
    broken = {path for path, found in _missing(question, others) if not found}
    if (shared is not None and shared not in others) or any(path[0] != "mistakes" for path in broken):
        return None
    numbers = {path[1] for path in broken}
    if not numbers:
        return question
    kept = tuple(one for number, one in enumerate(question.mistakes) if number not in numbers)
    return question.model_copy(update={"mistakes": kept})


def _missing(question: Question, others: Mapping[str, Question]) -> Iterator[tuple[Path, bool]]:
    for path, source in question.placed_sources.items():
        if source.question is not None:
            other = others.get(source.question)
            slips = {mistake.id for mistake in other.mistakes} if other else set()
            yield path, other is not None and (source.under is None or source.under in slips)
