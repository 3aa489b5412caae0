"""What is kept: one database, every statement of SQL, transactions committed at the edge."""

from app.storage.database import Database
from app.storage.homework import Running, ensure_version, find_running
from app.storage.people import (
    Caller,
    Course,
    create_token,
    ensure_course,
    ensure_learner,
    find_caller,
    find_course,
    find_learner,
    list_courses,
    list_tokens,
    revoke_token,
    token_digest,
)
from app.storage.submissions import (
    Filters,
    Stored,
    add_submission,
    find_submission,
    list_submissions,
    submissions_of,
)

__all__ = [
    "Caller",
    "Course",
    "Database",
    "Filters",
    "Running",
    "Stored",
    "add_submission",
    "create_token",
    "ensure_course",
    "ensure_learner",
    "ensure_version",
    "find_caller",
    "find_course",
    "find_learner",
    "find_running",
    "find_submission",
    "list_courses",
    "list_submissions",
    "list_tokens",
    "revoke_token",
    "submissions_of",
    "token_digest",
]
