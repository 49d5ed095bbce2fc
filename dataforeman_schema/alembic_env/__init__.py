"""The one Alembic environment that serves both trees of revisions."""
