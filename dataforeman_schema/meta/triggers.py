"""Functions and triggers of the metadata database.

They are declared here, made by `metadata.create_all()`, and comparable with what a
live database says of itself: SQLAlchemy and Alembic know neither.
"""

from typing import NamedTuple

from sqlalchemy import DDL, MetaData, event


class TriggerFunction(NamedTuple):
    """A PL/pgSQL function for triggers, the same in every session.

    Attributes:
        name: Name of the function; it takes no arguments.
        body: Source, as `pg_proc.prosrc` keeps it.
        search_path: Where the body looks for names, whatever the session's own path.
    """

    name: str
    body: str
    search_path: str = "pg_catalog, pg_temp"

    @property
    def create(self) -> str:
        """The statement that makes it, or makes it anew in place."""
        return (
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger\n"
            f"LANGUAGE plpgsql SET search_path = {self.search_path}\n"
            f"AS $${self.body}$$"
        )

    @property
    def drop(self) -> str:
        """The statement that drops it, or keeps it while a trigger calls it."""
        return (
            f"DO $$BEGIN DROP FUNCTION IF EXISTS {self.name}(); "
            "EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END$$"
        )


class Trigger(NamedTuple):
    """A trigger that calls a function for each row before it is updated.

    Attributes:
        name: Name of the trigger, unique on its table.
        table: Name of the table; dropping it drops the trigger.
        function: What the trigger calls.
    """

    name: str
    table: str
    function: TriggerFunction

    @property
    def create(self) -> str:
        """The statement that makes it, as `pg_get_triggerdef(oid, true)` prints it."""
        return (
            f"CREATE TRIGGER {self.name} BEFORE UPDATE ON {self.table} "
            f"FOR EACH ROW EXECUTE FUNCTION {self.function.name}()"
        )


SET_UPDATED_AT = TriggerFunction(
    name="set_updated_at",
    body="\nBEGIN\n  NEW.updated_at := now();\n  RETURN NEW;\nEND\n",
)
FUNCTIONS = (SET_UPDATED_AT,)
TRIGGERS = (
    Trigger("trigger_connections_updated_at", "connections", SET_UPDATED_AT),
    Trigger("trigger_tag_metadata_updated_at", "tag_metadata", SET_UPDATED_AT),
)


def attach(metadata: MetaData) -> None:
    """Make `create_all()` and `drop_all()` handle functions and triggers too.

    Args:
        metadata: Metadata that holds the tables of `TRIGGERS`.
    """
    for trigger in TRIGGERS:
        table = metadata.tables[trigger.table]
        event.listen(table, "before_create", _ddl(trigger.function.create))
        event.listen(table, "after_create", _ddl(trigger.create))
        event.listen(table, "after_drop", _ddl(trigger.function.drop))


def _ddl(statement: str) -> DDL:
    return DDL(statement)  # type: ignore[no-untyped-call]
