"""What the operations of all features share.

A feature's operations come as a pair, one the reverse of the other, and often a third
that alters it. Each carries the feature's whole state, the old one too, so that it can
be reversed, rendered and run without looking at the database.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import OpContainer
from alembic.util import CommandError

from . import render
from .ddl import translated
from .errors import DeclarationError
from .extension_schema import run
from .feature_state import FeatureState
from .releases import refuse_where_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from alembic.autogenerate.api import AutogenContext

    from .ddl import Statement
    from .releases import ServerFeature

log = logging.getLogger(__name__)


class DowngradeOnly(OpContainer):
    """An operation that does nothing, but whose reverse is that of another one.

    Where a revision drops a table, the features of the table go with it; the downgrade,
    which creates the table again, must make them again.

    Args:
        operation: What the revision would have to do.
    """

    def __init__(self, operation: MigrateOperation) -> None:
        super().__init__([])
        self.operation = operation

    def reverse(self) -> UpgradeOnly:
        """Return the reverse of the operation.

        Returns:
            What the downgrade does; its own reverse does nothing again.
        """
        return UpgradeOnly(self.operation.reverse())


class UpgradeOnly(OpContainer):
    """An operation whose reverse does nothing.

    Where a revision creates a table, its downgrade is just the drop of the table.

    Args:
        operation: What the revision does.
    """

    def __init__(self, operation: MigrateOperation) -> None:
        super().__init__([operation])

    def reverse(self) -> DowngradeOnly:
        """Return an operation that does nothing.

        Returns:
            An empty container, whose own reverse is this again.
        """
        return DowngradeOnly(self.ops[0].reverse())


class Nothing(OpContainer):
    """The reverse of an operation that has none.

    Args:
        operation: The operation, which is the reverse of this.
    """

    def __init__(self, operation: MigrateOperation) -> None:
        super().__init__([])
        self.operation = operation

    def reverse(self) -> MigrateOperation:
        """Return the operation.

        Returns:
            What the other direction does.
        """
        return self.operation


@renderers.dispatch_for(DowngradeOnly)
@renderers.dispatch_for(Nothing)
def _render_nothing(_context: AutogenContext, _op: OpContainer) -> list[str]:
    return []


@renderers.dispatch_for(UpgradeOnly)
def _render_upgrade_only(context: AutogenContext, op: UpgradeOnly) -> Any:  # noqa: ANN401
    return renderers.dispatch(op.ops[0])(context, op.ops[0])


@Operations.implementation_for(DowngradeOnly)
@Operations.implementation_for(Nothing)
@Operations.implementation_for(UpgradeOnly)
def _invoke_all(operations: Operations, container: OpContainer) -> None:
    for operation in container.ops:
        operations.invoke(operation)


S = TypeVar("S", bound=FeatureState)


class FeatureOp(MigrateOperation, Generic[S]):
    """Gives a relation a feature, or takes it away.

    Attributes:
        verb: What the operation is called, before the feature's noun.
        difference: What ``alembic check`` calls it, before the noun.
        warning: What a reader of the migration must know, or nothing.
        opposite: The class of the reverse.

    Args:
        relation: The table or continuous aggregate.
        feature: The feature's state.
        schema: The relation's schema, or None for the first of the search path.
    """

    verb: ClassVar[str]
    difference: ClassVar[str]
    warning: ClassVar[str] = ""
    opposite: ClassVar[type[FeatureOp[Any]]]

    def __init__(self, relation: str, feature: S, *, schema: str | None = None) -> None:
        self.relation = relation
        self.feature = feature
        self.schema = schema

    def arguments(self) -> dict[str, object]:
        """Say how the operation is called.

        Returns:
            The named arguments; those that are None need not be given.
        """
        return self.feature.arguments()

    def reverse(self) -> FeatureOp[S]:
        """Return the other operation of the pair.

        Returns:
            The reverse.
        """
        return self.opposite(self.relation, self.feature, schema=self.schema)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the difference for ``alembic check``.

        Returns:
            A name, the relation, its schema and the feature's state.
        """
        kind = f"{self.difference}_{self.feature.noun}"
        return (kind, self.relation, self.schema, self.feature)


