"""An assignment as data: frozen models of the assignment file, strict about everything that it names."""

from __future__ import annotations

from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from app.language import Language

__all__ = [
    "AnswerField",
    "Assignment",
    "Bilingual",
    "Convention",
    "FieldSpec",
    "Input",
    "MoveSpec",
    "Policy",
    "Question",
    "SymmetrySpec",
    "ToleranceSpec",
    "Truth",
]

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
QuestionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Layout = Literal["transposed", "diagonal"]


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset, such as 2026-12-01T23:59:00+08:00")
    return moment


Moment = Annotated[datetime, AfterValidator(_in_utc)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Bilingual(_Model):
    """A text in both languages."""

    en: Annotated[str, Field(min_length=1)]
    zh_TW: Annotated[str, Field(min_length=1, alias="zh-TW")]  # noqa: N815 - the locale's name

    def render(self, language: Language) -> str:
        """The text in one of them."""
        return self.en if language == "en" else self.zh_TW


class ToleranceSpec(_Model):
    """What an entry may miss by, as a teaching assistant thinks of it."""

    decimals: Annotated[int, Field(ge=0, le=12)] | None = None
    significant: Annotated[int, Field(ge=1, le=12)] | None = None
    atol: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    rtol: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    exact: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = {name for name, value in self if value is not None}
        if len(given) != 1 and given != {"atol", "rtol"}:
            raise ValueError("say exactly one of decimals, significant, exact, or atol and/or rtol")
        return self


class MoveSpec(_Model):
    """Which axis of the field the question's symmetry moves (counted from 0), and whether sign counts."""

    axes: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1, max_length=2, strict=False)]
    magnitude: bool = False


class FieldSpec(_Model):
    """One named array (or text) of an answer."""

    kind: Literal["numeric", "text"] = "numeric"
    shape: Annotated[tuple[Annotated[int, Field(ge=1, le=500)], ...], Field(max_length=4, strict=False)] = ()
    required: bool = True
    output: Name | None = None
    """The attribute of the solver's record that is the truth; the field's own name by default."""
    tolerance: ToleranceSpec | None = None
    moves: MoveSpec | None = None


class Input(_Model):
    """What a solver's argument is: data of the assignment, another question's answer, or a literal value."""

    data: str | None = None
    """Names joined by dots, such as ``gmm.theta0.pi``."""
    question: QuestionId | None = None
    field: Name | None = None
    value: Any = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        sources = [self.data is not None, self.question is not None, "value" in self.model_fields_set]
        if sum(sources) != 1 or (self.question is None) != (self.field is None):
            raise ValueError("an input is one of {data: ...}, {question: ..., field: ...} or {value: ...}")
        return self


class Truth(_Model):
    """The node that computes the truth: a solver, its inputs and its options."""

    solver: str
    inputs: dict[Name, Input]
    options: dict[Name, Any] = {}


class SymmetrySpec(_Model):
    """The group that the moved fields are compared up to."""

    group: Literal["signs", "eigenbasis", "signed_order", "rotation", "span", "relabelling", "phase"] | None = None
    spectrum: Name | None = None
    """The attribute of the solver's record with the eigenvalues of the truth's columns. Where it is longer than an
    answer has columns, an eigenspace is cut, and any part of it is right."""
    pinned: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(strict=False)] = ()
    same_as: QuestionId | None = None
    """The question whose group this is, and whose element is imposed where that question was matched."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.group is None) == (self.same_as is None):
            raise ValueError("a symmetry is either a group or the same_as of another question")
        if self.group in ("eigenbasis", "signed_order") and self.spectrum is None:
            raise ValueError(f"{self.group} needs a spectrum")
        if self.spectrum is not None and self.group not in ("eigenbasis", "signed_order", "rotation", "span"):
            raise ValueError("only eigenbasis, signed_order, rotation and span have a spectrum")
        if self.pinned and self.group != "relabelling":
            raise ValueError("only a relabelling has pinned components")
        return self


class Convention(_Model):
    """Another way of writing the same truth, with full credit and named in the verdict."""

    id: Name
    title: Bilingual
    options: dict[Name, Any] = {}
    """Options of the question's solver that differ."""
    layout: dict[Name, Layout] = {}
    """Fields that are written differently: transposed, or a diagonal matrix as the vector of its diagonal."""


class AnswerField(_Model):
    """What the reader of answers has to know of a field."""

    kind: Literal["numeric", "text"]
    shapes: tuple[tuple[int, ...], ...]
    required: bool


def laid_out(shape: tuple[int, ...], layout: Layout | None) -> tuple[int, ...]:
    """The shape in which a field of a canonical shape is sent under a layout."""
    if layout is None:
        return shape
    return shape[::-1] if layout == "transposed" else shape[:1]


