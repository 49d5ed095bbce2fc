"""Random declarations: tables, their TimescaleDB features, and aggregates on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    func,
    select,
)

from dataforeman_schema.timescale import (
    SERVER_DEFAULT,
    UNMANAGED,
    Absent,
    AggregateIndex,
    ChunkSkipping,
    Columnstore,
    ColumnstorePolicy,
    ContinuousAggregate,
    HashDimension,
    Hypertable,
    Months,
    NoContinuousAggregate,
    RefreshPolicy,
    ReorderPolicy,
    RetentionPolicy,
    Tablespaces,
    bloom,
    minmax,
    time_bucket,
)

TIME_TYPES: dict[str, Any] = {
    "timestamptz": DateTime(timezone=True),
    "timestamp": DateTime(),
    "date": Date(),
    "bigint": BigInteger(),
}


@dataclass(frozen=True)
class TableSpec:
    """A table with its features; None leaves one out."""

    time_type: str
    with_key: bool
    with_extra: bool
    value_type: str
    indexes: tuple[str, ...]
    hypertable: Hypertable | Absent | None
    columnstore: Columnstore | Absent | None = None
    retention: RetentionPolicy | Absent | None = None
    reorder: ReorderPolicy | Absent | None = None
    skipping: ChunkSkipping | Absent | None = None
    tablespaces: Tablespaces | Absent | None = None


@dataclass(frozen=True)
class AggregateSpec:
    """An aggregate; `width` None says that there must be none."""

    width: timedelta | None
    with_device: bool = False
    materialized_only: bool | None = None
    refresh: Any = UNMANAGED
    columnstore: Any = UNMANAGED
    retention: Any = UNMANAGED
    chunk_interval: Any = None
    indexes: Any = UNMANAGED


@dataclass(frozen=True)
class Spec:
    """Everything that the models declare, by name."""

    tables: dict[str, TableSpec]
    aggregates: dict[str, AggregateSpec]


TABLES = {"readings": None, 'Events "%" of': "Tele metry"}
AGGREGATES = ("hourly", "Daily %")


def days(*counts: int) -> st.SearchStrategy[timedelta]:
    """One of some spans of days."""
    return st.sampled_from([timedelta(days=count) for count in counts])


@st.composite
def tables(draw: st.DrawFn, name: str, time_type: str, with_key: bool) -> TableSpec:  # noqa: FBT001
    """A table with any features that suit it."""
    with_extra = draw(st.booleans())
    columns = ["device", "site", *(["extra"] if with_extra else [])]
    indexes = draw(st.sets(st.sampled_from(columns)))
    hypertable = draw(_hypertables(time_type, with_key))
    spec = TableSpec(
        time_type,
        with_key,
        with_extra,
        draw(st.sampled_from(["float", "float", "numeric"])),
        tuple(sorted(indexes)),
        hypertable,
    )
    if not isinstance(hypertable, Hypertable):
        return spec
    return TableSpec(
        **{**vars(spec), **draw(_features(name, time_type, columns, spec.indexes))}
    )


def _hypertables(time_type: str, with_key: bool) -> st.SearchStrategy[Any]:  # noqa: FBT001
    span: st.SearchStrategy[Any] = st.sampled_from(
        [None, timedelta(days=1), timedelta(days=7), Months(1)]
    )
    if time_type == "bigint":
        span = st.sampled_from([86_400, 604_800])
    # A primary key (ts, device) cannot be enforced across partitions by site.
    columns = ["device"] if with_key else ["device", "site"]
    dimensions = st.sampled_from(columns).flatmap(
        lambda column: st.integers(1, 4).map(lambda n: HashDimension(column, n))
    )
    several = st.lists(dimensions, max_size=2, unique_by=lambda it: it.column)
    present = st.builds(
        Hypertable,
        st.just("ts"),
        chunk_interval=span,
        hash_dimensions=st.none() | several.map(tuple),
        default_indexes=st.booleans(),
    )
    return st.one_of(present, present, present, st.none(), st.just(Absent(Hypertable)))


@st.composite
def _features(
    draw: st.DrawFn,
    name: str,
    time_type: str,
    columns: list[str],
    indexes: tuple[str, ...],
) -> dict[str, Any]:
    spans = days(3, 30) | st.builds(Months, st.integers(1, 3))
    policies = time_type != "bigint"
    columnstores = _columnstores(columns, spans if policies else None)
    found: dict[str, Any] = {
        "columnstore": draw(st.none() | st.just(Absent(Columnstore)) | columnstores)
    }
    if policies:
        retention = st.builds(RetentionPolicy, days(3000, 5000), st.none() | days(1, 2))
        absent = st.just(Absent(RetentionPolicy))
        found["retention"] = draw(st.none() | absent | retention)
    reorders: st.SearchStrategy[Any] = st.none() | st.just(Absent(ReorderPolicy))
    if indexes:
        named = st.sampled_from([index_name(name, column) for column in indexes])
        reorders |= st.builds(ReorderPolicy, named)
    found["reorder"] = draw(reorders)
    numbers = st.sampled_from(["ts", *(it for it in columns if it != "site")])
    ranges = st.sets(numbers, min_size=1).map(lambda it: ChunkSkipping(*sorted(it)))
    found["skipping"] = draw(st.none() | st.just(Absent(ChunkSkipping)) | ranges)
    spaces = st.sampled_from([Absent(Tablespaces), Tablespaces("pg_default")])
    found["tablespaces"] = draw(st.none() | spaces)
    return found


@st.composite
def _columnstores(draw: st.DrawFn, columns: list[str], spans: Any) -> Columnstore:  # noqa: ANN401
    segments = draw(st.none() | st.lists(st.sampled_from(columns), unique=True))
    others = [column for column in columns if column not in (segments or ())]
    terms = [f"{column} {way}" for column in others for way in ("ASC", "DESC")]
    orders: list[tuple[str, ...] | None] = [None, ("ts",), ("ts DESC NULLS LAST",)]
    order = draw(st.sampled_from(orders))
    if draw(st.booleans()) and terms:
        rest = ("ts",) if draw(st.booleans()) else ()
        order = (draw(st.sampled_from(terms)), *rest)
    if segments is not None and order is None:
        order = ("ts DESC",)
    elif segments is None and order is not None:
        segments = []
    unmanaged = _unmanaged_or_absent(ColumnstorePolicy)
    after = UNMANAGED if spans is None else draw(unmanaged | spans)
    schedule = None
    if after and not isinstance(after, Absent):
        schedule = draw(st.none() | days(1, 2))
    chosen = draw(st.none() | st.just(SERVER_DEFAULT)) if segments is None else ()
    return Columnstore(
        tuple(segments) if segments is not None else chosen,
        order,
        after,
        schedule,
        sparse_indexes=None
        if order is None
        else draw(_sparse_indexes(segments, order)),
        merge_interval=draw(_merge_intervals(is_counted=spans is None)),
    )


def _sparse_indexes(
    segments: list[str] | None, order: tuple[str, ...]
) -> st.SearchStrategy[Any]:
    taken = {*(segments or ()), *(term.split()[0] for term in order)}
    free = [column for column in ("site", "value") if column not in taken]
    indexes = st.builds(
        lambda make, column: make(column),
        st.sampled_from([bloom, minmax]),
        st.sampled_from(free),
    )
    some = st.lists(indexes, max_size=2, unique_by=lambda index: index.columns)
    return st.none() | st.just(SERVER_DEFAULT) | some.map(tuple)


def _merge_intervals(*, is_counted: bool) -> st.SearchStrategy[Any]:
    # Multiples of any of the chunk intervals.
    spans = st.just(1_209_600) if is_counted else days(210, 420)
    return st.none() | st.just(SERVER_DEFAULT) | spans


@st.composite
def aggregates(draw: st.DrawFn) -> AggregateSpec:
    """An aggregate with any features."""
    refreshes = st.builds(
        RefreshPolicy,
        st.none() | days(30, 90),
        days(1, 2),
        st.sampled_from([timedelta(hours=1), timedelta(days=1)]),
    )
    refresh: Any = draw(_unmanaged_or_absent(RefreshPolicy) | refreshes)
    columnstore: Any = draw(_unmanaged_or_absent(Columnstore) | st.just(Columnstore()))
    if isinstance(columnstore, Columnstore) and isinstance(refresh, RefreshPolicy):
        after = draw(_unmanaged_or_absent(ColumnstorePolicy) | days(99))
        columnstore = Columnstore(after=after)
    elif isinstance(refresh, Absent) and isinstance(columnstore, Columnstore):
        columnstore = Columnstore(after=Absent(ColumnstorePolicy))
    retention = st.builds(RetentionPolicy, days(3000, 4000))
    with_device = draw(st.booleans())
    terms = ["bucket DESC", "value", "value DESC NULLS LAST"]
    terms += ["device"] if with_device else []
    columns = st.lists(st.sampled_from(terms), min_size=1, max_size=2, unique=True)
    return AggregateSpec(
        draw(st.sampled_from([timedelta(hours=1), timedelta(hours=2), None])),
        with_device,
        draw(st.none() | st.booleans()),
        refresh,
        columnstore,
        draw(_unmanaged_or_absent(RetentionPolicy) | retention),
        draw(st.none() | days(3, 30)),
        draw(_unmanaged_or_absent(AggregateIndex) | columns),
    )


def _unmanaged_or_absent(feature: type[Any]) -> st.SearchStrategy[Any]:
    return st.just(UNMANAGED) | st.just(Absent(feature))


@st.composite
def changes(draw: st.DrawFn) -> tuple[Spec, Spec]:
    """Any two models whose tables have the same time columns and keys."""
    kinds = {
        name: (
            draw(st.sampled_from(["timestamptz", "timestamptz", *TIME_TYPES])),
            draw(st.booleans()),
        )
        for name in TABLES
    }
    return draw(specs(kinds)), draw(specs(kinds))


@st.composite
def specs(draw: st.DrawFn, kinds: dict[str, tuple[str, bool]]) -> Spec:
    """Any models."""
    some = {}
    for name in TABLES:
        if draw(st.sampled_from([True, True, True, False])):
            some[name] = draw(tables(name, *kinds[name]))
    found = {}
    base = some.get("readings")
    partitioned = base is not None and isinstance(base.hypertable, Hypertable)
    suits = base is not None and partitioned and base.time_type == "timestamptz"
    if suits and draw(st.booleans()):
        found["hourly"] = draw(aggregates())
        if found["hourly"].width and draw(st.booleans()):
            found["Daily %"] = draw(aggregates())
    return Spec(some, found)


def index_name(table: str, column: str) -> str:
    """Name the index on a column."""
    return f"{table[:9]}_{column} ix"


def build(spec: Spec) -> MetaData:
    """Make models of a specification."""
    metadata = MetaData()
    made = {name: _table(metadata, name, it) for name, it in spec.tables.items()}
    source: Any = made.get("readings")
    for name, aggregate in spec.aggregates.items():
        if aggregate.width is None:
            NoContinuousAggregate(name, metadata=metadata)
        else:
            source = _aggregate(metadata, name, source, aggregate).table
    return metadata


def _table(metadata: MetaData, name: str, spec: TableSpec) -> Table:
    values: dict[str, Any] = {"float": Float(), "numeric": Numeric(12, 3)}
    policies = [spec.retention, spec.reorder]
    storage = [spec.columnstore, spec.skipping, spec.tablespaces]
    features = [spec.hypertable, *storage, *policies]
    return Table(
        name,
        metadata,
        Column(
            "ts",
            TIME_TYPES[spec.time_type],
            nullable=False,
            primary_key=spec.with_key,
            autoincrement=False,
        ),
        Column(
            "device",
            Integer,
            nullable=False,
            primary_key=spec.with_key,
            autoincrement=False,
        ),
        Column("site", Text, nullable=False),
        Column("value", values[spec.value_type]),
        *([Column("extra", Integer)] if spec.with_extra else []),
        *(Index(index_name(name, column), column) for column in spec.indexes),
        *(feature for feature in features if feature is not None),
        schema=TABLES[name],
    )


def _aggregate(
    metadata: MetaData,
    name: str,
    source: Any,  # noqa: ANN401
    spec: AggregateSpec,
) -> ContinuousAggregate:
    assert spec.width is not None
    # An aggregate on another one has wider buckets, each a multiple of those below.
    width = spec.width if "ts" in source.c else spec.width * 24
    bucket = time_bucket(width, source.c[0]).label("bucket")
    device = [source.c.device] if spec.with_device and "device" in source.c else []
    value = func.max(source.c.value).label("value")
    return ContinuousAggregate(
        name,
        select(bucket, *device, value)
        .where(value.element.clauses.clauses[0] > -99.5)
        .group_by(bucket, *device),
        metadata=metadata,
        materialized_only=spec.materialized_only,
        refresh=spec.refresh,
        columnstore=spec.columnstore,
        retention=spec.retention,
        chunk_interval=spec.chunk_interval,
        indexes=_indexes(name, spec.indexes, with_device=bool(device)),
    )


def _indexes(name: str, terms: Any, *, with_device: bool) -> Any:  # noqa: ANN401
    if not isinstance(terms, list):
        return terms
    suiting = [term for term in terms if with_device or term != "device"]
    made = [AggregateIndex(f"{name} {term}", term) for term in suiting]
    return made or Absent(AggregateIndex)
