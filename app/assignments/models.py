"""An assignment as data: frozen models of the assignment file, strict about everything that it names."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from app.assignments.faults import InconsistentError
from app.assignments.parts import Bilingual, Model, Name, Share, ToleranceSpec
from app.assignments.policies import Policy
from app.assignments.questions import AnswerField, Question
from app.assignments.references import Entry, look_up, reference_faults, variant_faults
from app.assignments.variants import Drawn, Variants

__all__ = ["Assignment", "Header"]

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class Header(Model):
    """What an assignment file says besides its questions."""

    format: Literal[1]
    slug: Slug
    title: Bilingual
    points: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    tolerance: ToleranceSpec
    """What holds where neither a field nor its question says otherwise."""
    rounded: Share = 0.5
    """What answers earn that are right but rounded to fewer decimals than asked, where a question says nothing."""
    policy: Policy = Policy()
    data: dict[Name, Any] = Field(default_factory=dict)
    variants: Variants | None = None
    """What is drawn anew for each learner. Without it, everybody has the data of the file."""


class Assignment(Header):
    """A homework: data, questions and policy, in one version."""

    questions: Annotated[tuple[Question, ...], Field(min_length=1, strict=False)]
    _version: str = PrivateAttr(default="")
    _drawn: Drawn | None = PrivateAttr(default=None)
    _by_id: dict[str, Question] = PrivateAttr(default_factory=dict)
    _answer_fields: dict[str, dict[str, AnswerField]] = PrivateAttr(default_factory=dict)
    _order: tuple[str, ...] = PrivateAttr(default=())

    def __hash__(self) -> int:
        return hash(self._version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Assignment) and (self.slug, self._version, self._drawn) == (
            other.slug,
            other._version,
            other._drawn,
        )

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
    def drawn(self) -> Drawn | None:
        """The data of one learner, where these are not the file's."""
        return self._drawn

    def with_data(self, drawn: Drawn | None) -> Assignment:
        """The same version with one learner's data in the place of the file's."""
        if drawn is None:
            return self
        varied = self.model_copy(update={"data": drawn.over(self.data)})
        varied._drawn = drawn
        return varied

    def covered(self) -> Assignment:
        """What may be told before the opening: title, times and points; to be shown, and never to be graded with."""
        covered = self.model_copy(update={"data": {}, "variants": None, "questions": ()})
        covered._by_id, covered._answer_fields, covered._order = {}, {}, ()
        return covered

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
        entries = [Entry(index, one.id, one.points, one) for index, one in enumerate(self.questions)]
        faults = [
            *reference_faults(self.data, self.points, entries),
            *variant_faults(self.variants, self.data, entries),
        ]
        if faults:
            raise InconsistentError(faults)
        links = {question.id: question.references for question in self.questions}
        self._order = tuple(TopologicalSorter(links).static_order())
        return self

    def datum(self, path: str) -> Any:  # noqa: ANN401 - data are whatever the file holds
        """Look up a dotted name in the data.

        Raises
        ------
        KeyError
            Where there is none.
        """
        return look_up(self.data, path)
