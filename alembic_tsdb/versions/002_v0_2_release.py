"""Release v0.2: readings older than a week move into the columnstore.

Revision ID: tsdb_002
Revises: tsdb_001
Created: 2026-11-22
"""

from datetime import timedelta

from alembic import op

revision = "tsdb_002"
down_revision = "tsdb_001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Switch the columnstore of tag_values on; the policy moves chunks in later."""
    op.enable_columnstore("tag_values", segment_by=["connection_id", "tag_id"], order_by=["ts DESC"])
    op.add_columnstore_policy("tag_values", after=timedelta(days=7))


def downgrade() -> None:
    """Switch the columnstore off; no reading is lost."""
    op.remove_columnstore_policy("tag_values", after=timedelta(days=7))
    # Decompresses every chunk, which takes time and space.
    op.disable_columnstore("tag_values", segment_by=["connection_id", "tag_id"], order_by=["ts DESC"])
