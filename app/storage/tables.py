"""The tables: what is kept of courses, people, assignments and submissions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

__all__ = [
    "UtcTime",
    "account_courses",
    "accounts",
    "allowances",
    "assignment_versions",
    "assignments",
    "audit_log",
    "courses",
    "file_pieces",
    "files",
    "heartbeats",
    "idempotency_keys",
    "learners",
    "metadata",
    "publications",
    "refusals",
    "sessions",
    "submission_files",
    "submissions",
    "tokens",
    "variants",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UtcTime(TypeDecorator[datetime]):
    """A moment, kept as whole microseconds since 1970 in UTC: the same on every database, and ordered."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's interface
        """Write a moment."""
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002 - SQLAlchemy's interface
        """Read a moment."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

courses = Table(
    "courses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", String(64), nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
)

learners = Table(
    "learners",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("course_id", ForeignKey("courses.id"), nullable=False),
    Column("student", String(64), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("language", String(8)),
    UniqueConstraint("course_id", "student"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("course_id", ForeignKey("courses.id"), nullable=False),
    Column("learner_id", ForeignKey("learners.id")),
    Column("name", String(64), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("language", String(8)),
    Column("expires_at", UtcTime),
    Column("last_used_at", UtcTime),
    Column("created_by", String(64)),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("password_hash", String(255), nullable=False),
    Column("administrator", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("password_at", UtcTime, nullable=False),
    Column("last_login_at", UtcTime),
    Column("disabled_at", UtcTime),
    Column("language", String(8)),
)

account_courses = Table(
    "account_courses",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("course_id", ForeignKey("courses.id"), primary_key=True),
    Index(None, "course_id"),
)

# A session is an account's or a token's; the token of the settings, which has no row, has sessions as well.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.id")),
    Column("token_digest", String(64)),
    Column("created_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("user_agent", String(200), nullable=False),
    Index(None, "account_id"),
    Index(None, "token_digest"),
    Index(None, "expires_at"),
)

assignments = Table(
    "assignments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("course_id", ForeignKey("courses.id"), nullable=False),
    Column("slug", String(64), nullable=False),
    UniqueConstraint("course_id", "slug"),
)

assignment_versions = Table(
    "assignment_versions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("assignment_id", ForeignKey("assignments.id"), nullable=False),
    Column("version", String(64), nullable=False),
    Column("source", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("created_by", String(64), nullable=False, server_default="service"),
    Column("reason", String(500)),
    UniqueConstraint("assignment_id", "version"),
)

publications = Table(
    "publications",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("assignment_id", ForeignKey("assignments.id"), nullable=False),
    Column("version_id", ForeignKey("assignment_versions.id"), nullable=False),
    Column("published_at", UtcTime, nullable=False),
    Column("published_by", String(64), nullable=False),
    Column("reason", String(500)),
    Index(None, "assignment_id"),
    Index(None, "version_id"),
)

submissions = Table(
    "submissions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("assignment_id", ForeignKey("assignments.id"), nullable=False),
    Column("version_id", ForeignKey("assignment_versions.id"), nullable=False),
    Column("learner_id", ForeignKey("learners.id"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("submitted_at", UtcTime, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("status", String(16), nullable=False),
    Column("score", Float, nullable=False),
    Column("max_score", Float, nullable=False),
    Column("pending", Float, nullable=False),
    Column("report", Text, nullable=False),
    Column("answers_digest", String(64)),
    Column("late_factor", Float, nullable=False, server_default="1"),
    Column("after_release", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("learner_id", "assignment_id", "attempt"),
    Index(None, "assignment_id"),
)

allowances = Table(
    "allowances",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("assignment_id", ForeignKey("assignments.id"), nullable=False),
    Column("learner_id", ForeignKey("learners.id"), nullable=False),
    Column("overrides", Text),
    Column("granted_at", UtcTime, nullable=False),
    Column("granted_by", String(64), nullable=False),
    Column("reason", String(500)),
    Index(None, "assignment_id", "learner_id"),
    Index(None, "learner_id"),
)

variants = Table(
    "variants",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("assignment_id", ForeignKey("assignments.id"), nullable=False),
    Column("learner_id", ForeignKey("learners.id"), nullable=False),
    Column("draws", String(64), nullable=False),
    Column("data", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("learner_id", "assignment_id", "draws"),
    Index(None, "assignment_id"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("token_digest", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("body_digest", String(64), nullable=False),
    Column("submission_id", ForeignKey("submissions.id"), nullable=False),
    Column("response", LargeBinary, nullable=False),
    Column("language", String(8)),
    Column("created_at", UtcTime, nullable=False),
    Index(None, "created_at"),
    Index(None, "submission_id"),
)

refusals = Table(
    "refusals",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("course_id", ForeignKey("courses.id")),
    Column("assignment", String(64)),
    Column("student", String(64)),
    Column("sent_by", String(64), nullable=False),
    Column("by_learner", Boolean, nullable=False),
    Column("sent_at", UtcTime, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("detail", Text, nullable=False),
    Column("problems", Text, nullable=False),
    Column("submission_id", ForeignKey("submissions.id")),
    Index(None, "sent_at"),
    Index(None, "sent_by", "sent_at"),
    Index(None, "submission_id"),
)

files = Table(
    "files",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("assignment_id", ForeignKey("assignments.id"), nullable=False),
    Column("learner_id", ForeignKey("learners.id"), nullable=False),
    Column("question", String(32), nullable=False),
    Column("field", String(64), nullable=False),
    Column("name", String(255), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    UniqueConstraint("learner_id", "assignment_id", "question", "field", "sha256"),
    Index(None, "assignment_id"),
    Index(None, "expires_at"),
)

# What is in a file, a quarter of a mebibyte a row: no file is ever in memory as a whole, in backups neither.
file_pieces = Table(
    "file_pieces",
    metadata,
    Column("file_id", ForeignKey("files.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

submission_files = Table(
    "submission_files",
    metadata,
    Column("submission_id", ForeignKey("submissions.id"), primary_key=True),
    Column("file_id", ForeignKey("files.id"), primary_key=True),
    Index(None, "file_id"),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("beats", BigInteger, nullable=False),
    Column("beat_at", UtcTime, nullable=False),
)

# Triggers refuse whatever would change a row or delete it; see the migration that makes them, and `audit.erase_log`.
audit_log = Table(
    "audit_log",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("token_id", Integer),
    Column("action", String(32), nullable=False),
    Column("course_id", ForeignKey("courses.id")),
    Column("assignment", String(64)),
    Column("student", String(64)),
    Column("subject", String(64)),
    Column("details", Text, nullable=False),
    Column("request_id", String(64)),
    Index(None, "course_id", "number"),
)
