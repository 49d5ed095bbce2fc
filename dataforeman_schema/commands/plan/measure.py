"""Following revisions, statement by statement, where nobody else can notice."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import event

from dataforeman_schema.commands.plan import effects
from dataforeman_schema.commands.plan.catalog import (
    count_written,
    read_foreign_keys,
    read_locks,
    read_others,
    read_relations,
)
from dataforeman_schema.commands.plan.documented import bounds, documented_locks
from dataforeman_schema.commands.plan.state import Statement
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812
    from psycopg2.extensions import cursor as Psycopg2Cursor  # noqa: N812
    from sqlalchemy import Connection

    from dataforeman_schema.commands.plan.catalog import ForeignKeys, Modes, Relations
    from dataforeman_schema.commands.plan.state import Lock

_READS: Final = re.compile(r"\s*(SELECT|SHOW|SET|SAVEPOINT|RELEASE)\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Moment:
    """What a session has locked, sees and has written at one moment."""

    held: Modes = frozenset()
    relations: Relations = field(default_factory=dict)
    written: int = 0

    @classmethod
    def read(cls, connection: Psycopg2Connection) -> _Moment:
        """Ask the server; the locks first, for to ask takes some."""
        held = read_locks(connection)
        return cls(held, read_relations(connection), count_written(connection))


class Recorder:
    """Writes down what statements do.

    Args:
        connection: The connection that revisions run on.
        knows_locks: Whether the session locks a table no sooner than the revision
            does: of tables that it made itself, it has the strongest lock already.

    Attributes:
        statements: What was done so far.
    """

    def __init__(self, connection: Connection, *, knows_locks: bool) -> None:
        self._connection = connection
        self._knows_locks = knows_locks
        self.statements: list[Statement] = []
        self._before = _Moment()
        self._base: Relations = {}
        self._keys: ForeignKeys = set()

    def start(self) -> None:
        """Follow the statements from here on; no transaction is open afterwards.

        Where the session does not know its locks, it stays in the one that is open.
        """
        driver = cast(
            "Psycopg2Connection", self._connection.connection.driver_connection
        )
        self._before = _Moment.read(driver)
        self._base = self._before.relations
        self._keys = read_foreign_keys(driver)
        if self._knows_locks:
            driver.rollback()
        event.listen(self._connection, "after_cursor_execute", self._after)

    def stop(self) -> None:
        """Follow no more."""
        event.remove(self._connection, "after_cursor_execute", self._after)

    def _after(
        self, _connection: Connection, cursor: Psycopg2Cursor, *_others: object
    ) -> None:
        driver, sql = cursor.connection, (cursor.query or b"").decode().strip()
        before, now = self._before, _Moment.read(driver)
        taken = now.held - before.held
        if not self._knows_locks:
            _refuse_others(driver, taken)
        statement = self._statement(sql, taken, now, driver.autocommit)
        self._before = now
        does_something = statement.tables or now.written != before.written
        if does_something or not _READS.match(sql):
            self.statements.append(statement)

    def _statement(
        self, sql: str, taken: Modes, now: _Moment, autocommit: object
    ) -> Statement:
        before, after, base = self._before.relations, now.relations, self._base
        left = {oid: each for oid, each in before.items() if oid in base}
        locks = self._locks(sql, taken, autocommit)
        return Statement(
            sql,
            in_transaction=not autocommit,
            locks=tuple(sorted(locks, key=str)),
            rewrites=tuple(sorted(effects.rewritten(left, after))),
            scans=tuple(sorted(effects.scanned(left, after))),
            builds=tuple(effects.built(before, after, left)),
            locks_per_chunk=effects.locks_per_chunk(taken, base),
            loses=tuple(effects.lost(sql, left, after, base)),
        )

    def _locks(self, sql: str, taken: Modes, autocommit: object) -> set[Lock]:
        if autocommit:
            return set(documented_locks(sql, self._before.relations))
        measured = set(effects.locks(taken, self._base))
        if self._knows_locks:
            return measured
        known = {
            *documented_locks(sql, self._base),
            *bounds(sql, self._base, self._keys),
        }
        named = {lock.table for lock in known}
        return known | {lock for lock in measured if lock.table not in named}


def _refuse_others(connection: Psycopg2Connection, taken: Modes) -> None:
    """Refuse to go on with what is not made for the plan: it may be in use."""
    if others := read_others(connection, taken):
        raise SchemaError(
            f"it locks {', '.join(others)}, which no revision before it makes"
        )
