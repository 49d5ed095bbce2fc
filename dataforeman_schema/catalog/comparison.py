"""The live schema beside the expected one, both read from the same server."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.catalog.definitions import changed, create, drop, literally
from dataforeman_schema.catalog.scratch import scratch_schema
from dataforeman_schema.catalog.snapshot import snapshot
from dataforeman_schema.catalog.uncompared import uncompared

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from sqlalchemy import Connection

    from dataforeman_schema.catalog.snapshot import Properties, Snapshot

Names = dict[str, set[str]]
"""For each kind of object the names that a snapshot has."""

TUNING: Final = frozenset({"options", "storage", "compression"})
"""Properties that an operator sets to suit a server."""

_IGNORED: Final = {
    "indexes": {"definition"},
    "columns": {"position"},
    "tables": {"forced"},
    "types": {"definition"},
    "views": {"reads"},
}
OF_TABLES: Final = frozenset(
    {"columns", "constraints", "indexes", "triggers", "rules", "statistics"}
)
"""Kinds of objects that are named after their table, too."""

_WITH_TABLE: Final = OF_TABLES | {"sequences"}


class Extra(NamedTuple):
    """Something that no revision ever made, or that an operator tuned.

    Attributes:
        kind: Its kind, as in a snapshot.
        name: Its name there.
        live: What it is like.
        tuned: The properties that are not as expected; none of what is wholly unknown.
    """

    kind: str
    name: str
    live: Properties
    tuned: frozenset[str] = frozenset()


class Accepted(NamedTuple):
    """A difference that someone accepted; any other of the same object is none.

    Attributes:
        kind: The kind of object, as in a snapshot.
        name: Its name there.
        live: What it was like then; None: it was not there.
        expected: What it should have been like; None: it should not have been there.
    """

    kind: str
    name: str
    live: Properties | None
    expected: Properties | None


@dataclass
class Comparison:
    """What a schema should be and what it is, read from one server.

    Attributes:
        build: Makes the expected schema in the current one of a connection.
        made: Asks a connection for the names of all that revisions ever made.
        leave_out: Names relations that others compare, such as continuous aggregates.
        extended: Names live relations that must have the triggers of an extension.
        accepted: Asks a connection for the differences that someone accepted.
        passed: Those of them that are there still, and therefore no differences.
        connection: The connection that was read last.
        live: The live schema.
        expected: The expected schema.
        uncompared: What is expected and not compared, in words; callers may add to it.
    """

    build: Callable[[Connection], None]
    made: Callable[[Connection], Names]
    leave_out: Callable[[Connection], Collection[str]] = lambda _connection: ()
    extended: Callable[[Connection], Collection[str]] = lambda _connection: ()
    accepted: Callable[[Connection], Collection[Accepted]] = lambda _connection: ()
    passed: list[Accepted] = field(init=False)
    connection: Connection = field(init=False)
    live: Snapshot = field(init=False)
    expected: Snapshot = field(init=False)
    uncompared: list[str] = field(default_factory=list)

    def read(self, connection: Connection) -> None:
        """Read both sides; nothing of it stays in the database.

        Args:
            connection: An open connection; its current schema is compared.

        Raises:
            NoScratchSchema: The expected schema cannot be made.
        """
        self.connection = connection
        self.__dict__.pop("_made", None)
        self.__dict__.pop("_extended", None)
        without = self.leave_out(connection)
        home = connection.scalar(text("SELECT current_schema()"))
        self.live = snapshot(connection, str(home), without)
        with scratch_schema(connection) as schema:
            self.build(connection)
            self.expected = snapshot(connection, schema, without)
            self.uncompared += uncompared(connection, schema)
            if reworded := self._reword(connection):
                again = snapshot(connection, schema, without)
                for kind, name in reworded:
                    self._accept(kind, name, again[kind][name])
        self.passed = [
            each for each in self.accepted(connection) if self._is_as_accepted(each)
        ]
        for each in self.passed:
            self._pass(each)

    def difference(self, kind: str, name: str) -> Accepted:
        """Write down how an object differs, for someone to accept."""
        states = self.live[kind].get(name), self.expected[kind].get(name)
        return Accepted(kind, name, *states)

    def _is_as_accepted(self, accepted: Accepted) -> bool:
        return accepted == self.difference(accepted.kind, accepted.name)

    def _pass(self, accepted: Accepted) -> None:
        """Expect what is there."""
        if accepted.live is None:
            del self.expected[accepted.kind][accepted.name]
        else:
            self.expected[accepted.kind][accepted.name] = accepted.live

    def _reword(self, connection: Connection) -> list[tuple[str, str]]:
        """Make what differs anew from the server's own words, as a restore does.

        What the server prints of an expression may not be what it prints of that text.
        """
        reworded = []
        for kind in ("constraints", "indexes"):
            for key in self.live[kind].keys() & self.expected[kind].keys():
                expected = self.expected[kind][key]
                worded = kind == "indexes" or expected["type"] == "c"
                if worded and self.differs(kind, key):
                    name = key.removeprefix(f"{expected['table']}.")
                    if remake(connection, kind, name, expected):
                        reworded.append((kind, key))
        return reworded

    def _accept(self, kind: str, name: str, restored: Properties) -> None:
        """Expect what a restore makes, if that is what is there."""
        before = self.expected[kind][name]
        self.expected[kind][name] = restored
        if self.differs(kind, name):
            self.expected[kind][name] = before

    @cached_property
    def _made(self) -> Names:
        return self.made(self.connection)

    @cached_property
    def _extended(self) -> Collection[str]:
        return self.extended(self.connection)

    def lacks(self, trigger: Properties) -> bool:
        """Tell whether a missing trigger of an extension should be there.

        Otherwise it comes and goes with what the extension makes of the table.
        """
        return self.is_extended(trigger["table"])

    def is_extended(self, table: str) -> bool:
        """Tell whether a live table is one of an extension's kind."""
        return table in self._extended

    def is_ours(self, kind: str, name: str) -> bool:
        """Tell whether an object is expected, or some revision made it once."""
        return name in self.expected[kind] or name in self._made.get(kind, ())

    def differs(self, kind: str, name: str) -> set[str]:
        """Name the properties in which a live object is not as expected."""
        live, expected = self.live[kind][name], self.expected[kind][name]
        return changed(live, expected) - _IGNORED.get(kind, set()) - TUNING

    def of_table(self, kind: str, table: str) -> list[str]:
        """Name the objects of a kind that a table has or should have."""
        both = {**self.expected[kind], **self.live[kind]}
        return [name for name, found in both.items() if found.get("table") == table]

    def extras(self) -> Iterator[Extra]:
        """List what is nobody's difference: foreign objects, and what was tuned."""
        for kind, objects in self.live.items():
            for name, live in objects.items():
                if self._is_extra(kind, name, live):
                    yield Extra(kind, name, live)
                elif tuned := self._tuned(kind, name, live):
                    yield Extra(kind, name, live, tuned)

    def _is_extra(self, kind: str, name: str, live: Properties) -> bool:
        table = live.get("table")
        if table and kind in _WITH_TABLE and table not in self.expected["tables"]:
            return False  # goes with its table
        return not self.is_ours(kind, name) and not is_harmful(kind, live)

    def _tuned(self, kind: str, name: str, live: Properties) -> frozenset[str]:
        expected = self.expected[kind].get(name, live)
        return frozenset(
            key for key in TUNING if key in live and live[key] != expected[key]
        )


def remake(connection: Connection, kind: str, name: str, expected: Properties) -> bool:
    """Drop an object and make it from what the server says of it, as a restore does.

    Args:
        connection: An open connection; its current schema has the object.
        kind: Its kind, as in a snapshot.
        name: Its own name.
        expected: What it is to be made from.

    Returns:
        Whether it was made; otherwise it stays as it is.
    """
    statements = [*drop(kind, name, expected), *create(kind, name, expected)]
    try:
        with connection.begin_nested():
            for statement in statements:
                connection.execute(text(literally(statement)))
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return False  # as of an index that a foreign key rests on: it stays as it is
    return True


def is_harmful(kind: str, live: Properties) -> bool:
    """Tell whether something unknown changes what services may write or read."""
    if kind == "columns":
        drawn = live["default"] or live["identity"] or live["generated"]
        return not (live["nullable"] or drawn)
    if kind == "indexes":
        return bool(live["unique"])
    if kind == "triggers":
        return not live["of_extension"]
    return kind in {"constraints", "rules"}
