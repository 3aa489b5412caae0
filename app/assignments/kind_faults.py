"""What the kind of a field and what is said of it have to agree on, and figures that are written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from app.assignments.faults import Fault, Path
from app.assignments.kinds import Kind, moves_with
from app.assignments.literals import literal_fault
from app.assignments.parts import FieldSpec, Values
from app.language import text

if TYPE_CHECKING:
    from app.assignments.questions import Question

__all__ = ["kind_faults", "truth_faults"]

_REAL = frozenset({"adjacency", "degrees", "laplacian", "probabilities"})


def kind_faults(question: Question) -> Iterator[Fault]:
    """Find what makes no sense of fields of their kinds.

    Parameters
    ----------
    question : Question

    Yields
    ------
    Fault
        Its path starts at the question.
    """
    group = question.symmetry.group if question.symmetry else None
    for name, spec in question.fields.items():
        at: Path = ("fields", name)
        asked = spec.tolerance
        if spec.kind in ("integer", "labels") and asked and (asked.decimals is not None or asked.standard_errors):
            message = text(
                "Field {field} holds whole numbers, which have no decimals: leave the tolerance out, or give atol.",
                field=name,
            )
            yield Fault("inconsistent", (*at, "tolerance"), message)
        if spec.moved and group is not None and not moves_with(spec.kind, group):
            message = text("A field of the kind {kind} cannot be moved by {group}.", kind=spec.kind, group=group)
            yield Fault("inconsistent", (*at, "kind"), message)
        if spec.kind == "complex" and spec.structure in _REAL:
            message = text("The structure {structure} is one of real numbers.", structure=spec.structure)
            yield Fault("inconsistent", (*at, "structure"), message)
        yield from _label_faults(question, name, spec)


def _label_faults(question: Question, name: str, spec: FieldSpec) -> Iterator[Fault]:
    at: Path = ("fields", name)
    if spec.kind != "labels":
        if spec.n_labels is not None:
            message = text("Only a field of the kind labels has n_labels.")
            yield Fault("inconsistent", (*at, "n_labels"), message)
        return
    if spec.n_labels is None:
        message = text("Field {field} needs n_labels: how many different labels a right answer has.", field=name)
        yield Fault("inconsistent", at, message)
    if len(spec.shape) != 1:
        message = text("Labels are a vector, one for each sample: give the shape [n].")
        yield Fault("inconsistent", (*at, "shape"), message)
    if question.symmetry is None:
        message = text("Labels are compared up to renaming: add symmetry: {{group: relabelling}}.")
        yield Fault("inconsistent", (*at, "kind"), message)
    for key in ("moves", "tolerance", "structure", "own"):
        if getattr(spec, key) is not None:
            message = text("A field of labels has no {key}: take it out.", key=key)
            yield Fault("inconsistent", (*at, key), message)
    for number, mistake in enumerate(question.mistakes):
        if name in mistake.apply:
            message = text("Nothing can be applied to labels.")
            yield Fault("inconsistent", ("mistakes", number, "apply", name), message)


def truth_faults(question: Question) -> Iterator[Fault]:
    """Find what is wrong with figures that are written down, and what cannot be had beside them.

    Parameters
    ----------
    question : Question

    Yields
    ------
    Fault
        Its path starts at the question.
    """
    if isinstance(question.truth, Values):
        yield from _written(question, question.truth.values)
        for number, convention in enumerate(question.conventions):
            if convention.options:
                message = text("The truth is written down, so that there is no solver to take options.")
                yield Fault("inconsistent", ("conventions", number, "options"), message)
    for number, mistake in enumerate(question.mistakes):
        at: Path = ("mistakes", number)
        computed = [key for key in ("solver", "inputs", "options") if getattr(mistake, key)]
        if mistake.values is not None:
            if computed:
                message = text("A mistake is either computed or written down as values, not both.")
                yield Fault("inconsistent", (*at, computed[0]), message)
            yield from _figures(question, mistake.values, (*at, "values"))
            named = {spec.output or name for name, spec in question.fields.items()}
            for name in mistake.values.keys() - named:
                message = text("No field of this question takes the figure {name}.", name=name)
                yield Fault("unknown_output", (*at, "values", name), message)
        elif isinstance(question.truth, Values) and mistake.solver is None and computed:
            message = text("The truth is written down: give the mistake values, or a solver of its own.")
            yield Fault("inconsistent", (*at, computed[0]), message)


def _written(question: Question, values: Mapping[str, Any]) -> Iterator[Fault]:
    """Whether a truth that is written down holds everything that is taken from it."""
    taken: list[tuple[Path, str | None]] = []
    for name, spec in question.fields.items():
        if spec.graded:
            taken += [(("fields", name), spec.output or name), (("fields", name), spec.standard_error)]
    if question.symmetry:
        taken += [
            (("symmetry", "spectrum"), question.symmetry.spectrum),
            (("symmetry", "matrix"), question.symmetry.matrix),
        ]
    for path, figure in taken:
        if figure is not None and figure not in values:
            message = text("The truth has no figure {name}; it has {known}.", name=figure, known=", ".join(values))
            yield Fault("unknown_output", path, message)
    yield from _figures(question, values, ("truth", "values"))


def _figures(question: Question, values: Mapping[str, Any], at: Path) -> Iterator[Fault]:
    """The first fault of every figure."""
    specs = {spec.output or name: spec for name, spec in question.fields.items()}
    for name, value in values.items():
        spec = specs.get(name)
        shape = spec.shape if spec else None
        kind: Kind = spec.kind if spec else "numeric"
        cut = spec.moves.axes if spec and spec.moves else ()
        fault = literal_fault(kind, value, shape, cut, (*at, name))
        if fault is None and spec and spec.kind == "labels" and (count := len(set(value))) != spec.n_labels:
            message = text(
                "These are {count} different labels, and n_labels is {declared}.", count=count, declared=spec.n_labels
            )
            fault = Fault("inconsistent", (*at, name), message)
        if fault is not None:
            yield fault
