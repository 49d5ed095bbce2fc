"""Random models: two tables with whatever PostgreSQL lets them have.

Everything has a fixed name and a few variants, so that two draws often give the same
name to different things. What does not suit the columns that were drawn is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st
from sqlalchemy import (
    ARRAY,
    DDL,
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Enum,
    Float,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    column,
    desc,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import INT4RANGE, JSONB, ExcludeConstraint
from sqlalchemy.sql.ddl import CreateView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.schema import SchemaItem

ALPHA: Final = "alpha"
BETA: Final = 'Beta "2" 50%s'

NUMBERS: Final = ("0", "7", "1 + 1", "-1")
TEXTS: Final = ("'1'", "'a:b 50%'", "'it''s'", "upper('x')")
INSTANTS: Final = ("now()", "'2024-01-01 00:00:00'")

TYPES: Final[dict[str, tuple[tuple[str, Any, tuple[str, ...]], ...]]] = {
    "id": (
        ("int", Integer(), ()),
        ("int", BigInteger(), ()),
        ("int", SmallInteger(), ()),
    ),
    "n": (
        ("int", Integer(), NUMBERS),
        ("int", BigInteger(), NUMBERS),
        ("num", Numeric(10, 2), NUMBERS),
        ("num", Float(), NUMBERS),
        ("text", Text(), ("'1'", "'0'")),
        ("text", String(20), ("'1'", "'0'")),
    ),
    "t": (
        ("text", Text(), TEXTS),
        ("text", String(20), TEXTS),
        ("text", String(40), TEXTS),
        ("int", Integer(), NUMBERS),
    ),
    "Some when": (
        ("time", DateTime(timezone=True), INSTANTS),
        ("time", DateTime(), INSTANTS),
        ("time", Date(), INSTANTS),
    ),
    "flag": (
        ("bool", Boolean(), ("true", "false")),
        ("text", Text(), ("'true'", "'false'")),
    ),
    "data": (
        ("jsonb", JSONB(), ("'{}'", "'{\"a\": 1}'")),
        ("json", JSON(), ("'{}'",)),
        ("text", Text(), ("'{}'",)),
    ),
    "tags": (("array", ARRAY(Text()), ("'{}'", "'{a,b}'")),),
    "span": (("range", INT4RANGE(), ("'[1,2)'",)),),
    "ref": (
        ("int", Integer(), ()),
        ("int", BigInteger(), ()),
        ("text", Text(), ()),
    ),
    "mood": (
        ("enum", None, ("'a'",)),
        ("text", Text(), ("'a'",)),
    ),
}
"""Each column's kinds with types and defaults; values of one cast to all others."""


@dataclass(frozen=True)
class ColumnSpec:
    """One variant of a column."""

    type: int
    nullable: bool
    default: int
    collation: str | None
    comment: str | None

    def kind(self, name: str) -> str:
        """What can be done with it."""
        return TYPES[name][self.type][0]


@dataclass(frozen=True)
class TableSpec:
    """A table: its columns, and for each name which variant it has, if any."""

    columns: dict[str, ColumnSpec] = field(default_factory=dict)
    objects: dict[str, int] = field(default_factory=dict)
    drawn: str | None = None
    computed: int = 0
    comment: str | None = None


@dataclass(frozen=True)
class Variant:
    """What an object is like, and of what kind the columns must be that it needs."""

    needs: dict[str, str]
    make: Callable[[str], SchemaItem]

    def suits(self, columns: dict[str, ColumnSpec]) -> bool:
        """Tell whether a table with these columns can have it."""
        return all(
            name in columns and (not kinds or columns[name].kind(name) in kinds.split())
            for name, kinds in self.needs.items()
        )


def _check(condition: str, comment: str | None = None, **needs: str) -> Variant:
    return Variant(
        needs, lambda name: CheckConstraint(condition, name=name, comment=comment)
    )


def _index(*keys: Any, needs: dict[str, str], **options: Any) -> Variant:  # noqa: ANN401 - SQLAlchemy's
    return Variant(needs, lambda name: Index(name, *keys, **options))


def _unique(*keys: str, **options: Any) -> Variant:  # noqa: ANN401 - SQLAlchemy's
    needs = dict.fromkeys((*keys, *options.get("postgresql_include", ())), "")
    return Variant(needs, lambda name: UniqueConstraint(*keys, name=name, **options))


def _exclude(*elements: tuple[str, str], **options: Any) -> Variant:  # noqa: ANN401 - SQLAlchemy's
    return Variant(
        {"span": "range"},
        lambda name: ExcludeConstraint(*elements, name=name, **options),
    )


