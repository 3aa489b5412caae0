"""What holds for one learner: when work is taken, late and worth less, and when the truth may be seen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from app.assignments.moments import holds_until
from app.assignments.policies import Level, Overrides, Policy

__all__ = ["Everybody", "Terms", "Timing", "after_loss", "effective", "everybodys"]

_EVER = datetime.min.replace(tzinfo=UTC)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Timing:
    """What the time of a submission means for it.

    Parameters
    ----------
    late : bool
        Whether it came after the deadline and its grace.
    late_factor : float
        What its score is multiplied by.
    after_release : bool
        Whether its sender could have seen the truth, so that it does not count.
    """

    late: bool = False
    late_factor: float = 1.0
    after_release: bool = False


@dataclass(frozen=True)
class Terms:
    """What holds for one learner.

    Parameters
    ----------
    policy : Policy
        The assignment's, with what was allowed to the learner in its place.
    released_from : datetime or None
        When the truth may be seen, by anybody; None where never.
    """

    policy: Policy
    released_from: datetime | None

    @cached_property
    def takes_until(self) -> datetime | None:
        """The first moment at which nothing is taken any more; None where something always is."""
        if self.policy.late.rule == "cut_off" and self.policy.on_time_until is not None:
            return self.policy.on_time_until
        return self.policy.closes_until

    def opened(self, moment: datetime) -> bool:
        """Whether the learner may see what is asked, and hand it in."""
        return self.policy.opens_at is None or moment >= self.policy.opens_at

    def timing(self, moment: datetime) -> Timing:
        """What it means for a submission that it came at a moment."""
        late = self.policy.on_time_until is not None and moment >= self.policy.on_time_until
        return Timing(late, self._factor(moment) if late else 1.0, self._after_release(moment))

    def level(self, now: datetime) -> Level:
        """What the learner may see of a report."""
        feedback = self.policy.feedback
        return feedback.after if self._released(now) else feedback.before

    def _factor(self, moment: datetime) -> float:
        due, late = self.policy.due_until, self.policy.late
        if due is None or late.rule != "linear":
            return 1.0
        return round(1.0 - min(late.per_day * ((moment - due) // _DAY + 1), late.at_most), 9)

    def _released(self, now: datetime) -> bool:
        return self.released_from is not None and now >= self.released_from

    def _after_release(self, moment: datetime) -> bool:
        feedback = self.policy.feedback
        reveals = self.policy.release != "always" and feedback.before != "everything" == feedback.after
        return reveals and self._released(moment)


def after_loss(points: float, late_factor: float) -> float:
    """Points that are left of a late submission's, rounded to 1e-6."""
    return round(points * late_factor, 6)


def effective(policy: Policy, overrides: Overrides) -> Policy:
    """What holds for a learner: the assignment's policy with what they were allowed in its place.

    Parameters
    ----------
    policy : Policy
    overrides : Overrides

    Returns
    -------
    Policy
        A deadline that was moved alone takes `closes_at` along, where that would come before it.
    """
    changes = {name: getattr(overrides, name) for name in overrides.model_fields_set}
    changed = policy.model_copy(update=changes)
    due, closes = changed.on_time_until, changed.closes_until
    if due is not None and closes is not None and closes < due and "closes_at" not in changes:
        grace = timedelta(minutes=changed.late.grace_minutes)
        return changed.model_copy(update={"closes_at": changed.due_at and changed.due_at + grace})
    return changed


@dataclass(frozen=True)
class Everybody:
    """What holds for the learners of an assignment.

    Parameters
    ----------
    usual : Terms
        For those who were allowed nothing else.
    special : mapping of str to Terms
        For those who were, by student.
    """

    usual: Terms
    special: Mapping[str, Terms]

    def of(self, student: str | None) -> Terms:
        """What holds for a student; for nobody in particular the usual."""
        return self.special.get(student or "", self.usual)


def everybodys(policy: Policy, allowed: Mapping[str, Overrides]) -> Everybody:
    """What holds for everybody: the truth is released to all at once, when nobody can earn anything by it any more.

    Parameters
    ----------
    policy : Policy
        The assignment's.
    allowed : mapping of str to Overrides
        What students are allowed in its place.
    """
    policies = {student: effective(policy, overrides) for student, overrides in allowed.items()}
    moment = _released_from(policy, policies.values())
    return Everybody(Terms(policy, moment), {student: Terms(one, moment) for student, one in policies.items()})


def _released_from(policy: Policy, allowed: Iterable[Policy]) -> datetime | None:
    """When the truth may be seen; None where never: by the rule, or because somebody has no deadline."""
    if policy.release == "always":
        return _EVER
    if policy.release == "never":
        return None
    end = _points_end if policy.release == "after_due" else _taking_ends
    moments = [end(one) for one in (policy, *allowed)]
    known = [moment for moment in moments if moment is not None]
    return max(known) if len(known) == len(moments) else None


def _taking_ends(policy: Policy) -> datetime | None:
    return Terms(policy, None).takes_until


def _points_end(policy: Policy) -> datetime | None:
    """When nothing can be earned any more, or where late work is taken for ever, when it begins to be late."""
    due, late = policy.on_time_until, policy.late
    if due is None or policy.due_at is None:
        return None
    ends = _taking_ends(policy)
    if late.rule == "linear" and late.at_most == 1:
        days = math.ceil(round(1 / late.per_day, 9)) - 1
        worthless = max(due, holds_until(policy.due_at) + days * _DAY)
        return worthless if ends is None else min(ends, worthless)
    return due if ends is None else ends
