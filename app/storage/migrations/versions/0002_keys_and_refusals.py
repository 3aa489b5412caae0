"""Idempotency keys, and what was refused."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of idempotency keys and of refused submissions."""
    op.create_table(
        "idempotency_keys",
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_idempotency_keys_submission_id")),
        sa.PrimaryKeyConstraint("token_digest", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False)
    op.create_index(op.f("ix_idempotency_keys_submission_id"), "idempotency_keys", ["submission_id"], unique=False)
    op.create_table(
        "refusals",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("assignment", sa.String(length=64), nullable=True),
        sa.Column("student", sa.String(length=64), nullable=True),
        sa.Column("sent_by", sa.String(length=64), nullable=False),
        sa.Column("by_learner", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_refusals_course_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_refusals_submission_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_refusals")),
        sa.UniqueConstraint("id", name=op.f("uq_refusals_id")),
    )
    op.create_index(op.f("ix_refusals_sent_at"), "refusals", ["sent_at"], unique=False)
    op.create_index(op.f("ix_refusals_sent_by_sent_at"), "refusals", ["sent_by", "sent_at"], unique=False)
    op.create_index(op.f("ix_refusals_submission_id"), "refusals", ["submission_id"], unique=False)