OBJECTS: Final[dict[str, tuple[Variant, ...]]] = {
    "check_text": (
        _check("t <> 'a'", t="text"),
        _check("t <> 'a '", t="text"),
        _check("t <> 'a'", "why: 50%", t="text"),
        _check("t IN ('1', '11', '12')", t="text"),
        _check("t IN ('11 ', '11', '12')", t="text"),
        _check("t <> 5", t="int"),
        _check("t IS NOT NULL OR t IS NULL", t=""),
    ),
    "check_logic": (
        _check("(flag OR id > 0) AND id < 1000", flag="bool"),
        _check("flag OR (id > 0 AND id < 1000)", flag="bool"),
        _check("id > 0 AND flag::text <> 'x:y'", flag=""),
        _check("id > (0 + 0)"),
    ),
    "Check of %": (
        _check("n > -5", n="int num"),
        _check("n IN (0, 1, 2, 7, -1)", n="int num"),
        _check("n ~ '^[-0-9.]+$'", n="text"),
        _check("data IS NOT NULL", data=""),
    ),
    "check_mood": (
        _check("mood <> 'a' OR id > 0", mood="enum text"),
        _check("mood::text <> 'x'", mood=""),
    ),
    "index_mood": (
        _index("id", postgresql_where=text("mood = 'a'"), needs={"mood": ""}),
        _index("mood", needs={"mood": ""}),
    ),
    "index_1": (
        _index("n", needs={"n": ""}),
        _index("n", "id", needs={"n": ""}),
        _index(desc(column("n")), needs={"n": ""}),
        _index("t", postgresql_using="hash", needs={"t": ""}),
        _index("n", postgresql_include=["id"], needs={"n": ""}),
        _index("Some when", postgresql_using="brin", needs={"Some when": ""}),
        _index(column("n").desc().nulls_last(), needs={"n": ""}),
    ),
    "Index 2": (
        _index(
            "t",
            postgresql_ops={"t": "text_pattern_ops"},
            needs={"t": "text"},
        ),
        _index("t", needs={"t": ""}),
        _index(func.lower(column("t")), needs={"t": "text"}),
        _index(text("lower(t || ':b')"), needs={"t": "text"}),
        _index(
            "data",
            postgresql_using="gin",
            postgresql_ops={"data": "jsonb_path_ops"},
            needs={"data": "jsonb"},
        ),
        _index("data", postgresql_using="gin", needs={"data": "jsonb"}),
        _index("tags", postgresql_using="gin", needs={"tags": ""}),
        _index("span", postgresql_using="gist", needs={"span": ""}),
    ),
    "index_where": (
        _index(
            "n",
            postgresql_where=text("flag = (true AND id > 1)"),
            needs={"n": "", "flag": "bool"},
        ),
        _index(
            "n",
            postgresql_where=text("flag = true AND id > 1"),
            needs={"n": "", "flag": "bool"},
        ),
        _index("n", postgresql_where=text("t = 'a'"), needs={"n": "", "t": "text"}),
        _index(
            "n",
            postgresql_where=text("t IN ('a', 'b')"),
            needs={"n": "", "t": "text"},
        ),
        _index("n", postgresql_where=text("t = 'a '"), needs={"n": "", "t": "text"}),
    ),
    "index_unique": (
        _index("id", "n", unique=True, needs={"n": ""}),
        _index(
            "id",
            "n",
            unique=True,
            postgresql_nulls_not_distinct=True,
            needs={"n": ""},
        ),
        _index(
            "id", unique=True, postgresql_where=text("flag"), needs={"flag": "bool"}
        ),
        _index("id", "t", needs={"t": ""}),
    ),
    "unique_1": (
        _unique("n"),
        _unique("n", "id"),
        _unique("id", "n"),
        _unique("n", "id", deferrable=True),
        _unique("n", "id", deferrable=True, initially="DEFERRED"),
        _unique("n", "id", postgresql_nulls_not_distinct=True),
        _unique("n", "id", postgresql_include=["ref"]),
        _unique("t", "id", comment="why"),
    ),
    "exclusion": (
        _exclude(("span", "&&"), using="gist"),
        _exclude(("span", "="), ("id", "="), using="btree"),
        _exclude(("span", "="), using="gist"),
        _exclude(("span", "&&"), using="gist", where=text("NOT isempty(span)")),
        _exclude(("span", "&&"), using="gist", deferrable=True),
    ),
    "primary": (
        Variant({}, lambda name: PrimaryKeyConstraint("id", name=name)),
        Variant({}, lambda name: PrimaryKeyConstraint("id", name=f"{name}_2")),
        Variant(
            {}, lambda name: PrimaryKeyConstraint("id", name=name, deferrable=True)
        ),
        Variant(
            {"n": ""},
            lambda name: PrimaryKeyConstraint("id", "n", name=name),
        ),
        Variant(
            {"n": ""},
            lambda name: PrimaryKeyConstraint("n", "id", name=name),
        ),
    ),
}
"""What a table may have besides columns, by name."""