class AlterOp(MigrateOperation, Generic[S]):
    """Brings a feature of a relation from one state to another.

    Attributes:
        verb: What the operation is called, before the feature's noun.
        note: What a reader of the migration and of the difference must know.

    Args:
        relation: The table or continuous aggregate.
        feature: The state it shall have.
        existing: The state it has.
        existing_copies: How often it has it; a policy added by hand may be doubled.
        schema: The relation's schema, or None for the first of the search path.
    """

    verb: ClassVar[str] = "alter"
    note = ""

    def __init__(
        self,
        relation: str,
        feature: S,
        existing: S,
        *,
        existing_copies: int = 1,
        schema: str | None = None,
    ) -> None:
        self.relation = relation
        self.feature = feature
        self.existing = existing
        self.existing_copies = existing_copies
        self.schema = schema

    def reverse(self) -> AlterOp[S]:
        """Return the operation that brings the existing state back, once.

        Returns:
            The reverse.
        """
        return type(self)(
            self.relation, self.existing, self.feature, schema=self.schema
        )

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the difference for ``alembic check``.

        Returns:
            A name, the relation, its schema, the state it has, how often if more than
            once, and the state it shall have.
        """
        kind = f"modify_{self.feature.noun}"
        more = [self.note] if self.note else []
        has = (self.existing, *more)
        return (kind, self.relation, self.schema, *has, self.feature)


def register_pair(
    first: type[FeatureOp[Any]],
    second: type[FeatureOp[Any]],
    *,
    give: Callable[[Operations, Any], None] | None = None,
    take: Callable[[Operations, Any], None] | None = None,
) -> None:
    """Make two operations the reverse of each other, and have them run and rendered.

    Args:
        first: The one that gives the feature.
        second: The one that takes it away.
        give: What runs the first, where that is more than the feature's addition.
        take: What runs the second, where that is more than the feature's removal.
    """
    first.opposite, second.opposite = second, first
    first.difference, second.difference = "add", "remove"
    Operations.implementation_for(first)(give or give_feature)
    Operations.implementation_for(second)(take or _take)
    for operation in (first, second):
        renderers.dispatch_for(operation)(_render_op)


def give_feature(operations: Operations, op: FeatureOp[S]) -> None:
    """Give a relation a feature, as its addition says."""
    execute(operations, op.feature.addition(op.relation, placed(operations, op.schema)))


def _take(operations: Operations, op: FeatureOp[S]) -> None:
    execute(operations, op.feature.removal(op.relation, placed(operations, op.schema)))


def _render_op(context: AutogenContext, op: FeatureOp[S]) -> list[str]:
    name = f"{op.verb}_{op.feature.noun}"
    arguments = op.arguments()
    call = render.call(context, name, op.relation, **arguments, schema=op.schema)
    return [*render.comment(op.warning), call]


def render_alter(context: AutogenContext, op: AlterOp[S]) -> list[str]:
    """Write an alteration into a migration.

    Args:
        context: The migration being written.
        op: The operation.

    Returns:
        Its note, if it has one, and its call with the new state and the existing one.
    """
    existing, fixed = op.existing.arguments(), op.feature.fixed
    call = render.call(
        context,
        f"{op.verb}_{op.feature.noun}",
        op.relation,
        **op.feature.arguments(),
        **{f"existing_{key}": existing[key] for key in existing if key not in fixed},
        existing_copies=op.existing_copies if op.existing_copies > 1 else None,
        schema=op.schema,
    )
    return [*render.comment(op.note), call]


def placed(operations: Operations, schema: str | None) -> str | None:
    """Say in which schema an operation works.

    Args:
        operations: Alembic's operations.
        schema: The schema that the operation names.

    Returns:
        The one that the connection's ``schema_translate_map`` has for it, or itself.
    """
    context = operations.migration_context
    if context.as_sql or context.connection is None:
        return schema
    return translated(context.connection, schema)


def execute(operations: Operations, statements: Iterable[Statement]) -> None:
    """Run statements, or write them out in ``--sql`` mode.

    Nothing is run where the environment was configured with
    ``context.configure(timescaledb_absent=True)``, for a server without TimescaleDB.

    Args:
        operations: Alembic's operations.
        statements: What to run, in order.
    """
    context = operations.migration_context
    is_absent = context.opts.get("timescaledb_absent")
    if not (is_absent or context.as_sql):
        with _refusing():
            run(operations.get_bind(), statements)
        return
    for statement in statements:
        # Compiled for a driver that formats with %, the text would show %%.
        sql = statement.calling(None).sql()
        if is_absent:
            log.info("Left out because TimescaleDB is missing: %s", sql)
        else:
            context.impl.static_output(sql + context.impl.command_terminator)


def require(operations: Operations, feature: ServerFeature) -> None:
    """Fail in words where the server lacks what an operation needs.

    A script of ``--sql`` mode knows of no server and is written in any case.

    Args:
        operations: Alembic's operations.
        feature: What it needs.

    Raises:
        CommandError: The server lacks it.
    """
    context = operations.migration_context
    if context.as_sql or context.opts.get("timescaledb_absent"):
        return
    with _refusing():
        refuse_where_missing(operations.get_bind(), feature)


@contextmanager
def _refusing() -> Iterator[None]:
    """Refuse as Alembic's commands do what the server has not."""
    try:
        yield
    except DeclarationError as error:
        raise CommandError(str(error)) from error
