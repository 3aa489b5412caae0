"""Settings: environment variables with the prefix ``UPTO_``, and a ``.env`` file beside where the service starts."""

from __future__ import annotations

from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.watching import LogFormat, LogLevel

__all__ = ["Settings"]


def _rate(sent: str) -> str:
    """How often, in the notation of the library that counts; a number by itself is so many in an hour."""
    said = f"{sent.strip()}/hour" if sent.strip().isdecimal() else sent.strip()
    if said:
        from limits import parse_many  # only where there is something to read

        if any(item.amount < 1 for item in parse_many(said)):
            raise ValueError("a limit is at least 1; leave it empty for no limit")
    return said


def _networks(sent: str) -> str:
    """Addresses and networks, with commas between them."""
    for one in sent.split(","):
        if one.strip():
            ip_network(one.strip())
    return sent


Rate = Annotated[str, BeforeValidator(str), AfterValidator(_rate)]
"""How often something may be done."""


class Settings(BaseSettings):
    """What can be set from outside.

    Parameters
    ----------
    host, port
        Where to listen.
    data_dir
        The directory of the embedded database and of the token that is made at the first start.
    database_url
        ``postgresql://USER@HOST/NAME``, or another SQLite file than the one in the data directory.
    grading
        ``process``: submissions are graded and kept by a process of their own beside each web process; ``thread``: in
        the web process, which takes half of the memory and, where there are two cores, twice the time.
    workers
        Web processes that share the port; each grades on one core.
    body_seconds
        A body that has not arrived whole within so many seconds is refused.
    rate_limit_refusals
        How many unreadable submissions of a learner are kept for staff in an hour.
    rate_limit_submissions, rate_limit_previews, rate_limit_uploads
        How often a learner may do that; staff are not limited. So many in an hour, or as in ``20/minute;600/hour``;
        empty for no limit. Every web process counts for itself.
    rate_limit_logins
        How many wrong passwords may come from one address.
    rate_limit_strangers
        How many requests of which nobody knows whose they are may come from one address.
    session_hours, session_idle_minutes
        When a session ends, from its start and from its last use.
    trusted_proxies
        Addresses and networks, with commas between them, of the proxies that are believed in X-Forwarded-For and
        X-Forwarded-Proto.
    file_bytes
        How large a file that is uploaded may be.
    files_per_learner_bytes
        How much a learner may upload for an assignment.
    log_format
        ``json``: one line of JSON each; ``text``: lines for people; ``auto``: text on a terminal, JSON elsewhere.
    log_level
        Less important lines are left out.
    metrics
        Who may read ``/metrics``: everybody (``open``), holders of a token of the teaching staff, or nobody (``off``).
    admin_token
        A bearer token that is staff of every course. Without it one is made and kept in the data directory.
    secret_key
        What learners' own data and the CSRF tokens of sessions come from. Without it one is made and kept in the data
        directory; servers that share a database should share it.
    """

    model_config = SettingsConfigDict(env_prefix="UPTO_", env_file=".env", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    data_dir: Path = Path("var")
    database_url: str | None = None
    grading: Literal["process", "thread"] = "process"
    workers: int = Field(default=1, ge=1, le=64)
    body_seconds: float = Field(default=30.0, gt=0)
    rate_limit_refusals: int = Field(default=60, ge=0)
    rate_limit_submissions: Rate = "1000/hour"
    rate_limit_previews: Rate = "1000/hour"
    rate_limit_uploads: Rate = "300/hour"
    rate_limit_logins: Rate = "10/minute;100/hour"
    rate_limit_strangers: Rate = "1200/minute"
    session_hours: float = Field(default=12.0, gt=0, le=720)
    session_idle_minutes: float = Field(default=120.0, gt=0, le=43200)
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = ""
    file_bytes: int = Field(default=20 << 20, ge=1, le=1 << 28)
    files_per_learner_bytes: int = Field(default=200 << 20, ge=0)
    log_format: LogFormat = "auto"
    log_level: LogLevel = "info"
    metrics: Literal["open", "staff", "off"] = "open"
    admin_token: SecretStr | None = None
    secret_key: SecretStr | None = Field(default=None, min_length=16)

    def secrets(self) -> list[str]:
        """What must never be shown: the token, and the password of the database."""
        found = [one.get_secret_value() for one in (self.admin_token, self.secret_key) if one is not None]
        try:
            parts = urlsplit(self.database_url or "")
            found += [parts.password, unquote(parts.password)] if parts.password else []
        except ValueError:  # no URL: nothing can be opened with it
            pass
        return found

    @cached_property
    def database(self) -> str:
        """The URL of the database."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'upto.sqlite3'}"