KEYS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("id", {}),
    ("id", {"ondelete": "CASCADE"}),
    ("id", {"ondelete": "SET NULL", "onupdate": "CASCADE"}),
    ("id", {"deferrable": True, "initially": "DEFERRED"}),
    ("id", {"match": "FULL", "comment": "why"}),
    ("n", {}),
    ("n", {"ondelete": "CASCADE"}),
)
"""Foreign keys from `ref` to the first table: the column there, and the rest."""

TRIGGERS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "trigger_1": (
        ("", "BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION one()"),
        ("", "BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION one()"),
        ("", "BEFORE UPDATE OF id ON {table} FOR EACH ROW EXECUTE FUNCTION one()"),
        (
            "t",
            (
                "BEFORE UPDATE OF t ON {table} FOR EACH ROW"
                " WHEN (NEW.t IS NOT NULL) EXECUTE FUNCTION \"Two 2\"('x:y')"
            ),
        ),
    ),
    "Trigger 2": (
        (
            "",
            "AFTER DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION \"Two 2\"('')",
        ),
    ),
}
"""Triggers by name: the column that each needs, and the rest of its definition."""

LABELS: Final = (("a", "b"), ("a", "b", "c:d"), ("a", "it's 50%"), ("c:d", "a"))
"""Variants of the labels of the enum."""

VIEWS: Final[tuple[tuple[tuple[str, ...], bool], ...]] = (
    (("id",), False),
    (("id", "n"), False),
    (("mood", "id"), False),
    (("id", "mood"), True),
    (("t", "id"), True),
)
"""Views of the first table: the columns that each reads, and whether it is filled."""

BODIES: Final = (
    "BEGIN RETURN NEW; END",
    "\nBEGIN\n  RETURN NEW; -- 50% of 'x':y\nEND\n",
    "BEGIN RETURN coalesce(NEW, OLD); END",
)


@dataclass(frozen=True)
class Spec:
    """Everything that models declare; `bodies` are those of the functions."""

    alpha: TableSpec | None
    beta: TableSpec | None
    bodies: tuple[int, int]
    labels: int = 0
    view: int | None = None
    reader: bool = False

    @property
    def tables(self) -> dict[str, TableSpec]:
        """The tables by name."""
        both = {ALPHA: self.alpha, BETA: self.beta}
        return {name: table for name, table in both.items() if table is not None}


_COMMENTS = st.sampled_from([None, None, "one", "it's 50%: \\ two"])


@st.composite
def _columns(draw: st.DrawFn, name: str) -> ColumnSpec:
    kinds = TYPES[name]
    number = draw(st.integers(0, len(kinds) - 1))
    kind, _type, defaults = kinds[number]
    return ColumnSpec(
        number,
        name != "id" and draw(st.booleans()),
        draw(st.integers(-1, len(defaults) - 1)),
        draw(st.sampled_from([None, None, "C"])) if kind == "text" else None,
        draw(_COMMENTS),
    )


@st.composite
def _tables(draw: st.DrawFn) -> TableSpec:
    names = ["id", *(name for name in TYPES if name != "id" and draw(st.booleans()))]
    options = {**OBJECTS, **TRIGGERS, "key": KEYS}
    return TableSpec(
        {name: draw(_columns(name)) for name in names},
        {
            name: draw(st.integers(0, len(variants) - 1))
            for name, variants in options.items()
            if draw(st.booleans())
        },
        draw(st.sampled_from([None, "serial", "always", "default", "other"])),
        draw(st.sampled_from([0, 0, 0, 1, 2])),
        draw(_COMMENTS),
    )


@st.composite
def _specs(draw: st.DrawFn) -> Spec:
    alpha, beta = (
        draw(st.one_of(_tables(), _tables(), _tables(), st.none())) for _each in "ab"
    )
    bodies = (draw(st.integers(0, 2)), draw(st.integers(0, 2)))
    labels = draw(st.integers(0, len(LABELS) - 1))
    view = draw(st.one_of(st.none(), st.integers(0, len(VIEWS) - 1)))
    return Spec(alpha, beta, bodies, labels, view, draw(st.booleans()))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Spec, Spec]:
    """Two schemas; often all but a few things are the same in both."""
    before, other = draw(_specs()), draw(_specs())
    share = draw(st.sampled_from([0, 5, 9]))

    def pick(one: Any, another: Any) -> Any:  # noqa: ANN401 - any part of a spec
        if isinstance(one, TableSpec) and isinstance(another, TableSpec):
            return TableSpec(
                **{
                    part.name: pick(
                        getattr(one, part.name), getattr(another, part.name)
                    )
                    for part in fields(TableSpec)
                }
            )
        if isinstance(one, dict):
            chosen = {
                key: pick(one.get(key), another.get(key)) for key in one | another
            }
            return {key: value for key, value in chosen.items() if value is not None}
        return one if draw(st.integers(0, 9)) < share else another

    after = Spec(
        *(
            pick(getattr(before, part.name), getattr(other, part.name))
            for part in fields(Spec)
        )
    )
    for name, table in after.tables.items():
        was = before.tables.get(name)
        if was and was.computed and table.computed:
            # PostgreSQL keeps the type of what a column is computed from.
            table.columns["id"] = was.columns["id"]
    return before, after


