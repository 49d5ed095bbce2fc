"""What an index of a continuous aggregate is, in models, operations and the catalog."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from .ddl import Text, identifier, qualified
from .errors import DeclarationError
from .feature_state import FeatureState
from .order import OrderBy, parse_order, typed_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ddl import Statement

SERVERS_OWN: Final = "_materialized_hypertable_"
"""What the server begins the names of its own indexes with, and of nameless ones."""

AGGREGATE_INDEXES: Final = text(rf"""
    SELECT h.schema_name, h.table_name, i.relname AS index_name,
           substr(pg_get_indexdef(i.oid), 1 + length(format(
             'CREATE INDEX %I ON %I.%I USING ', i.relname, h.schema_name, h.table_name
           ))) AS definition
      FROM _timescaledb_catalog.continuous_agg
      JOIN _timescaledb_catalog.hypertable h ON h.id = mat_hypertable_id
      JOIN pg_index x ON x.indrelid = to_regclass(
             format('%I.%I', h.schema_name, h.table_name)) AND NOT x.indisunique
      JOIN pg_class i ON i.oid = x.indexrelid
     WHERE NOT starts_with(i.relname, '{SERVERS_OWN}')
     ORDER BY i.relname
""")  # noqa: S608 (a constant)

_SCHEMA: Final = "_timescaledb_internal"
_BTREE: Final = "btree"
_INCLUDING: Final = (_BTREE, "gist", "spgist")
_NAME: Final = r'(?:[a-z_][a-z0-9_]*|"(?:[^"]|"")+")'
_TERM: Final = rf"{_NAME}(?: DESC)?(?: NULLS (?:FIRST|LAST))?"
# A definition of which columns, their order and a method say everything.
_PLAIN: Final = (
    rf"(?P<using>\w+) \((?P<columns>{_TERM}(?:, {_TERM})*)\)"
    rf"(?: INCLUDE \((?P<include>{_NAME}(?:, {_NAME})*)\))?"
)
_LONGEST: Final = 63


@dataclass(frozen=True, init=False)
class AggregateIndex(FeatureState):
    """Declares an index of a continuous aggregate.

    It is spelled as SQLAlchemy's ``Index``, but cannot be unique:
    ``AggregateIndex("hourly_device", "device", "hour DESC")``.
    The server puts it on the hypertable that keeps what is materialized, beside those
    that it makes of itself. Its name is taken for all aggregates of the database.

    Attributes:
        name: The index.
        columns: The columns, each with its order and place of nulls as SQL writes them,
            such as ``"Room" DESC NULLS LAST``, or an `OrderBy`.
        using: The access method.
        include: Columns that it holds beside them.
        definition: In place of all these, what SQL says after ``USING``, of an index of
            expressions or of some rows: ``btree (lower(site)) WHERE (device > 3)``.

    Raises:
        DeclarationError: It names no columns, or both them and a definition; the name
            is too long, or one that the server gives; the method has no order, or
            holds no more columns; it is unique.
    """

    name: str
    columns: tuple[OrderBy, ...] = ()
    using: str = _BTREE
    include: tuple[str, ...] = ()
    definition: str | None = None

    noun = "aggregate_index"
    can_be_absent = True

    def __init__(
        self,
        name: str,
        *columns: OrderBy | str,
        using: str = _BTREE,
        include: Sequence[str] = (),
        definition: str | None = None,
        unique: bool = False,
    ) -> None:
        if unique:
            raise DeclarationError(
                f"the aggregate index {name!r} cannot be unique: TimescaleDB has no "
                "such indexes of continuous aggregates"
            )
        order = typed_order(columns) or ()
        plain = re.fullmatch(_PLAIN, definition or "")
        if plain and not (order or include):
            using, order = plain["using"], parse_order(plain["columns"])
            include = [term.column for term in parse_order(plain["include"] or "")]
            definition = None
        given = {
            "name": name,
            "columns": order,
            "using": using.lower(),
            "include": tuple(include),
            "definition": definition,
        }
        for attribute, value in given.items():
            object.__setattr__(self, attribute, value)
        _check(self)

    @property
    def named(self) -> frozenset[str]:
        """The columns that it names; none of a definition."""
        return frozenset([*(term.column for term in self.columns), *self.include])

    @property
    def sql(self) -> str:
        """What SQL says of it after ``USING``."""
        if self.definition is not None:
            return self.definition
        columns = ", ".join(map(str, self.columns))
        more = f" INCLUDE ({', '.join(map(identifier, self.include))})"
        plain = f"{identifier(self.using)} ({columns})"
        return plain + more if self.include else plain

    def arguments(self) -> dict[str, object]:
        """Say how an operation is called for this index."""
        return {
            "index_name": self.name,
            "columns": list(map(str, self.columns)) or None,
            "using": None if self.using == _BTREE else self.using,
            "include": list(self.include) or None,
            "definition": self.definition,
        }

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what creates the index on a continuous aggregate."""
        view, index = qualified(name, schema), identifier(self.name)
        return [Text(f"CREATE INDEX {index} ON {view} USING {self.sql}")]

    def removal(self, name: str, schema: str | None) -> list[Statement]:  # noqa: ARG002
        """Say what drops the index, which is where the server keeps what it indexes."""
        return [Text(f"DROP INDEX {qualified(self.name, _SCHEMA)}")]


def _check(index: AggregateIndex) -> None:
    others = index.include or index.using != _BTREE
    given = bool(index.columns) + bool(index.definition)
    if given != 1 or (index.definition and others):
        reason = "needs either columns or a definition, which says the rest too"
    elif not index.name or len(index.name.encode()) > _LONGEST:
        reason = f"needs a name of 1 to {_LONGEST} bytes"
    elif index.name.startswith(SERVERS_OWN):
        reason = "has a name that TimescaleDB gives to its own indexes"
    elif index.using != _BTREE and any(map(_is_ordered, index.columns)):
        reason = f"has an order, which {index.using} indexes do not keep"
    elif index.include and index.using not in _INCLUDING:
        reason = f"includes columns, which {index.using} indexes do not hold"
    else:
        return
    raise DeclarationError(f"the aggregate index {index.name!r} {reason}")


def _is_ordered(term: OrderBy) -> bool:
    return term.descending or term.nulls_come_first
