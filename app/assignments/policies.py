"""What holds for handing in: times, the late rule, attempts, feedback; of an assignment, and of one learner."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from app.assignments.faults import refuse
from app.assignments.moments import DEFAULT_ZONE, Deadline, Opening, ZoneName, holds_until
from app.assignments.parts import Model, Share
from app.language import text

__all__ = ["LEVELS", "FeedbackLevels", "Late", "Level", "Overrides", "Policy"]

Level: TypeAlias = Literal["score", "questions", "hints", "everything"]
LEVELS: tuple[Level, ...] = ("score", "questions", "hints", "everything")
"""What a learner may see of a report, each level with all of those before it."""

_YEAR = 366 * 24 * 60
_Attempts: TypeAlias = Annotated[int, Field(ge=1)]
_Seconds: TypeAlias = Annotated[int, Field(ge=0, le=_YEAR * 60)]


class Late(Model):
    """What becomes of work that comes after the deadline."""

    rule: Literal["none", "linear", "cut_off"] = "none"
    """`none`: taken, marked late, and worth everything. `linear`: worth less for every day. `cut_off`: refused."""
    grace_minutes: Annotated[int, Field(ge=0, le=_YEAR)] = 0
    """So long after the deadline work is still on time."""
    per_day: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 0.1
    """For `linear`: the share of the score that each day costs that has begun since the deadline."""
    at_most: Share = 1.0
    """For `linear`: the share of the score that all days together cost at most."""


class FeedbackLevels(Model):
    """What learners see of a report before and after the release."""

    before: Level = "hints"
    """`score`: the totals alone. `questions`: also each question's verdict and score. `hints`: also feedback, and of
    certificates what gives no entry of the truth away. `everything`: whole certificates."""
    after: Level = "everything"
    """The same, from the release on; not less than before it."""

    @model_validator(mode="after")
    def _no_less(self) -> Self:
        if LEVELS.index(self.after) < LEVELS.index(self.before):
            message = text(
                "After the release learners cannot see less ({after}) than before it ({before}).",
                after=self.after,
                before=self.before,
            )
            refuse("inconsistent", message, "after")
        return self


class Overrides(Model):
    """What holds for one learner instead of what the assignment says; only the keys that are given count."""

    opens_at: Opening | None = None
    due_at: Deadline | None = None
    closes_at: Deadline | None = None
    attempts: _Attempts | None = None
    cooldown_seconds: _Seconds = 0
    late: Late = Late()


class Policy(Model):
    """When answers are taken, how many, which one counts, what late ones are worth, and what learners see."""

    time_zone: ZoneName = DEFAULT_ZONE
    """An IANA name. Times without an offset are local there; of a time that its clocks show twice, the later counts."""
    opens_at: Opening | None = None
    due_at: Deadline | None = None
    closes_at: Deadline | None = None
    late: Late = Late()
    """What becomes of work after `due_at`."""
    attempts: _Attempts | None = None
    cooldown_seconds: _Seconds = 0
    counts: Literal["best", "last"] = "best"
    feedback: FeedbackLevels = FeedbackLevels()
    """What learners see of their reports."""
    release: Literal["never", "after_due", "after_close", "always"] = "after_due"

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if not self.in_order:
            refuse("inconsistent", text("opens_at, due_at with its grace, and closes_at have to come in this order."))
        late = self.late
        if self.due_at is None and late != Late():
            refuse("inconsistent", text("A late rule needs a deadline; add due_at."), "late")
        endless = self.due_at is not None and self.closes_at is None and late.rule == "linear" and late.at_most < 1
        if endless and self.release == "after_due":
            message = text(
                "Late work always earns something here, so that the truth could never be released; add closes_at, or"
                " choose another release."
            )
            refuse("inconsistent", message, "release")
        return self

    @property
    def in_order(self) -> bool:
        """Whether the times come one after the other, each taken to the end of what it names."""
        ends = [moment for moment in (self.on_time_until, self.closes_until) if moment is not None]
        return ends == sorted(ends) and (self.opens_at is None or not ends or self.opens_at < ends[0])

    @property
    def due_until(self) -> datetime | None:
        """The first moment after the deadline; None where there is no deadline."""
        return None if self.due_at is None else holds_until(self.due_at)

    @property
    def on_time_until(self) -> datetime | None:
        """The first moment that is late: after the deadline and its grace."""
        due = self.due_until
        return None if due is None else due + timedelta(minutes=self.late.grace_minutes)

    @property
    def closes_until(self) -> datetime | None:
        """The first moment after `closes_at`."""
        return None if self.closes_at is None else holds_until(self.closes_at)