def build(spec: Spec) -> MetaData:
    """Make the models that a spec describes."""
    metadata = MetaData()
    for name, table in spec.tables.items():
        _build_table(metadata, name, table, spec)
    if spec.view is not None and spec.alpha is not None:
        _build_views(metadata, spec)
    return metadata


def _build_views(metadata: MetaData, spec: Spec) -> None:
    """Declare a view of the first table, and perhaps one that reads it."""
    columns, is_filled = VIEWS[spec.view or 0]
    table = metadata.tables[ALPHA]
    if not {*columns} <= {*table.c.keys()}:
        return
    query = select(*(table.c[name] for name in columns)).where(table.c.id > 0)
    view = CreateView(query, "view 1", metadata=metadata, materialized=is_filled)
    if is_filled:
        Index("index of view", view.table.c.id)
    if spec.reader:
        CreateView(select(view.table.c.id), "a reader", metadata=metadata)


def _build_table(metadata: MetaData, name: str, spec: TableSpec, whole: Spec) -> None:
    items: list[SchemaItem] = [
        _column(key, value, spec, LABELS[whole.labels])
        for key, value in spec.columns.items()
    ]
    if spec.computed:
        computed = Computed(f"id * {spec.computed}", persisted=True)
        items.append(Column("computed", BigInteger(), computed))
    for key, number in spec.objects.items():
        if key in OBJECTS and OBJECTS[key][number].suits(spec.columns):
            items.append(OBJECTS[key][number].make(f"{key}_{name}"))
    items += _foreign_keys(name, spec, whole)
    table = Table(name, metadata, *items, comment=spec.comment)
    for key, number in spec.objects.items():
        if key in TRIGGERS:
            _trigger(table, key, *TRIGGERS[key][number], whole)


def _foreign_keys(
    name: str, spec: TableSpec, whole: Spec
) -> Iterator[ForeignKeyConstraint]:
    """Refer to the first table, where that has a key to refer to."""
    target = whole.tables.get(ALPHA)
    if target is None or "key" not in spec.objects or "ref" not in spec.columns:
        return
    to, options = KEYS[spec.objects["key"]]
    unique = {"id": ("primary", {0, 1}), "n": ("unique_1", {0})}[to]
    if target.objects.get(unique[0]) not in unique[1] or to not in target.columns:
        return
    if target.columns[to].kind(to) == spec.columns["ref"].kind("ref"):
        columns = [f"{ALPHA}.{to}"]
        yield ForeignKeyConstraint(["ref"], columns, name=f"key_{name}", **options)


def _column(
    name: str, spec: ColumnSpec, table: TableSpec, labels: tuple[str, ...]
) -> Column[Any]:
    _kind, kind, defaults = TYPES[name][spec.type]
    if kind is None:
        kind = Enum(*labels, name='Mood "2"')
    default = text(defaults[spec.default]) if defaults and spec.default >= 0 else None
    if isinstance(kind, (Text, String)) and spec.collation:
        kind = type(kind)(kind.length, collation=spec.collation)
    extra: list[Any] = []
    if name == "id":
        extra = _draws(table.drawn)
    return Column(
        name,
        kind,
        *extra,
        nullable=spec.nullable,
        server_default=default,
        comment=spec.comment,
        autoincrement=name == "id" and table.drawn is not None,
    )


def _draws(drawn: str | None) -> list[Identity]:
    return {
        "always": [Identity(always=True)],
        "default": [Identity()],
        "other": [Identity(start=10, increment=5, cycle=True, cache=3)],
    }.get(drawn or "", [])


def _trigger(table: Table, name: str, needs: str, rest: str, whole: Spec) -> None:
    if needs and needs not in table.c:
        return
    names = ("one", '"Two 2"')
    for function, body in zip(names, whole.bodies, strict=True):
        if f"{function}(" in rest:
            create = (
                f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger"
                f" LANGUAGE plpgsql AS $${BODIES[body]}$$"
            )
            event.listen(table, "before_create", _ddl(create))
    quoted = '"' + table.name.replace('"', '""') + '"'
    create = f'CREATE TRIGGER "{name}" {rest.format(table=quoted)}'
    event.listen(table, "after_create", _ddl(create))


def _ddl(statement: str) -> DDL:
    return DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
