"""What the parts of one question have to agree on; everything that is wrong is found, not only the first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.assignments.candidates import SumCheck
from app.assignments.faults import Fault, Path
from app.assignments.kind_faults import kind_faults, truth_faults
from app.language import text

if TYPE_CHECKING:
    from app.assignments.questions import Question

__all__ = ["question_faults"]

_OF_FILES = ("accept", "max_bytes")
_RESERVED = ("truth", "follow_through", "eigenpairs")
_ANY_KIND = ("fields", "mistakes")


def question_faults(question: Question) -> Iterator[Fault]:
    """Find everything that contradicts something else in the question.

    Parameters
    ----------
    question : Question

    Yields
    ------
    Fault
        Its path starts at the question.
    """
    yield from _kinds(question)
    yield from _files(question)
    yield from kind_faults(question)
    yield from truth_faults(question)
    yield from _moves(question)
    yield from _layouts(question)
    yield from _ids(question)
    yield from _named_fields(question)
    yield from _estimates(question)
    yield from _own_inputs(question)


def _kinds(question: Question) -> Iterator[Fault]:
    if any(spec.graded == question.manual for spec in question.fields.values()):
        message = text("A question has either fields of numbers and a truth, or texts and files and no truth.")
        yield Fault("inconsistent", ("fields",), message)
    if not any(spec.required for spec in question.fields.values()):
        yield Fault("inconsistent", ("fields",), text("A question needs at least one required field."))


def _files(question: Question) -> Iterator[Fault]:
    """Keys that say nothing of a file, or only of a file."""
    for name, spec in question.fields.items():
        given = sorted(spec.model_fields_set)
        if spec.kind == "file":
            for key in given:
                if key not in ("kind", "required", *_OF_FILES):
                    message = text("A file has the keys kind, required, accept and max_bytes only.")
                    yield Fault("inconsistent", ("fields", name, key), message)
        else:
            for key in given:
                if key in _OF_FILES:
                    message = text("Only a field of kind file has the key {key}.", key=key)
                    yield Fault("inconsistent", ("fields", name, key), message)


def _moves(question: Question) -> Iterator[Fault]:
    moved = {name: spec.moved for name, spec in question.fields.items() if spec.moved}
    if bool(moved) != bool(question.symmetry):
        message = text("A symmetry needs fields that it moves, and moved fields need a symmetry.")
        yield Fault("inconsistent", ("fields",) if moved else ("symmetry",), message)
    for name, moves in moved.items():
        if max(moves.axes) >= len(question.fields[name].compared):
            message = text(
                "Field {field} has no axis {axis}; axes are counted from 0.", field=name, axis=max(moves.axes)
            )
            yield Fault("inconsistent", ("fields", name, "moves"), message)


def _layouts(question: Question) -> Iterator[Fault]:
    for number, convention in enumerate(question.conventions):
        for name, layout in convention.layout.items():
            path: Path = ("conventions", number, "layout", name)
            if name not in question.fields:
                yield _unknown_field(path, name, question)
                continue
            shape = question.fields[name].shape
            if len(shape) != 2 or (layout == "diagonal" and shape[0] != shape[1]):
                message = text(
                    "Field {field} of shape {shape} cannot be {layout}.", field=name, shape=str(shape), layout=layout
                )
                yield Fault("inconsistent", path, message)


def _ids(question: Question) -> Iterator[Fault]:
    seen: set[str] = set()
    for part in ("conventions", "mistakes", "properties"):
        for number, one in enumerate(getattr(question, part)):
            if one.id in _RESERVED:
                message = text("The id {id} says something else already. Choose another one.", id=one.id)
                yield Fault("duplicate_id", (part, number, "id"), message)
            elif one.id in seen:
                message = text("The id {id} is taken by another part of this question. Choose another one.", id=one.id)
                yield Fault("duplicate_id", (part, number, "id"), message)
            seen.add(one.id)


def _named_fields(question: Question) -> Iterator[Fault]:
    """Whatever names a field that the question does not have, or that cannot serve there."""
    for path, name in _named(question):
        spec = question.fields.get(name)
        if spec is None or not spec.graded:
            yield _unknown_field(path, name, question)
        elif spec.kind in ("labels", "complex") and path[0] not in _ANY_KIND:
            message = text("Field {field} is of the kind {kind} and cannot serve here.", field=name, kind=spec.kind)
            yield Fault("inconsistent", path, message)


def _named(question: Question) -> Iterator[tuple[Path, str]]:
    for number, mistake in enumerate(question.mistakes):
        yield from ((("mistakes", number, "apply", name), name) for name in mistake.apply)
    for number, point in enumerate(question.properties):
        yield ("properties", number, "weights"), point.weights
        yield ("properties", number, "variances"), point.variances
    for number, check in enumerate(question.checks):
        if isinstance(check, SumCheck):
            yield ("checks", number, "total"), check.total
            yield from ((("checks", number, "parts", index), part) for index, part in enumerate(check.parts))
        else:
            yield ("checks", number, "field"), check.field
    for field, spec in question.fields.items():
        for name, source in spec.own.inputs.items() if spec.own else ():
            if source.question is None and source.field is not None:
                yield ("fields", field, "own", "inputs", name), source.field


def _estimates(question: Question) -> Iterator[Fault]:
    for name, spec in question.fields.items():
        own_tolerance = spec.tolerance or question.tolerance
        estimated = own_tolerance is not None and own_tolerance.standard_errors is not None
        if estimated and spec.standard_error is None:
            message = text("Field {field} needs a standard_error for its tolerance.", field=name)
            yield Fault("inconsistent", ("fields", name), message)
        if spec.own and spec.moved:
            message = text("Field {field} is moved by the symmetry and cannot have an own value.", field=name)
            yield Fault("inconsistent", ("fields", name, "own"), message)


def _own_inputs(question: Question) -> Iterator[Fault]:
    for path, source in question.placed_sources.items():
        if path[0] in ("truth", "mistakes") and source.field is not None and source.question is None:
            yield Fault("inconsistent", path, text("Only own values take a field of the answer itself."))


def _unknown_field(path: Path, name: str, question: Question) -> Fault:
    message = text(
        "There is no field {field} in this question; it has {known}.", field=name, known=", ".join(question.fields)
    )
    return Fault("unknown_field", path, message)
