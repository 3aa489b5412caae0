"""Files that answers name, in pieces, and which submission names which."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of files, of their pieces, and of the files of submissions."""
    op.create_table(
        "files",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_files_assignment_id")),
        sa.ForeignKeyConstraint(["learner_id"], ["learners.id"], name=op.f("fk_files_learner_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_files")),
        sa.UniqueConstraint("id", name=op.f("uq_files_id")),
        sa.UniqueConstraint(
            "learner_id",
            "assignment_id",
            "question",
            "field",
            "sha256",
            name=op.f("uq_files_learner_id_assignment_id_question_field_sha256"),
        ),
    )
    op.create_index(op.f("ix_files_assignment_id"), "files", ["assignment_id"], unique=False)
    op.create_index(op.f("ix_files_expires_at"), "files", ["expires_at"], unique=False)
    op.create_table(
        "file_pieces",
        sa.Column("file_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_file_pieces_file_id")),
        sa.PrimaryKeyConstraint("file_id", "position", name=op.f("pk_file_pieces")),
    )
    op.create_table(
        "submission_files",
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("file_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_submission_files_submission_id")),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_submission_files_file_id")),
        sa.PrimaryKeyConstraint("submission_id", "file_id", name=op.f("pk_submission_files")),
    )
    op.create_index(op.f("ix_submission_files_file_id"), "submission_files", ["file_id"], unique=False)