class Question(_Model):
    """One question: what is asked, how the truth is computed, and up to what it is compared."""

    id: QuestionId
    title: Bilingual
    prompt: Bilingual
    points: Annotated[float, Field(gt=0, allow_inf_nan=False, strict=False)]
    fields: Annotated[dict[Name, FieldSpec], Field(min_length=1)]
    truth: Truth | None = None
    symmetry: SymmetrySpec | None = None
    tolerance: ToleranceSpec | None = None
    conventions: Annotated[tuple[Convention, ...], Field(strict=False)] = ()

    @property
    def manual(self) -> bool:
        """Whether a person grades it."""
        return self.truth is None

    @property
    def references(self) -> list[str]:
        """The questions whose answer or element this one takes."""
        asked = [source.question for source in self.truth.inputs.values()] if self.truth else []
        if self.symmetry:
            asked.append(self.symmetry.same_as)
        return [question for question in asked if question is not None]

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
        if len({convention.id for convention in self.conventions} | {"truth"}) != len(self.conventions) + 1:
            raise ValueError("conventions need ids of their own, other than 'truth'")
        return self


class Policy(_Model):
    """When answers are taken, how many, which one counts, and when the truth may be seen."""

    opens_at: Annotated[Moment | None, Field(strict=False)] = None
    due_at: Annotated[Moment | None, Field(strict=False)] = None
    closes_at: Annotated[Moment | None, Field(strict=False)] = None
    attempts: Annotated[int, Field(ge=1)] | None = None
    cooldown_seconds: Annotated[int, Field(ge=0)] = 0
    counts: Literal["best", "last"] = "best"
    release: Literal["never", "after_due", "after_close", "always"] = "after_due"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        moments = [moment for moment in (self.opens_at, self.due_at, self.closes_at) if moment is not None]
        if moments != sorted(moments):
            raise ValueError("opens_at, due_at and closes_at have to come in this order")
        return self


class Assignment(_Model):
    """A homework: data, questions and policy, in one version."""

    format: Literal[1]
    slug: Slug
    title: Bilingual
    points: Annotated[float, Field(gt=0, allow_inf_nan=False, strict=False)]
    tolerance: ToleranceSpec
    """What holds where neither a field nor its question says otherwise."""
    policy: Policy = Policy()
    data: dict[Name, Any] = {}
    questions: Annotated[tuple[Question, ...], Field(min_length=1, strict=False)]
    _version: str = PrivateAttr(default="")
    _by_id: dict[str, Question] = PrivateAttr(default_factory=dict)
    _answer_fields: dict[str, dict[str, AnswerField]] = PrivateAttr(default_factory=dict)
    _order: tuple[str, ...] = PrivateAttr(default=())

    def __hash__(self) -> int:
        return hash(self._version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Assignment) and (self.slug, self._version) == (other.slug, other._version)

    @property
    def version(self) -> str:
        """The name of this version: a digest of the file it was read from."""
        return self._version

    def question(self, question_id: str) -> Question:
        """The question of that id.

        Raises
        ------
        KeyError
            Where there is none.
        """
        return self._by_id[question_id]

    @property
    def answer_fields(self) -> dict[str, dict[str, AnswerField]]:
        """Every question's fields, as the reader of answers wants them."""
        return self._answer_fields

    @property
    def order(self) -> tuple[str, ...]:
        """The questions' ids, each after those that it refers to."""
        return self._order

    def stamped(self, version: str) -> Assignment:
        """Give the version its name; equal names of one slug are equal assignments."""
        self._version = version
        return self

    @model_validator(mode="after")
    def _resolve(self) -> Self:
        self._by_id = {question.id: question for question in self.questions}
        self._answer_fields = {question.id: question.answer_fields for question in self.questions}
        if len(self._by_id) != len(self.questions):
            raise ValueError("two questions have the same id")
        total = round(sum(question.points for question in self.questions), 6)
        if total != round(self.points, 6):
            raise ValueError(f"the questions' points add up to {total}, not to {self.points}")
        for question in self.questions:
            self._check_references(question)
        try:
            links = {question.id: question.references for question in self.questions}
            self._order = tuple(TopologicalSorter(links).static_order())
        except CycleError as error:
            raise ValueError(f"questions refer to each other in a circle: {' -> '.join(error.args[1])}") from error
        return self

    def _check_references(self, question: Question) -> None:
        where = f"question {question.id}"
        if question.symmetry and question.symmetry.same_as is not None:
            other = self._by_id.get(question.symmetry.same_as)
            if other is None or other.symmetry is None or other.symmetry.group is None:
                raise ValueError(f"{where}: same_as names no question with a group of its own")
        for name, source in question.truth.inputs.items() if question.truth else ():
            if source.data is not None:
                self.datum(source.data)
            elif source.question is not None:
                fields = self._by_id[source.question].fields if source.question in self._by_id else {}
                if source.field not in fields:
                    raise ValueError(f"{where}: input {name!r} names no field {source.question}.{source.field}")

    def datum(self, path: str) -> Any:  # noqa: ANN401 - data are whatever the file holds
        """Look up a dotted name in the data.

        Raises
        ------
        ValueError
            Where there is none.
        """
        found: Any = self.data
        for step in path.split("."):
            if not isinstance(found, dict) or step not in found:
                raise ValueError(f"the data have no {path!r}")
            found = found[step]
        return found
