"""What is worth knowing of a database, but is no difference from the models.

catalog = timescale.catalog.read(connection)
for note in undeclared(catalog, metadata):
    print(f"{note.relation.name}: {note.text}")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from .chunk_skipping import ChunkSkipping
from .columnstore import Columnstore
from .columnstore_policy import ColumnstorePolicy
from .compare_jobs import pair_jobs
from .declared import Declared
from .hypertable import Hypertable
from .interval import Span, Tunable, from_catalog, words
from .job import Job
from .policy import Policy
from .policy_op import live_policies, paired
from .refresh_policy import RefreshPolicy
from .reorder import ReorderPolicy
from .retention import RetentionPolicy
from .tablespaces import Tablespaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import MetaData

    from .catalog import Catalog, Relation
    from .storage import Storage

_POLICIES: Final[tuple[type[Policy], ...]] = (
    RetentionPolicy,
    ColumnstorePolicy,
    ReorderPolicy,
    RefreshPolicy,
)
_FILL: Final = f"python -m {__package__} fill URL"


class Tuned(NamedTuple):
    """A setting of a policy that an operator changed, as the models allow.

    Attributes:
        relation: The hypertable or continuous aggregate.
        setting: The policy and its setting, such as ``columnstore policy: after``.
        live: What the database has, in the unit of the relation's time column; None
            where the policy goes by another setting.
        default: What a new database gets.
    """

    relation: Relation
    setting: str
    live: Span | None
    default: Span

    @property
    def text(self) -> str:
        """The setting in words."""
        live = "not set" if self.live is None else words(self.live)
        return f"{self.setting} is {live}; new databases get {words(self.default)}"


class Undeclared(NamedTuple):
    """Something of TimescaleDB's that no model declares.

    Attributes:
        relation: What has it; of a job of somebody's own, its procedure.
        text: What it is, in words.
    """

    relation: Relation
    text: str


def tuned(catalog: Catalog, *metadata: MetaData) -> list[Tuned]:
    """List the settings of policies that operators changed where they may.

    Args:
        catalog: What the database has, as `catalog.read` returns it.
        metadata: The models.

    Returns:
        The settings that differ from their defaults, by relation; none of a policy
        that is missing.
    """
    policies = _tuned(catalog, Declared(catalog, metadata))
    return [*policies, *_tuned_jobs(catalog, metadata)]


def undeclared(catalog: Catalog, *metadata: MetaData) -> list[Undeclared]:
    """List what TimescaleDB has and does that no model declares.

    Args:
        catalog: What the database has, as `catalog.read` returns it.
        metadata: The models.

    Returns:
        Policies, those first that delete rows; jobs; hypertables and dimensions;
        columnstores and what is set of them; tablespaces; continuous aggregates. What a
        model says must be `Absent` is not among them: it is a difference.
    """
    declared = Declared(catalog, metadata)
    return [
        *_policies(catalog, declared),
        *_jobs(catalog, metadata),
        *_hypertables(catalog, declared),
        *_columnstores(catalog, declared),
        *_names(catalog, declared),
        *_storage(catalog, declared),
        *_aggregates(catalog, declared),
    ]


def _tuned(catalog: Catalog, declared: Declared) -> Iterator[Tuned]:
    for relation in sorted(catalog.jobs):
        for kind in _POLICIES:
            found = live_policies(catalog, relation, kind)
            for policy, live in paired(declared.policy(relation, kind), found):
                if live and isinstance(policy, Policy):
                    yield from _changed(relation, policy, live.policy)


def _changed(relation: Relation, policy: Policy, live: Policy) -> Iterator[Tuned]:
    for field, tunable in policy.tunable().items():
        value = getattr(live, field)
        if value != tunable.default:
            setting = f"{_label(type(policy))}: {field}"
            yield Tuned(relation, setting, value, tunable.default)


def _tuned_jobs(catalog: Catalog, metadata: Iterable[MetaData]) -> Iterator[Tuned]:
    for job, live in pair_jobs(catalog, metadata):
        if live and isinstance(job, Job) and isinstance(job.schedule_interval, Tunable):
            default = job.schedule_interval.default
            if live.state.every != default:
                setting = "job: schedule_interval"
                yield Tuned(live.runs, setting, live.state.every, default)


def _policies(catalog: Catalog, declared: Declared) -> Iterator[Undeclared]:
    for kind in _POLICIES:
        for relation in sorted(catalog.jobs):
            found = live_policies(catalog, relation, kind)
            for policy, live in paired(declared.policy(relation, kind), found):
                if live and policy is None:
                    paused = ", paused" if live.paused else ""
                    text = f"{_label(kind)}{paused}: {live.policy.effect}"
                    yield Undeclared(relation, text)


def _label(kind: type[Policy]) -> str:
    return kind.noun.replace("_", " ")


def _jobs(catalog: Catalog, metadata: Iterable[MetaData]) -> Iterator[Undeclared]:
    for declared, live in pair_jobs(catalog, metadata):
        if live and declared is None:
            state = live.state
            called = f" {state.name}" if state.name else ""
            paused = "" if state.scheduled else ", paused"
            text = f"job{called}{paused}: runs every {words(state.every)}"
            yield Undeclared(live.runs, text)


def _hypertables(catalog: Catalog, declared: Declared) -> Iterator[Undeclared]:
    for relation in sorted(set(catalog.dimensions) - set(catalog.aggregates)):
        known = declared.get(relation, Hypertable)
        first, *others = catalog.dimensions[relation]
        if known is None:
            span = words(from_catalog(first.span))
            yield Undeclared(
                relation, f"hypertable on {first.column}, chunks of {span}"
            )
        if getattr(known, "hash_dimensions", None) is None:
            for other in others:
                yield Undeclared(relation, f"dimension on {other.column}")


def _columnstores(catalog: Catalog, declared: Declared) -> Iterator[Undeclared]:
    for relation, (segments, order, _) in sorted(catalog.columnstores.items()):
        if declared.get(relation, Columnstore) is None:
            text = f"columnstore, segmented by {segments or 'nothing'}"
            yield Undeclared(relation, f"{text}, ordered by {order or 'nothing'}")


def _names(catalog: Catalog, declared: Declared) -> Iterator[Undeclared]:
    for relation, storage in sorted(catalog.storage.items()):
        if declared.get(relation, ChunkSkipping) is None:
            for column in storage.skipping:
                yield Undeclared(relation, f"chunk skipping on {column}")
        if declared.get(relation, Tablespaces) is None:
            for tablespace in storage.tablespaces:
                yield Undeclared(relation, f"tablespace {tablespace}")


def _storage(catalog: Catalog, declared: Declared) -> Iterator[Undeclared]:
    for relation, storage in sorted(catalog.storage.items()):
        known = declared.get(relation, Columnstore)
        if getattr(known, "sparse_indexes", None) is None:
            yield from _sparse_indexes(relation, storage)
        merges = storage.merge_interval is not None
        if merges and getattr(known, "merge_interval", None) is None:
            span = words(from_catalog(storage.merge_interval))
            text = f"chunks are merged up to {span} in the columnstore"
            yield Undeclared(relation, text)


def _sparse_indexes(relation: Relation, storage: Storage) -> Iterator[Undeclared]:
    for index in storage.sparse_indexes or ():
        yield Undeclared(relation, f"sparse index {index}")
    if storage.sparse_indexes == ():
        yield Undeclared(relation, "no sparse indexes, not even the server's")


def _aggregates(catalog: Catalog, declared: Declared) -> Iterator[Undeclared]:
    for relation, aggregate in sorted(catalog.aggregates.items()):
        if aggregate.is_to_be_filled:
            yield Undeclared(relation, f"rows are missing from it; {_FILL} goes on")
        if relation not in declared.aggregates:
            yield Undeclared(relation, f"continuous aggregate of {aggregate.base.name}")
