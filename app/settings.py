"""Settings: environment variables with the prefix ``UPTO_``, and a ``.env`` file beside where the service starts."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.watching import LogFormat, LogLevel

__all__ = ["Settings"]


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
        What learners' own data are drawn from. Without it one is made and kept in the data directory; servers that
        share a database should share it.
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
