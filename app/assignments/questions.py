"""One question: what is asked, how the truth is computed, up to what it is compared, and what else counts."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from app.assignments.candidates import Check, Convention, EmbeddingCheck, Mistake, StationaryPoint, SumCheck
from app.assignments.parts import (
    Bilingual,
    FieldSpec,
    Input,
    Layout,
    Model,
    Name,
    Node,
    QuestionId,
    Share,
    SymmetrySpec,
    ToleranceSpec,
)

__all__ = ["AnswerField", "Question", "laid_out"]

_RESERVED = ("truth", "follow_through", "eigenpairs")


class AnswerField(Model):
    """What the reader of answers has to know of a field."""

    kind: Literal["numeric", "text"]
    shapes: tuple[tuple[int, ...], ...]
    required: bool


def laid_out(shape: tuple[int, ...], layout: Layout | None) -> tuple[int, ...]:
    """The shape in which a field of a canonical shape is sent under a layout."""
    if layout is None:
        return shape
    return shape[::-1] if layout == "transposed" else shape[:1]


class Question(Model):
    """One question: what is asked, how the truth is computed, and up to what it is compared."""

    id: QuestionId
    title: Bilingual
    prompt: Bilingual
    points: Annotated[float, Field(gt=0, allow_inf_nan=False, strict=False)]
    fields: Annotated[dict[Name, FieldSpec], Field(min_length=1)]
    truth: Node | None = None
    symmetry: SymmetrySpec | None = None
    tolerance: ToleranceSpec | None = None
    conventions: Annotated[tuple[Convention, ...], Field(strict=False)] = ()
    follow_through: Share = 1.0
    """What an answer earns that is right for the learner's own answers to the questions it takes inputs from."""
    mistakes: Annotated[tuple[Mistake, ...], Field(strict=False)] = ()
    properties: Annotated[tuple[StationaryPoint, ...], Field(strict=False)] = ()
    rounded: Share | None = None
    """What an answer earns that is right, but rounded to fewer decimals than asked."""
    checks: Annotated[tuple[Check, ...], Field(strict=False)] = ()

    @property
    def manual(self) -> bool:
        """Whether a person grades it."""
        return self.truth is None

    def asked(self, name: str, otherwise: ToleranceSpec) -> ToleranceSpec:
        """The tolerance of a field: its own, the question's, or else the assignment's."""
        return self.fields[name].tolerance or self.tolerance or otherwise

    def standard_errors(self, name: str, otherwise: ToleranceSpec) -> float | None:
        """How many standard errors an estimate may miss by; None where the field is none."""
        return self.asked(name, otherwise).standard_errors if self.fields[name].standard_error else None

    @property
    def references(self) -> list[str]:
        """The questions whose answer or element this one takes."""
        asked = [source.question for source in self.sources]
        if self.symmetry:
            asked.append(self.symmetry.same_as)
        return [question for question in asked if question is not None]

    @property
    def sources(self) -> list[Input]:
        """Every input that anything in the question takes."""
        inputs = [self.truth.inputs] if self.truth else []
        inputs += [mistake.inputs for mistake in self.mistakes]
        inputs += [spec.own.inputs for spec in self.fields.values() if spec.own]
        inputs += [point.inputs for point in self.properties]
        sources = [source for node in inputs for source in node.values()]
        for check in self.checks:
            if isinstance(check, EmbeddingCheck):
                sources += check.inputs.values()
        return sources

    @property
    def solvers(self) -> list[str]:
        """Every solver that anything in the question names."""
        named = [self.truth.solver] if self.truth else []
        named += [mistake.solver for mistake in self.mistakes if mistake.solver is not None]
        named += [spec.own.solver for spec in self.fields.values() if spec.own]
        named += [name for point in self.properties for name in (point.step, point.log_likelihood)]
        return named

    @property
    def answer_fields(self) -> dict[str, AnswerField]:
        """The fields as the reader of answers wants them, with every shape that some convention accepts."""
        return {
            name: AnswerField(kind=spec.kind, shapes=self._shapes(name, spec), required=spec.required)
            for name, spec in self.fields.items()
        }

    def _shapes(self, name: str, spec: FieldSpec) -> tuple[tuple[int, ...], ...]:
        layouts = [None, *(convention.layout.get(name) for convention in self.conventions)]
        return tuple(dict.fromkeys(laid_out(spec.shape, layout) for layout in layouts))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if any((spec.kind == "text") != self.manual for spec in self.fields.values()):
            raise ValueError("a question has either numeric fields and a truth, or text fields and no truth")
        if not any(spec.required for spec in self.fields.values()):
            raise ValueError("a question needs at least one required field")
        moved = [name for name, spec in self.fields.items() if spec.moves]
        if bool(moved) != bool(self.symmetry):
            raise ValueError("a symmetry needs fields that it moves, and moved fields need a symmetry")
        for name in moved:
            moves = self.fields[name].moves
            if moves and max(moves.axes) >= len(self.fields[name].shape):
                raise ValueError(f"field {name!r} has no axis {max(moves.axes)}")
        for convention in self.conventions:
            for name, layout in convention.layout.items():
                if name not in self.fields:
                    raise ValueError(f"convention {convention.id!r} lays out an unknown field {name!r}")
                shape = self.fields[name].shape
                if len(shape) != 2 or (layout == "diagonal" and shape[0] != shape[1]):
                    raise ValueError(
                        f"convention {convention.id!r}: field {name!r} of shape {shape} cannot be {layout}"
                    )
        ids = [one.id for one in self.conventions]
        ids += [*(one.id for one in self.mistakes), *(one.id for one in self.properties)]
        if len({*ids, *_RESERVED}) != len(ids) + len(_RESERVED):
            raise ValueError(
                f"conventions, mistakes and properties need ids of their own, other than {', '.join(_RESERVED)}"
            )
        self._check_named_fields()
        return self

    def _check_named_fields(self) -> None:
        """Refuse whatever names a field that the question does not have, or that cannot serve there."""
        numeric = {name for name, spec in self.fields.items() if spec.kind == "numeric"}
        named = [(f"mistake {mistake.id!r}", name) for mistake in self.mistakes for name in mistake.apply]
        for point in self.properties:
            named += [(f"property {point.id!r}", name) for name in (point.weights, point.variances)]
        for check in self.checks:
            names = (check.total, *check.parts) if isinstance(check, SumCheck) else (check.field,)
            named += [(f"a {check.kind} check", name) for name in names]
        named += [
            (f"the own value of {field!r}", source.field)
            for field, spec in self.fields.items()
            for source in (spec.own.inputs.values() if spec.own else ())
            if source.question is None and source.field is not None
        ]
        for where, name in named:
            if name not in numeric:
                raise ValueError(f"{where} names an unknown field {name!r}")
        for name, spec in self.fields.items():
            own_tolerance = spec.tolerance or self.tolerance
            estimated = own_tolerance is not None and own_tolerance.standard_errors is not None
            if estimated and spec.standard_error is None:
                raise ValueError(f"field {name!r} needs a standard_error for its tolerance")
            if spec.own and spec.moves:
                raise ValueError(f"field {name!r} is moved by the symmetry and cannot have an own value")
        loose = [*(self.truth.inputs.values() if self.truth else ())]
        loose += [source for mistake in self.mistakes for source in mistake.inputs.values()]
        if any(source.field is not None and source.question is None for source in loose):
            raise ValueError("only own values take a field of the answer itself")
