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
    "Check",
    "Convention",
    "EmbeddingCheck",
    "FieldSpec",
    "Input",
    "Mistake",
    "MoveSpec",
    "Node",
    "Policy",
    "Question",
    "StationaryPoint",
    "Structure",
    "SumCheck",
    "SymmetrySpec",
    "ToleranceSpec",
    "UnitRowsCheck",
    "laid_out",
]

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
QuestionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Layout = Literal["transposed", "diagonal"]
_RESERVED = ("truth", "follow_through", "eigenpairs")
Structure = Literal["orthonormal", "adjacency", "degrees", "laplacian", "probabilities"]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=False)]
Within = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=False)]


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
    standard_errors: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False, strict=False)] | None = None
    """For estimates from random draws: so many of the standard errors that the field's `standard_error` names."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = {name for name, value in self if value is not None}
        if len(given) != 1 and given != {"atol", "rtol"}:
            raise ValueError("say exactly one of decimals, significant, exact, standard_errors, or atol and/or rtol")
        return self


class MoveSpec(_Model):
    """Which axis of the field the question's symmetry moves (counted from 0), and whether sign counts."""

    axes: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1, max_length=2, strict=False)]
    magnitude: bool = False


class Input(_Model):
    """What a solver's argument is: data, another question's answer, a field of this answer, or a literal value."""

    data: str | None = None
    """Names joined by dots, such as ``gmm.theta0.pi``."""
    question: QuestionId | None = None
    field: Name | None = None
    """A field of `question`; without one, a field of the answer itself as it was sent (in `own` values only)."""
    under: Name | None = None
    """The mistake under which the other question's answer is taken; the truth by default."""
    value: Any = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        sources = [self.data is not None, self.field is not None, "value" in self.model_fields_set]
        if sum(sources) != 1 or (self.question is not None and self.field is None):
            raise ValueError(
                "an input is one of {data: ...}, {question: ..., field: ...}, {field: ...} or {value: ...}"
            )
        if self.under is not None and self.question is None:
            raise ValueError("only another question's answer can be taken under a mistake")
        return self


class Node(_Model):
    """A solver with its inputs and its options."""

    solver: str
    inputs: dict[Name, Input]
    options: dict[Name, Any] = {}


class FieldSpec(_Model):
    """One named array (or text) of an answer."""

    kind: Literal["numeric", "text"] = "numeric"
    shape: Annotated[tuple[Annotated[int, Field(ge=1, le=500)], ...], Field(max_length=4, strict=False)] = ()
    required: bool = True
    output: Name | None = None
    """The attribute of the solver's record that is the truth; the field's own name by default."""
    tolerance: ToleranceSpec | None = None
    moves: MoveSpec | None = None
    structure: Structure | None = None
    """What an answer has to be for later questions to follow it where it is wrong."""
    own: Node | None = None
    """Also right is what this node gives for the answer's own fields, where these are right."""
    standard_error: Name | None = None
    """The attribute of the solver's record with the standard error of the estimate."""


class SymmetrySpec(_Model):
    """The group that the moved fields are compared up to."""

    group: Literal["signs", "eigenbasis", "signed_order", "rotation", "span", "relabelling", "phase"] | None = None
    spectrum: Name | None = None
    """The attribute of the solver's record with the eigenvalues of the truth's columns. Where it is longer than an
    answer has columns, an eigenspace is cut, and any part of it is right."""
    pinned: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(strict=False)] = ()
    matrix: Name | None = None
    """The attribute of the solver's record whose eigenvectors the columns are: near-equal eigenvalues are then
    certified by their equation."""
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
        if self.matrix is not None and self.group not in ("eigenbasis", "signed_order"):
            raise ValueError("only eigenbasis and signed_order have a matrix")
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


class Mistake(_Model):
    """A known slip: what the solver gives with it, what that earns, and what to say."""

    id: Name
    hint: Bilingual
    """What happened, without giving the answer."""
    credit: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False, strict=False)] = 0.5
    """The share of the points of each field that the slip changes; the others keep theirs."""
    solver: str | None = None
    """Another solver in the place of the question's, with inputs of its own."""
    inputs: dict[Name, Input] = {}
    """Inputs that differ."""
    options: dict[Name, Any] = {}
    """Options that differ."""
    apply: dict[Name, Literal["sqrt", "square", "negate"]] = {}
    """What is done to a field afterwards, entry by entry."""
    tolerance: ToleranceSpec | None = None
    """What its fields are recognised to, where the question asks for exact ones that the slip makes irrational."""
    own_values: bool = True
    """Whether fields may then also be those of the answer as sent (`own`); not so for a wrong normalisation."""


class StationaryPoint(_Model):
    """Another stationary point of EM than the one asked for: named, with the credit that the assignment gives it."""

    id: Name
    title: Bilingual
    credit: Share
    step: str
    """The solver that takes one step of EM; its parameters are the question's required fields, by name."""
    log_likelihood: str
    """The solver that evaluates the log-likelihood of the parameters."""
    inputs: dict[Name, Input]
    """What both take besides the parameters."""
    weights: Name
    """The field of the mixing weights, which rounding may leave off the sum 1."""
    variances: Name
    """The field of variances, or of covariance matrices on its last two axes."""
    floor: Within
    """The least variance (least eigenvalue) that counts: the likelihood is unbounded where one collapses."""


class SumCheck(_Model):
    """Feedback where a field is not the sum of others."""

    kind: Literal["sum"]
    total: Name
    parts: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)]
    within: Within


class UnitRowsCheck(_Model):
    """Feedback where rows do not sum to one."""

    kind: Literal["unit_rows"]
    field: Name
    within: Within


class EmbeddingCheck(_Model):
    """Feedback on a wrong embedding: constraint, span and trace, each by itself."""

    kind: Literal["embedding"]
    field: Name
    inputs: dict[Literal["L", "D"], Input]


Check = Annotated[SumCheck | UnitRowsCheck | EmbeddingCheck, Field(discriminator="kind")]


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
    rounded: Share = 0.5
    """What answers earn that are right but rounded to fewer decimals than asked, where a question says nothing."""
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
        for source in question.sources:
            if source.data is not None:
                self.datum(source.data)
            elif source.question is not None:
                other = self._by_id.get(source.question)
                if other is None or source.field not in other.fields:
                    raise ValueError(f"{where}: an input names no field {source.question}.{source.field}")
                if source.under is not None and source.under not in {mistake.id for mistake in other.mistakes}:
                    raise ValueError(f"{where}: question {other.id} has no mistake {source.under!r}")

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
