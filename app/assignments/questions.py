"""One question: what is asked, how the truth is computed, up to what it is compared, and what else counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from app.assignments.candidates import Check, Convention, EmbeddingCheck, Mistake, StationaryPoint
from app.assignments.consistency import question_faults
from app.assignments.faults import InconsistentError, Path
from app.assignments.kinds import Kind
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
    Truth,
)

__all__ = ["AnswerField", "Question", "laid_out"]


class AnswerField(Model):
    """What the reader of answers has to know of a field."""

    kind: Kind
    shapes: tuple[tuple[int, ...], ...]
    required: bool


_EXACT = ToleranceSpec(exact=True)


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
    points: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    fields: Annotated[dict[Name, FieldSpec], Field(min_length=1)]
    truth: Truth | None = None
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
        """The tolerance of a field: its own, the question's, or else the assignment's; of what is whole, exact."""
        spec = self.fields[name]
        if spec.kind in ("integer", "labels"):
            return spec.tolerance or _EXACT
        return spec.tolerance or self.tolerance or otherwise

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
        return list(self.placed_sources.values())

    @property
    def placed_sources(self) -> dict[Path, Input]:
        """Every input that anything in the question takes, by where it stands."""
        given: list[tuple[Path, Mapping[str, Input]]] = [(("truth",), self.truth.inputs)] if self.truth else []
        given += [(("mistakes", number), mistake.inputs) for number, mistake in enumerate(self.mistakes)]
        given += [(("fields", name, "own"), spec.own.inputs) for name, spec in self.fields.items() if spec.own]
        given += [(("properties", number), point.inputs) for number, point in enumerate(self.properties)]
        for number, check in enumerate(self.checks):
            if isinstance(check, EmbeddingCheck):
                given.append((("checks", number), {str(name): source for name, source in check.inputs.items()}))
        return {(*path, "inputs", name): source for path, inputs in given for name, source in inputs.items()}

    @property
    def solvers(self) -> list[str]:
        """Every solver that anything in the question names."""
        return list(self.placed_solvers.values())

    @property
    def placed_solvers(self) -> dict[Path, str]:
        """Every solver that anything in the question names, by where it stands."""
        named: dict[Path, str] = {("truth", "solver"): self.truth.solver} if isinstance(self.truth, Node) else {}
        for number, mistake in enumerate(self.mistakes):
            if mistake.solver is not None:
                named["mistakes", number, "solver"] = mistake.solver
        for name, spec in self.fields.items():
            if spec.own:
                named["fields", name, "own", "solver"] = spec.own.solver
        for number, point in enumerate(self.properties):
            named["properties", number, "step"] = point.step
            named["properties", number, "log_likelihood"] = point.log_likelihood
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
        faults = list(question_faults(self))
        if faults:
            raise InconsistentError(faults)
        return self
