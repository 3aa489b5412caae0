"""An assignment as data: frozen models of the assignment file, strict about everything that it names."""

from __future__ import annotations

from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from app.assignments.parts import Bilingual, Model, Name, Share, ToleranceSpec
from app.assignments.questions import AnswerField, Question

__all__ = ["Assignment", "Policy"]

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset, such as 2026-12-01T23:59:00+08:00")
    return moment


Moment = Annotated[datetime, AfterValidator(_in_utc)]


class Policy(Model):
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


class Assignment(Model):
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
    data: dict[Name, Any] = Field(default_factory=dict)
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
