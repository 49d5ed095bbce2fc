"""The time-series tables of the telemetry database.

Revision ID: tsdb_001
Revises:
Created: 2026-11-22
"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "tsdb_001"
down_revision = None
branch_labels = None
depends_on = None

DOUBLE = sa.Double()
JSONB = postgresql.JSONB()
TEXT = sa.Text()
TIMESTAMPTZ = sa.DateTime(timezone=True)
ONE_DAY = timedelta(days=1)
NOW = sa.text("now()")


def upgrade() -> None:
    """Make both hypertables with their constraints, indexes and comments."""
    op.create_timescaledb_extension(minimum_version="2.18")
    create_tag_values()
    create_system_metrics()


def downgrade() -> None:
    """Drop both hypertables with all their rows; the extension may be older than us."""
    op.drop_table("system_metrics")
    op.drop_table("tag_values")


def create_tag_values() -> None:
    """Create the readings of tags."""
    op.create_table("tag_values",
        sa.Column("connection_id", sa.Uuid(), nullable=False, comment="Connection that the tag was read through."),
        sa.Column("tag_id", sa.Integer(), nullable=False, comment="Tag that was read (tag_metadata.tag_id)."),
        sa.Column("ts", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the value was read (UTC instant)."),
        sa.Column("quality", sa.SmallInteger(), nullable=True, comment="Quality code that the driver gave; NULL: it gave none."),
        sa.Column("v_num", DOUBLE, nullable=True, comment="Value of a number, in the tag's unit; of a boolean, 0 or 1."),
        sa.Column("v_text", TEXT, nullable=True, comment="Value of a text."),
        sa.Column("v_json", JSONB, nullable=True, comment="Value of an array or structure."),
        sa.PrimaryKeyConstraint("connection_id", "tag_id", "ts", name=op.f("tag_values_pkey")),
        comment="Readings of tags over time.")
    op.create_hypertable("tag_values", "ts", chunk_interval=ONE_DAY, default_indexes=False)
    op.create_index("idx_tag_values_tag_ts", "tag_values", ["tag_id", sa.text("ts DESC")])
    op.create_index("idx_tag_values_ts", "tag_values", [sa.text("ts DESC")])


def create_system_metrics() -> None:
    """Create the measurements of DataForeman itself."""
    op.create_table("system_metrics",
        sa.Column("ts", TIMESTAMPTZ, nullable=False, comment="When it was measured (UTC instant)."),
        sa.Column("metric_name", TEXT, nullable=False, comment="What was measured, such as cpu_pct; the name tells the unit."),
        sa.Column("value", DOUBLE, nullable=False, comment="The measurement, in the unit that the name ends in (pct, bytes, ms)."),
        sa.Column("labels", JSONB, nullable=True, server_default=sa.text("'{}'"), comment="Where it was measured, such as service and host."),
        sa.Column("ingested_at", TIMESTAMPTZ, nullable=True, server_default=NOW, comment="When the row was written (UTC instant)."),
        comment="Measurements of DataForeman itself over time.")
    op.create_hypertable("system_metrics", "ts", chunk_interval=ONE_DAY, default_indexes=False)
    op.create_index("idx_system_metrics_name_ts", "system_metrics", ["metric_name", sa.text("ts DESC")])
