"""What questions are made of: texts in both languages, tolerances, inputs and solvers, fields and symmetries."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from app.assignments.faults import refuse
from app.assignments.kinds import Kind, is_graded
from app.language import Language, text

__all__ = [
    "MAX_FILE_BYTES",
    "Bilingual",
    "FieldSpec",
    "FileKind",
    "Input",
    "Layout",
    "Model",
    "MoveSpec",
    "Name",
    "Node",
    "QuestionId",
    "Share",
    "Structure",
    "SymmetrySpec",
    "ToleranceSpec",
    "Truth",
    "Values",
    "Within",
]

QuestionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Layout = Literal["transposed", "diagonal"]
Structure = Literal[
    "orthonormal",
    "adjacency",
    "degrees",
    "laplacian",
    "probabilities",
    "positive_definite",
    "basis",
    "generic",
]
FileKind = Literal["pdf", "png", "jpeg", "heic", "webp", "npz", "zip", "ipynb", "py", "txt", "md", "csv"]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Within = Annotated[float, Field(gt=0, allow_inf_nan=False)]

MAX_FILE_BYTES = 1 << 28
"""The most that any service may take of one file."""


class Model(BaseModel):
    """What all parts have in common: frozen, strict, and nothing that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Bilingual(Model):
    """A text in both languages."""

    en: Annotated[str, Field(min_length=1)]
    zh_TW: Annotated[str, Field(min_length=1, alias="zh-TW")]  # noqa: N815 - the locale's name

    def render(self, language: Language) -> str:
        """The text in one of them."""
        return self.en if language == "en" else self.zh_TW


class ToleranceSpec(Model):
    """What an entry may miss by, as a teaching assistant thinks of it."""

    decimals: Annotated[int, Field(ge=0, le=12)] | None = None
    significant: Annotated[int, Field(ge=1, le=12)] | None = None
    atol: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    rtol: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    exact: Literal[True] | None = None
    standard_errors: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)] | None = None
    """For estimates from random draws: so many of the standard errors that the field's `standard_error` names."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = {name for name, value in self if value is not None}
        if len(given) != 1 and given != {"atol", "rtol"}:
            refuse(
                "inconsistent",
                text("Say exactly one of decimals, significant, exact, standard_errors, or atol and/or rtol."),
            )
        return self


class MoveSpec(Model):
    """Which axis of the field the question's symmetry moves (counted from 0), and whether sign counts."""

    axes: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1, max_length=2, strict=False)]
    magnitude: bool = False


class Input(Model):
    """What a solver's argument is: data, another question's answer, a field of this answer, or a literal value."""

    data: str | None = None
    """Names joined by dots, such as ``gmm.theta0.pi``."""
    question: QuestionId | None = None
    field: Name | None = None
    """A field of `question`; without one, a field of the answer itself as it was sent (in `own` values only)."""
    under: Name | None = None
    """The mistake under which the other question's answer is taken; the truth by default."""
    value: Any = None
    apply: Literal["sqrt", "square", "negate", "halve", "double", "exp", "log"] | None = None
    """What is done to data first, entry by entry: an input that follows the data where these are drawn."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        sources = [self.data is not None, self.field is not None, "value" in self.model_fields_set]
        if sum(sources) != 1 or (self.question is not None and self.field is None):
            refuse(
                "inconsistent",
                text(
                    "An input is one of {{data: ...}}, {{question: ..., field: ...}}, {{field: ...}} or {{value: ...}}."
                ),
            )
        if self.under is not None and self.question is None:
            refuse("inconsistent", text("Only another question's answer can be taken under a mistake."), "under")
        if self.apply is not None and self.data is None:
            refuse("inconsistent", text("Only something that is done to data can be applied here."), "apply")
        return self


class Node(Model):
    """A solver with its inputs and its options."""

    solver: str
    inputs: dict[Name, Input]
    options: dict[Name, Any] = Field(default_factory=dict)


class Values(Model):
    """Figures that are written down, in the place of a solver."""

    values: Annotated[dict[Name, Any], Field(min_length=1)]
    """By name: a figure for every field, as numbers in lists, and others that a symmetry takes, such as a spectrum.
    Complex numbers are written `1.5-2i` or `{re: 1.5, im: -2}`."""

    @property
    def solver(self) -> str:
        """The name of no solver."""
        return ""

    @property
    def inputs(self) -> dict[str, Input]:
        """None: nothing is computed."""
        return {}

    @property
    def options(self) -> dict[str, Any]:
        """None: nothing is computed."""
        return {}


def _truth_kind(said: object) -> str:
    return "Values" if isinstance(said, Values) or (isinstance(said, dict) and "values" in said) else "Node"


Truth: TypeAlias = Annotated[
    Annotated[Node, Tag("Node")] | Annotated[Values, Tag("Values")], Discriminator(_truth_kind)
]
"""What is right: what a solver gives, or figures that are written down."""


class FieldSpec(Model):
    """One named array (or text, or file) of an answer."""

    kind: Kind = "numeric"
    """Real numbers; `integer`: whole ones, exactly unless a tolerance is given; `complex`: complex ones; `labels`: a
    vector of names of clusters, compared up to renaming by a relabelling; `text` and `file`: what a person grades."""
    shape: Annotated[tuple[Annotated[int, Field(ge=1, le=500)], ...], Field(max_length=4, strict=False)] = ()
    n_labels: Annotated[int, Field(ge=2, le=500)] | None = None
    """How many different labels a right answer has; for the kind `labels`, and needed there."""
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
    accept: Annotated[tuple[FileKind, ...], Field(min_length=1, strict=False)] = ("pdf", "png", "jpeg", "heic")
    """Of a file: what it may be."""
    max_bytes: Annotated[int, Field(ge=1, le=MAX_FILE_BYTES)] | None = None
    """Of a file: how large it may be, where that is less than the service takes."""

    @property
    def graded(self) -> bool:
        """Whether it is held against a truth."""
        return is_graded(self.kind)

    @property
    def compared(self) -> tuple[int, ...]:
        """The shape in which it is compared: labels are one-hot rows, a column a label."""
        return (*self.shape, self.n_labels or 0) if self.kind == "labels" else self.shape

    @property
    def moved(self) -> MoveSpec | None:
        """How the symmetry moves it in that shape; labels move by their columns."""
        return MoveSpec(axes=(len(self.shape),)) if self.kind == "labels" else self.moves


class SymmetrySpec(Model):
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
            refuse("inconsistent", text("A symmetry is either a group or the same_as of another question."))
        if self.group in ("eigenbasis", "signed_order") and self.spectrum is None:
            refuse("inconsistent", text("The group {group} needs a spectrum.", group=self.group))
        if self.spectrum is not None and self.group not in ("eigenbasis", "signed_order", "rotation", "span"):
            refuse(
                "inconsistent", text("Only eigenbasis, signed_order, rotation and span have a spectrum."), "spectrum"
            )
        if self.matrix is not None and self.group not in ("eigenbasis", "signed_order"):
            refuse("inconsistent", text("Only eigenbasis and signed_order have a matrix."), "matrix")
        if self.pinned and self.group != "relabelling":
            refuse("inconsistent", text("Only a relabelling has pinned components."), "pinned")
        return self
