"""The tables of a database in the words of metadata-catalog.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from dataforeman_schema.catalog import snapshot

if TYPE_CHECKING:
    from sqlalchemy import Engine

# With every bracket, as the reference has them.
INDEXES = text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")


def catalog(engine: Engine) -> dict[str, Any]:
    """Read a database in the words of the reference."""
    with engine.connect() as connection:
        found = snapshot(connection)
        written = {name: str(text) for name, text in connection.execute(INDEXES)}
    return {
        table: {
            "columns": columns(found, table),
            "constraints": constraints(found, table),
            "indexes": indexes(found, table, written),
            "triggers": triggers(found, table),
        }
        for table in found["tables"]
    }


def uncommented(found: dict[str, Any]) -> list[str]:
    """List the tables, and the columns of tables, that no comment explains."""
    columns = [
        (name, column)
        for name, column in found["columns"].items()
        if name.partition(".")[0] in found["tables"]
    ]
    objects = [*found["tables"].items(), *columns]
    return [name for name, properties in objects if not properties["comment"]]


def of_table(found: dict[str, Any], kind: str, table: str) -> dict[str, Any]:
    """Pick one table's objects of a kind, by their own names."""
    parts = ((name.split(".", 1), value) for name, value in found[kind].items())
    return {name: value for (owner, name), value in parts if owner == table}


def columns(found: dict[str, Any], table: str) -> dict[str, Any]:
    """Describe columns; a default that is not there has no entry."""
    wanted = ("type", "nullable", "default")
    return {
        name: {key: column[key] for key in wanted if column[key] is not None}
        for name, column in of_table(found, "columns", table).items()
    }


def constraints(found: dict[str, Any], table: str) -> dict[str, str]:
    """Describe constraints."""
    own = of_table(found, "constraints", table)
    return {name: constraint["definition"] for name, constraint in own.items()}


def indexes(
    found: dict[str, Any], table: str, written: dict[str, str]
) -> dict[str, str]:
    """Describe the indexes that no constraint made."""
    return {
        name: written[name]
        .removeprefix("CREATE ")
        .replace(f"INDEX {name} ON public.{table} USING ", "", 1)
        for name in of_table(found, "indexes", table)
    }


def triggers(found: dict[str, Any], table: str) -> dict[str, str]:
    """Describe triggers; those of TimescaleDB are its own business."""
    return {
        name: trigger["definition"]
        .removeprefix(f"CREATE TRIGGER {name} ")
        .replace(f" ON {table} ", f" ON public.{table} ")
        for name, trigger in of_table(found, "triggers", table).items()
        if not trigger["of_extension"]
    }
