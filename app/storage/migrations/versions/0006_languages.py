"""The language that a learner, or a member of staff, reads, and that a first answer was written in."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; where nothing is said, requests decide."""
    for table in ("learners", "tokens", "idempotency_keys"):
        op.add_column(table, sa.Column("language", sa.String(length=8), nullable=True))
