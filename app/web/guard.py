"""What keeps the doors: passwords, sessions, and how often anything may be tried; composed once."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.login import Limiter, Passwords, Slowdown
from app.settings import Settings
from app.storage import Caller, Database, Lifetimes
from app.web.addresses import Proxies, proxies_named
from app.web.uses import Uses

__all__ = ["Guard", "Limits", "make_guard", "take_turn"]


@dataclass(frozen=True)
class Limits:
    """How often anything may be tried.

    Parameters
    ----------
    logins : Limiter
        Wrong passwords, by address.
    names : Slowdown
        Wrong passwords, by name.
    strangers : Limiter
        Requests of which nobody knows whose they are, by address.
    submissions, previews, uploads : Limiter
        By learner, whichever of their tokens they use.
    """

    logins: Limiter
    names: Slowdown
    strangers: Limiter
    submissions: Limiter
    previews: Limiter
    uploads: Limiter


@dataclass(frozen=True)
class Guard:
    """What keeps the doors.

    Parameters
    ----------
    secret : bytes
        What sessions' CSRF tokens are derived from.
    lifetimes : Lifetimes
        How long sessions last.
    proxies : Proxies
        Who is trusted to say where a request comes from.
    passwords : Passwords
    limits : Limits
    uses : Uses
        When tokens and sessions were last used.
    """

    secret: bytes = field(repr=False)
    lifetimes: Lifetimes
    proxies: Proxies
    passwords: Passwords
    limits: Limits
    uses: Uses

    def csrf_token(self, session_id: str) -> str:
        """What a page sends to show that it was served to whoever has the session."""
        return hmac.new(self.secret, b"csrf token\0" + session_id.encode(), hashlib.sha256).hexdigest()


def make_guard(settings: Settings, database: Database, secret: bytes, clock: Callable[[], datetime]) -> Guard:
    """Compose it from the settings."""
    lifetimes = Lifetimes(timedelta(hours=settings.session_hours), timedelta(minutes=settings.session_idle_minutes))
    limits = Limits(
        logins=Limiter(settings.rate_limit_logins, clock),
        names=Slowdown(clock),
        strangers=Limiter(settings.rate_limit_strangers, clock),
        submissions=Limiter(settings.rate_limit_submissions, clock),
        previews=Limiter(settings.rate_limit_previews, clock),
        uploads=Limiter(settings.rate_limit_uploads, clock),
    )
    proxies = Proxies(proxies_named(settings.trusted_proxies))
    return Guard(secret, lifetimes, proxies, Passwords(), limits, Uses(database, lifetimes))


def take_turn(limiter: Limiter, caller: Caller) -> None:
    """Count what a learner does; staff are not counted.

    Raises
    ------
    TooManyRequests
        Where that is too often.
    """
    if not caller.staff:
        limiter.take(str(caller.learner_id))
