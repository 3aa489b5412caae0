"""What learners are allowed beside the policy; what the answers of a submission are, and what its time cost it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of allowances, and columns that are true of what is there."""
    op.create_table(
        "allowances",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("overrides", sa.Text(), nullable=True),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("granted_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_allowances_assignment_id")),
        sa.ForeignKeyConstraint(["learner_id"], ["learners.id"], name=op.f("fk_allowances_learner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allowances")),
    )
    op.create_index(
        op.f("ix_allowances_assignment_id_learner_id"), "allowances", ["assignment_id", "learner_id"], unique=False
    )
    op.create_index(op.f("ix_allowances_learner_id"), "allowances", ["learner_id"], unique=False)
    # Not as a batch: rows elsewhere refer to submissions.
    op.add_column("submissions", sa.Column("answers_digest", sa.String(length=64), nullable=True))
    op.add_column("submissions", sa.Column("late_factor", sa.Float(), nullable=False, server_default="1"))
    op.add_column("submissions", sa.Column("after_release", sa.Boolean(), nullable=False, server_default=sa.false()))
