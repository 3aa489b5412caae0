"""The shapes of what is sent and answered about policies, for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["OverridesBody", "PolicyList", "PolicyModel"]

Level = Literal["score", "questions", "hints", "everything"]
_LOCAL = "A time with its offset, or local in the assignment's time zone; a day alone is "


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LateBody(_Closed):
    """What becomes of work that comes after the deadline."""

    rule: Literal["none", "linear", "cut_off"] = "none"
    grace_minutes: int = Field(0, ge=0)
    per_day: float = Field(0.1, gt=0, le=1, description="The share of the score that each day costs that has begun.")
    at_most: float = Field(1.0, ge=0, le=1, description="The share of the score that all days together cost at most.")


class OverridesBody(_Closed):
    """What is to hold for one learner; what is left out is as the assignment says. null: no such time, no limit."""

    opens_at: str | None = Field(None, description=_LOCAL + "its first moment.", examples=["2026-12-01 08:00"])
    due_at: str | None = Field(None, description=_LOCAL + "its last minute.", examples=["2026-12-08 23:59"])
    closes_at: str | None = Field(None, description=_LOCAL + "its last minute.")
    attempts: int | None = Field(None, ge=1)
    cooldown_seconds: int = Field(0, ge=0)
    late: LateBody = LateBody()
    reason: str | None = Field(None, max_length=500, description="Why; it is kept, and only staff see it.")


class LateModel(_Closed):
    """What becomes of work that comes after the deadline."""

    rule: Literal["none", "linear", "cut_off"]
    grace_minutes: int
    per_day: float
    at_most: float


class FeedbackLevelsModel(_Closed):
    """What learners see of a report before and after the release."""

    before: Level
    after: Level


class AllowanceModel(_Closed):
    """What was allowed to a learner; by whom and why only staff see."""

    overrides: dict[str, object]
    granted_at: str
    granted_by: str | None
    reason: str | None


class PolicyModel(_Closed):
    """What holds for a learner."""

    course: str
    assignment: str
    version: str
    student: str
    time_zone: str
    opens_at: str | None
    due_at: str | None = Field(description="It holds to the end of that minute, or of that second where it names one.")
    closes_at: str | None
    late: LateModel
    attempts: int | None
    cooldown_seconds: int
    counts: Literal["best", "last"]
    feedback: FeedbackLevelsModel
    release: Literal["never", "after_due", "after_close", "always"]
    allowance: AllowanceModel | None


class PolicyList(_Closed):
    """A page of learners for whom something else holds; the next one is in the Link header."""

    items: list[PolicyModel]
