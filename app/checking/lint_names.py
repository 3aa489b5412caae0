"""Whether solvers, their inputs and options, and the figures taken from them exist."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

import reference
from app.assignments import Fault, Input, Node, Path, Question
from app.assignments.faults import quoted
from app.language import Message, text

__all__ = ["SOLVER_NAMES", "Signature", "name_faults", "signature"]

SOLVER_NAMES = tuple(sorted(reference.SOLVERS))
"""What assignment files may name as a solver."""


@dataclasses.dataclass(frozen=True)
class Signature:
    """What a solver takes and gives.

    Parameters
    ----------
    inputs : tuple of str
        All its parameters.
    needed : tuple of str
        Those without a default.
    gives : tuple of str
        The figures of its record.
    defaults : mapping of str to object
    """

    inputs: tuple[str, ...]
    needed: tuple[str, ...]
    gives: tuple[str, ...]
    defaults: Mapping[str, object]


@lru_cache(maxsize=512)
def signature(solver: str) -> Signature | None:
    """Read what a solver takes and gives.

    Parameters
    ----------
    solver : str
        Its name in assignment files.

    Returns
    -------
    Signature or None
        None where there is no such solver.
    """
    function = reference.SOLVERS.get(solver)
    if function is None:
        return None
    parameters = inspect.signature(function).parameters
    record = typing.get_type_hints(function)["return"]
    defaults = {name: one.default for name, one in parameters.items() if one.default is not one.empty}
    gives = tuple(one.name for one in dataclasses.fields(record))
    return Signature(tuple(parameters), tuple(name for name in parameters if name not in defaults), gives, defaults)


def name_faults(question: Question) -> Iterator[Fault]:
    """Find whatever a question asks of solvers that they do not have.

    Parameters
    ----------
    question : Question

    Yields
    ------
    Fault
        Its path starts at the question.
    """
    for path, solver in question.placed_solvers.items():
        if solver not in reference.SOLVERS:
            yield Fault("unknown_solver", path, _unknown_solver(solver))
    if question.truth is None:
        return
    node = question.truth
    truth = signature(node.solver) if isinstance(node, Node) else None
    if isinstance(node, Node) and truth is not None:
        solver, inputs, options = node.solver, node.inputs, node.options
        yield from _call(solver, truth, ("truth",), inputs, options, {*inputs, *options})
        yield from _figures(question, solver, truth)
        for number, convention in enumerate(question.conventions):
            yield from _call(solver, truth, ("conventions", number), {}, convention.options, None)
    yield from _mistakes(question)
    yield from _own_values(question)
    yield from _properties(question)


def _unknown_solver(name: str) -> Message:
    close = difflib.get_close_matches(name, reference.SOLVERS, n=3)
    if close:
        return text("There is no solver {name}. Did you mean {close}?", name=quoted(name), close=", ".join(close))
    known = ", ".join(sorted(reference.SOLVERS))
    return text("There is no solver {name}. There are: {known}.", name=quoted(name), known=known)


def _call(
    solver: str,
    takes: Signature,
    at: Path,
    inputs: Mapping[str, Input],
    options: Mapping[str, object],
    given: Collection[str] | None,
) -> Iterator[Fault]:
    """Inputs and options that a solver does not take; where all that it is given is known, also those that it lacks."""
    unknown = [(part, name) for part, names in (("inputs", inputs), ("options", options)) for name in names]
    unknown = [(part, name) for part, name in unknown if name not in takes.inputs]
    for part, name in unknown:
        message = text(
            "The solver {solver} takes no {name}; it takes {known}.",
            solver=solver,
            name=name,
            known=", ".join(takes.inputs),
        )
        yield Fault("unknown_input", (*at, part, name), message)
    missing = [] if given is None or unknown else [name for name in takes.needed if name not in given]
    if missing:
        message = text("The solver {solver} needs {names} as well.", solver=solver, names=", ".join(missing))
        yield Fault("missing_input", (*at, "inputs"), message)


def _figures(question: Question, solver: str, truth: Signature) -> Iterator[Fault]:
    """Fields, spectra and standard errors that the truth's record does not hold."""
    taken: list[tuple[Path, str | None]] = []
    for name, spec in question.fields.items():
        path: Path = ("fields", name, "output") if spec.output else ("fields", name)
        taken += [(path, spec.output or name), (("fields", name, "standard_error"), spec.standard_error)]
    if question.symmetry:
        taken += [
            (("symmetry", "spectrum"), question.symmetry.spectrum),
            (("symmetry", "matrix"), question.symmetry.matrix),
        ]
    yield from _not_given(solver, truth, taken)


def _not_given(solver: str, gives: Signature, taken: Iterable[tuple[Path, str | None]]) -> Iterator[Fault]:
    for path, name in taken:
        if name is not None and name not in gives.gives:
            known = ", ".join(gives.gives)
            message = text(
                "The solver {solver} gives no {name}; it gives {known}.", solver=solver, name=name, known=known
            )
            yield Fault("unknown_output", path, message)


def _mistakes(question: Question) -> Iterator[Fault]:
    outputs = [spec.output or name for name, spec in question.fields.items()]
    for number, mistake in enumerate(question.mistakes):
        solver = mistake.solver or (question.truth.solver if isinstance(question.truth, Node) else "")
        takes = signature(solver)
        if takes is None:
            continue
        given = None if mistake.solver is None else {*mistake.inputs, *mistake.options}
        yield from _call(solver, takes, ("mistakes", number), mistake.inputs, mistake.options, given)
        if mistake.solver is not None:
            yield from _not_given(solver, takes, [(("mistakes", number, "solver"), name) for name in outputs])


def _own_values(question: Question) -> Iterator[Fault]:
    for name, spec in question.fields.items():
        takes = signature(spec.own.solver) if spec.own else None
        if spec.own is not None and takes is not None:
            at: Path = ("fields", name, "own")
            own = spec.own
            yield from _call(own.solver, takes, at, own.inputs, own.options, {*own.inputs, *own.options})
            yield from _not_given(spec.own.solver, takes, [((*at, "solver"), spec.output or name)])


def _properties(question: Question) -> Iterator[Fault]:
    required = [name for name, spec in question.fields.items() if spec.required]
    for number, point in enumerate(question.properties):
        for part, solver in (("step", point.step), ("log_likelihood", point.log_likelihood)):
            takes = signature(solver)
            if takes is not None:
                at: Path = ("properties", number)
                yield from _call(solver, takes, at, point.inputs, {}, {*point.inputs, *required})
                gives = required if part == "step" else ["log_likelihood"]
                yield from _not_given(solver, takes, [((*at, part), name) for name in gives])
