"""What is set on a server, a database or a role, and keeps everybody from working."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.catalog.definitions import quote
from dataforeman_schema.commands.findings import Check, Finding, Note
from dataforeman_schema.databases import RESTORING_QUERY
from dataforeman_schema.printable import requote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.context import VerifyContext

# The place is what ALTER takes.
_SETTINGS: Final = """
SELECT CASE WHEN setrole = 0 AND setdatabase <> 0
    THEN format('DATABASE %I', current_database())
    ELSE 'ROLE ' || coalesce(quote_ident(rolname), 'ALL') || CASE WHEN setdatabase <> 0
      THEN format(' IN DATABASE %I', current_database()) ELSE '' END END AS place,
  substr(item, strpos(item, '=') + 1) AS value
FROM pg_db_role_setting LEFT JOIN pg_roles AS r ON r.oid = setrole,
  unnest(setconfig) AS item
WHERE setdatabase IN (
  0, (SELECT oid FROM pg_database WHERE datname = current_database()))
AND (setrole = 0 OR rolname = session_user) AND split_part(item, '=', 1) = :name
ORDER BY 1
"""
_EVENT_TRIGGERS: Final = """
SELECT evtname, evtevent, evtfoid::regproc::text FROM pg_event_trigger AS e
WHERE evtenabled IN ('O', 'A') AND evtevent <> 'login'
AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = e.oid
  AND classid = 'pg_event_trigger'::regclass AND deptype = 'e') ORDER BY 1
"""


def check_restoring(context: VerifyContext) -> Iterator[Finding]:
    """Find that the end of a restore was never told to TimescaleDB."""
    if context.extension.installed and context.rows(RESTORING_QUERY):
        yield Finding(
            Check.EXTENSION,
            f"database {context.settings.database}",
            "it is in restoring mode: timescaledb_pre_restore() ran and "
            "timescaledb_post_restore() did not, or failed; a superuser runs the "
            "remedy, once no restore is running any more",
            "readings in the columnstore are not seen, new ones are refused, and no "
            "policy runs",
            "SELECT timescaledb_post_restore();",
        )


def check_read_only(context: VerifyContext) -> Iterator[Finding]:
    """Find that the database or the role is set to refuse all writing."""
    for place, value in settings(context, "default_transaction_read_only"):
        if value.lower() in {"on", "true", "yes", "1"}:
            yield Finding(
                Check.SERVER,
                f"default_transaction_read_only of {place}",
                f"it is {value}: no transaction may write, unless it asks to",
                "migrations and all services that write fail: cannot execute INSERT "
                "in a read-only transaction",
                # What resets it would itself be refused.
                "BEGIN READ WRITE;\n"
                f"ALTER {place} RESET default_transaction_read_only;\nCOMMIT;",
            )


def check_encoding(context: VerifyContext) -> Iterator[Note]:
    """Note an encoding that does not hold every character."""
    [(encoding, name)] = context.rows(
        "SELECT getdatabaseencoding(), quote_ident(current_database() || '_utf8')"
    )
    if encoding != "UTF8":
        yield Note(
            Check.DATABASE,
            f"database {context.settings.database}",
            f"it is in {encoding}, so that texts with some characters are refused, or "
            "come back as others; to mend that, restore a dump of it in a new one, "
            f"made with CREATE DATABASE {name} ENCODING 'UTF8' LOCALE 'C' TEMPLATE "
            "template0",
        )


def check_event_triggers(context: VerifyContext) -> Iterator[Finding]:
    """Find event triggers that run, or refuse, what migrations do."""
    for name, event, function in context.rows(_EVENT_TRIGGERS):
        yield Finding(
            Check.SERVER,
            f"event trigger {name}",
            f"it runs {function} at {event}; its owner or a superuser runs the remedy",
            "it can refuse or change what migrations do: the core service does not "
            "start after an update",
            f"ALTER EVENT TRIGGER {quote(name)} DISABLE;",
        )


def settings(context: VerifyContext, name: str) -> list[tuple[str, str]]:
    """Read where a setting is set for this database or role, and its value."""
    rows = context.rows(_SETTINGS, name=name)
    return [(requote(place), value) for place, value in rows]
