"""An assignment file question by question: what is wrong in one place hides nothing that is wrong elsewhere."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from app.assignments.faults import Fault, Path, faults_of
from app.assignments.limits import MAX_QUESTIONS, limit_faults
from app.assignments.models import Assignment, Header
from app.assignments.parts import Model
from app.assignments.questions import Question
from app.assignments.references import Entry, reference_faults, variant_faults
from app.assignments.soundness import HARMLESS, sound_questions
from app.assignments.source import Source
from app.language import text

__all__ = ["Outline", "outline"]

M = TypeVar("M", bound=Model)
_STAND_IN = {"en": "-", "zh-TW": "-"}


@dataclass(frozen=True)
class Outline:
    """What could be read of a file.

    Parameters
    ----------
    header : Header or None
        None where tolerances or data could not be read.
    entries : tuple of Entry
        The questions.
    faults : tuple of Fault
        All that is wrong with the file as it stands, without solving anything.
    """

    header: Header | None
    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]

    def sound(self, faults: Sequence[Fault], version: str) -> Assignment | None:
        """Put together the questions and mistakes that none of the faults concerns, directly or by their links.

        Parameters
        ----------
        faults : sequence of Fault
            These and perhaps more.
        version : str
            The name of the result.

        Returns
        -------
        Assignment or None
            None where nothing is left.
        """
        if self.header is None or any(fault.code == "too_large" for fault in faults):
            return None
        questions = sound_questions(self.entries, faults)
        if not questions:
            return None
        said = {name: getattr(self.header, name) for name in Header.model_fields}
        said["points"] = sum(question.points for question in questions)
        said["variants"] = None  # its conditions are on questions that may be missing here
        return Assignment(**said, questions=tuple(questions)).stamped(version)


def outline(source: Source) -> Outline:
    """Read a document part by part.

    Parameters
    ----------
    source : Source
        A readable one.

    Returns
    -------
    Outline
    """
    if not isinstance(source.document, dict):
        message = text("An assignment file consists of keys with values, such as format, slug and questions.")
        return Outline(None, (), (Fault("wrong_type", (), message),))
    document: dict[str, Any] = source.document
    faults = [*source.faults, *limit_faults(document)]
    top = {key: value for key, value in document.items() if key != "questions"}
    header, found = _read(Header, top, ())
    faults += found
    if header is None:
        header = _without_faulty(top, found)
    entries: list[Entry] = []
    listed = document.get("questions")
    if not isinstance(listed, list) or not listed:
        faults.append(Fault("missing_key", ("questions",), text("A list of questions is wanted: the key questions.")))
        listed = []
    for index, raw in enumerate(listed[:MAX_QUESTIONS]):
        question, found = _read(Question, raw, ("questions", index))
        faults += found
        entries.append(_entry(index, raw, question))
    points = top.get("points")
    data = document.get("data", {})
    known = data if isinstance(data, dict) else None
    faults += reference_faults(known, points if _is_number(points) else None, entries)
    faults += variant_faults(header.variants if header else None, known, entries)
    return Outline(header, tuple(entries), tuple(_once(source.faults, faults)))


def _once(unread: Sequence[Fault], faults: Sequence[Fault]) -> Iterator[Fault]:
    """The faults; of values that YAML itself could not make out, nothing else."""
    places = {fault.path for fault in unread}
    yield from (fault for fault in faults if fault in unread or fault.path not in places)


def _read(model: type[M], raw: object, at: Path) -> tuple[M | None, list[Fault]]:
    """A part of the document and what is wrong with it; where that is harmless, the part is mended and read."""
    try:
        return model.model_validate(raw), []
    except ValidationError as error:
        found = faults_of(error, raw, model)
    faults = [Fault(fault.code, (*at, *fault.path), fault.message) for fault in found]
    if not all(fault.code in HARMLESS for fault in found):
        return None, faults
    mended = copy.deepcopy(raw)
    for fault in found:
        _mend(mended, fault)
    try:
        return model.model_validate(mended), faults
    except ValidationError as error:  # what shows only once the rest is right
        more = faults_of(error, mended, model)
        return None, faults + [Fault(fault.code, (*at, *fault.path), fault.message) for fault in more]


def _mend(document: Any, fault: Fault) -> None:  # noqa: ANN401 - whatever the file holds
    holder = document
    for step in fault.path[:-1]:
        holder = holder[step]
    if fault.code == "missing_translation":
        holder[fault.path[-1]] = "-"
    else:
        holder.pop(fault.path[-1], None)


def _without_faulty(top: Mapping[str, Any], found: Sequence[Fault]) -> Header | None:
    """The header with stand-ins for what was wrong, unless verdicts depend on it."""
    faulty = {fault.path[0] for fault in found if fault.path}
    if faulty & {"tolerance", "data", "format"}:
        return None
    known = {key: value for key, value in top.items() if key in Header.model_fields and key not in faulty}
    stand_ins = {"slug": "unnamed", "title": _STAND_IN, "points": 1.0}
    try:
        return Header.model_validate(stand_ins | known)
    except ValidationError:
        return None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300


def _entry(index: int, raw: object, question: Question | None) -> Entry:
    if question is not None:
        return Entry(index, question.id, question.points, question)
    said = raw if isinstance(raw, dict) else {}
    name, points = said.get("id"), said.get("points")
    return Entry(index, name if isinstance(name, str) else None, points if _is_number(points) else None, None)
