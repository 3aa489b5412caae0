"""What is kept: one database, every statement of SQL, transactions committed at the edge."""

from app.storage.archives import BackupError, Contents
from app.storage.backup import back_up
from app.storage.database import (
    Database,
)
from app.storage.heartbeats import beat, database_bytes
from app.storage.homework import (
    Running,
    Version,
    add_version,
    all_running,
    ensure_shipped,
    find_running,
    find_version,
    list_versions,
    publish,
)
from app.storage.keeping import (
    Draft,
    count_attempts,
    insert_submissions,
    kept_attempts,
)
from app.storage.keys import (
    FirstAnswer,
    find_first_answers,
    forget_keys,
    remember_answers,
)
from app.storage.people import (
    Caller,
    Course,
    create_token,
    ensure_course,
    ensure_learners,
    find_caller,
    find_callers,
    find_course,
    find_learner,
    list_courses,
    list_tokens,
    revoke_token,
    token_digest,
)
from app.storage.refusals import (
    KeptRefusal,
    NewRefusal,
    count_refusals,
    find_refusal,
    forget_refusals,
    insert_refusals,
    list_refusals,
    refusal_became,
    settle_refusal,
)
from app.storage.restoring import restore
from app.storage.submissions import (
    Filters,
    Stored,
    find_submission,
    list_submissions,
    submissions_of,
)

__all__ = [
    "BackupError",
    "Caller",
    "Contents",
    "Course",
    "Database",
    "Draft",
    "Filters",
    "FirstAnswer",
    "KeptRefusal",
    "NewRefusal",
    "Running",
    "Stored",
    "Version",
    "add_version",
    "all_running",
    "back_up",
    "beat",
    "count_attempts",
    "count_refusals",
    "create_token",
    "database_bytes",
    "ensure_course",
    "ensure_learners",
    "ensure_shipped",
    "find_caller",
    "find_callers",
    "find_course",
    "find_first_answers",
    "find_learner",
    "find_refusal",
    "find_running",
    "find_submission",
    "find_version",
    "forget_keys",
    "forget_refusals",
    "insert_refusals",
    "insert_submissions",
    "kept_attempts",
    "list_courses",
    "list_refusals",
    "list_submissions",
    "list_tokens",
    "list_versions",
    "publish",
    "refusal_became",
    "remember_answers",
    "restore",
    "revoke_token",
    "settle_refusal",
    "submissions_of",
    "token_digest",
]
