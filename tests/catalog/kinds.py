"""Pairs of models that differ in types, views, functions or what rests on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import (
    ARRAY,
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.sql.ddl import CreateView

if TYPE_CHECKING:
    from collections.abc import Callable


class Pair(NamedTuple):
    """Models before and after, and rows that both accept, as SQL."""

    before: Callable[[], MetaData]
    after: Callable[[], MetaData]
    rows: str = ""


def moods(*labels: str, rests: bool = False, default: str = "ok") -> MetaData:
    """Declare a table with an enum, perhaps with all that can rest on it."""
    metadata = MetaData()
    mood = Enum(*labels, name="Mood 2", metadata=metadata)
    days = Table(
        "days",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("mood", mood, server_default=default, unique=True),
        Column("all", ARRAY(mood)),
        Column("n", Integer),
    )
    if rests:
        days.append_constraint(CheckConstraint("mood <> 'sad' OR n > 0", name="why"))
        Index("some", days.c.n, postgresql_where=days.c.mood == "ok")
        Table(
            "reasons",
            metadata,
            Column("mood", mood, primary_key=True),
            ForeignKeyConstraint(["mood"], ["days.mood"], name="of_day"),
        )
        good = CreateView(
            select(days.c.id, days.c.mood).where(days.c.mood == "ok"),
            "good",
            metadata=metadata,
        )
        counted = CreateView(
            select(good.table.c.mood, func.count().label("n")).group_by(
                good.table.c.mood
            ),
            "counted",
            metadata=metadata,
            materialized=True,
        )
        Index("by_mood", counted.table.c.mood, unique=True)
    return metadata


def add_nights(metadata: MetaData) -> None:
    """Declare further tables that rest on the enum, in all ways."""
    mood = metadata.tables["days"].c.mood.type
    check = CheckConstraint("mood <> 'ok'", name="dark", comment="it's so")
    key = Column("mood", mood, primary_key=True)
    nights = Table("nights", metadata, key, check)
    Index("dim", nights.c.mood, postgresql_where=nights.c.mood != "ok")
    of = Column("of", mood, ForeignKey("nights.mood", name="of_night"))
    Table("dreams", metadata, of)


def _domains(base: Any, check: str, *, used: bool = True, **options: Any) -> MetaData:  # noqa: ANN401 - SQLAlchemy's
    metadata = MetaData()
    level = DOMAIN("level", base, check=check, constraint_name="fits", **options)
    column: list[Column[Any]] = [Column("level", level, server_default=text("7"))][
        : int(used)
    ]
    Table("tanks", metadata, Column("id", Integer, primary_key=True), *column)
    return metadata


def _views(
    kind: Any = Integer,  # noqa: ANN401 - SQLAlchemy's
    *,
    names: tuple[str, ...] = ("n",),
    materialized: bool = False,
    chain: bool = True,
    limit: int = 1,
) -> MetaData:
    """Declare a view of a table, and perhaps others that read it."""
    metadata = MetaData()
    numbers = Table(
        "numbers",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("n", kind),
        Column("m", Integer),
    )
    first = CreateView(
        select(numbers.c.id, *(numbers.c[name] for name in names)).where(
            numbers.c.m > limit
        ),
        "b first",
        metadata=metadata,
        materialized=materialized,
    ).table
    if materialized:
        Index("of first", first.c.id, unique=True)
    if chain:
        second = CreateView(select(first.c.n), "a second", metadata=metadata)
        CreateView(select(second.table.c.n), "third", metadata=metadata)
    return metadata


def _keys(kind: Any, *drawn: Identity, name: str = "events") -> MetaData:  # noqa: ANN401 - SQLAlchemy's
    """Declare tables with a key that is drawn, and one that refers to it."""
    metadata = MetaData()
    Table(name, metadata, Column("id", kind, *drawn, primary_key=True))
    details = Table("details", metadata, Column("id", kind, primary_key=True))
    details.append_column(Column("of", kind, ForeignKey(f"{name}.id")))
    return metadata


def _statistics(kinds: str) -> MetaData:
    """Declare a table, perhaps with statistics over two columns."""
    metadata = MetaData()
    pairs = Table(
        "pairs",
        metadata,
        Column("a", Integer),
        Column("b", Integer),
    )
    if kinds:
        create = f"CREATE STATISTICS ab ({kinds}) ON a, b FROM pairs"
        event.listen(pairs, "after_create", DDL(create))  # type: ignore[no-untyped-call]
    return metadata


def _beside_writers(*, unique: bool | None) -> MetaData:
    """Declare a table, perhaps with an index that is made while others write."""
    metadata = MetaData()
    table = Table("pairs", metadata, Column("a", Integer), Column("b %:c", Integer))
    if unique is not None:
        info = {"concurrently": True}
        table.append_constraint(CheckConstraint("a > 0", name="positive"))
        Index("By a", table.c.a, table.c["b %:c"], unique=unique, info=info)
    return metadata


def _nothing() -> MetaData:
    return MetaData()


def _function(argument: str, *labels: str, returns: str = "integer") -> MetaData:
    """Declare a function that takes an enum."""
    metadata = moods(*labels, "sad", "ok")
    body = f"CREATE FUNCTION twice({argument}) RETURNS {returns}"
    create = f"{body} LANGUAGE sql IMMUTABLE AS 'SELECT NULL::{returns}'"
    event.listen(metadata, "after_create", DDL(create))  # type: ignore[no-untyped-call]
    return metadata


_ROWS: Final = """
INSERT INTO days VALUES (1, 'ok', '{sad,ok}', 1), (2, 'sad', NULL, 2)
"""
_NUMBERS: Final = "INSERT INTO numbers VALUES (1, 10, 5), (2, 20, NULL)"
_EVENTS: Final = """
INSERT INTO events DEFAULT VALUES; INSERT INTO details ("of") VALUES (1)
"""

PAIRS: Final[dict[str, Pair]] = {
    "an enum comes": Pair(_nothing, lambda: moods("sad", "ok", rests=True)),
    "an enum goes": Pair(lambda: moods("sad", "ok", rests=True), _nothing, _ROWS),
    "labels come everywhere": Pair(
        lambda: moods("sad", "ok"),
        lambda: moods("worst", "sad", "so:so", "ok", "it's 50%", default="so:so"),
        _ROWS,
    ),
    "labels come under what rests on them": Pair(
        lambda: moods("sad", "ok", rests=True),
        lambda: moods("sad", "good", "ok", rests=True),
        _ROWS,
    ),
    "labels go from under what rests on them": Pair(
        lambda: moods("sad", "x:y", "ok", "good", rests=True, default="sad"),
        lambda: moods("sad", "x:y", "ok", rests=True),
        _ROWS,
    ),
    "labels change places": Pair(
        lambda: moods("sad", "ok", "x:y"),
        lambda: moods("ok", "new", "sad", "x:y", rests=True),
        _ROWS,
    ),
    "a column with an enum comes": Pair(
        lambda: _domains(Integer(), "VALUE > 0", used=False),
        lambda: _domains(Integer(), "VALUE > 0"),
        "INSERT INTO tanks VALUES (1)",
    ),
    "a domain comes with its table": Pair(
        _nothing, lambda: _domains(Text(), "VALUE <> 'x:y'", not_null=True)
    ),
    "a domain changes": Pair(
        lambda: _domains(Integer(), "VALUE > 0", default="5"),
        lambda: _domains(Integer(), "VALUE > -50 AND VALUE < 50", not_null=True),
        "INSERT INTO tanks VALUES (1, 7)",
    ),
    "a domain of another type": Pair(
        lambda: _domains(Integer(), "VALUE > 0"),
        lambda: _domains(BigInteger(), "VALUE > 0"),
        "INSERT INTO tanks VALUES (1, 7)",
    ),
    "views come": Pair(_nothing, _views),
    "views go": Pair(_views, _nothing, _NUMBERS),
    "a view that others read changes": Pair(_views, lambda: _views(limit=2), _NUMBERS),
    "a view changes in place": Pair(
        lambda: _views(chain=False),
        lambda: _views(chain=False, names=("n", "m")),
        _NUMBERS,
    ),
    "a column that views read changes": Pair(
        _views, lambda: _views(BigInteger), _NUMBERS
    ),
    "a view becomes a materialized one": Pair(
        _views, lambda: _views(materialized=True), _NUMBERS
    ),
    "a materialized view changes": Pair(
        lambda: _views(materialized=True),
        lambda: _views(BigInteger, materialized=True, limit=2),
        _NUMBERS,
    ),
    "a serial is widened": Pair(
        lambda: _keys(Integer), lambda: _keys(BigInteger), _EVENTS
    ),
    "an identity is widened": Pair(
        lambda: _keys(Integer, Identity()),
        lambda: _keys(BigInteger, Identity()),
        _EVENTS,
    ),
    "statistics change": Pair(
        lambda: _statistics("mcv"), lambda: _statistics("ndistinct, dependencies")
    ),
    "statistics go": Pair(lambda: _statistics("mcv"), lambda: _statistics("")),
    "an index comes beside writers": Pair(
        lambda: _beside_writers(unique=None),
        lambda: _beside_writers(unique=True),
        "INSERT INTO pairs VALUES (1, 2)",
    ),
    "a function comes": Pair(
        lambda: moods("sad", "ok"), lambda: _function('"Mood 2"'), _ROWS
    ),
    "a function of a type that changes": Pair(
        lambda: _function('x "Mood 2"', "good", returns='"Mood 2"'),
        lambda: _function('x "Mood 2"', returns='"Mood 2"'),
        _ROWS,
    ),
    "a function and its type go": Pair(
        lambda: _function('"Mood 2"', returns='"Mood 2"[]'), _nothing
    ),
}
"""Pairs by what changes."""
