"""What else counts beside the truth, or is recognised: conventions, known mistakes, properties, and checks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from app.assignments.parts import Bilingual, Input, Layout, Model, Name, Share, ToleranceSpec, Within

__all__ = [
    "Check",
    "Convention",
    "EmbeddingCheck",
    "Mistake",
    "StationaryPoint",
    "SumCheck",
    "UnitRowsCheck",
]


class Convention(Model):
    """Another way of writing the same truth, with full credit and named in the verdict."""

    id: Name
    title: Bilingual
    options: dict[Name, Any] = Field(default_factory=dict)
    """Options of the question's solver that differ."""
    layout: dict[Name, Layout] = Field(default_factory=dict)
    """Fields that are written differently: transposed, or a diagonal matrix as the vector of its diagonal."""


class Mistake(Model):
    """A known slip: what the solver gives with it, what that earns, and what to say."""

    id: Name
    hint: Bilingual
    """What happened, without giving the answer."""
    credit: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.5
    """The share of the points of each field that the slip changes; the others keep theirs."""
    solver: str | None = None
    """Another solver in the place of the question's, with inputs of its own."""
    inputs: dict[Name, Input] = Field(default_factory=dict)
    """Inputs that differ."""
    options: dict[Name, Any] = Field(default_factory=dict)
    """Options that differ."""
    apply: dict[Name, Literal["sqrt", "square", "negate", "real", "conjugate"]] = Field(default_factory=dict)
    """What is done to a field afterwards, entry by entry."""
    values: dict[Name, Any] | None = None
    """Figures that are written down, in the place of those of the truth; the truth's others stay."""
    tolerance: ToleranceSpec | None = None
    """What its fields are recognised to, where the question asks for exact ones that the slip makes irrational."""
    own_values: bool = True
    """Whether fields may then also be those of the answer as sent (`own`); not so for a wrong normalisation."""


class StationaryPoint(Model):
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


class SumCheck(Model):
    """Feedback where a field is not the sum of others."""

    kind: Literal["sum"]
    total: Name
    parts: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)]
    within: Within


class UnitRowsCheck(Model):
    """Feedback where rows do not sum to one."""

    kind: Literal["unit_rows"]
    field: Name
    within: Within


class EmbeddingCheck(Model):
    """Feedback on a wrong embedding: constraint, span and trace, each by itself."""

    kind: Literal["embedding"]
    field: Name
    inputs: dict[Literal["L", "D"], Input]


Check = Annotated[SumCheck | UnitRowsCheck | EmbeddingCheck, Field(discriminator="kind")]
