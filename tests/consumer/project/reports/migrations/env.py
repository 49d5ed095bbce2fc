"""Alembic's environment for the service's own tables."""

from alembic import context
from reports.models import SCHEMA, Base
from sqlalchemy import NullPool, text

from dataforeman_schema.databases import META
from dataforeman_schema.engine import create_engine

settings = context.config.attributes.get("settings") or META.settings()
with create_engine(settings, poolclass=NullPool).connect() as connection:
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=lambda name, type_, _: type_ != "schema" or name == SCHEMA,
        include_schemas=True,
        version_table="reports_version",
        version_table_schema=SCHEMA,
    )
    with context.begin_transaction():
        context.run_migrations()
