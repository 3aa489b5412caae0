"""Who uploaded a version of an assignment and why, and which was published when."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the moments of publication to a table of their own, in the order in which they came."""
    op.create_table(
        "publications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("published_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_publications_assignment_id")),
        sa.ForeignKeyConstraint(["version_id"], ["assignment_versions.id"], name=op.f("fk_publications_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
    )
    op.create_index(op.f("ix_publications_assignment_id"), "publications", ["assignment_id"], unique=False)
    op.create_index(op.f("ix_publications_version_id"), "publications", ["version_id"], unique=False)
    op.execute(
        "INSERT INTO publications (assignment_id, version_id, published_at, published_by)"
        " SELECT assignment_id, id, published_at, 'service' FROM assignment_versions"
        " WHERE published_at IS NOT NULL ORDER BY published_at, id"
    )
    # Not as a batch: SQLite would make the table anew, and rows elsewhere that refer to it would stand in the way.
    op.add_column(
        "assignment_versions",
        sa.Column("created_by", sa.String(length=64), nullable=False, server_default="service"),
    )
    op.add_column("assignment_versions", sa.Column("reason", sa.String(length=500), nullable=True))
    op.drop_column("assignment_versions", "published_at")
