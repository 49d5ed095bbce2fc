"""The guard against data loss in the scripts of ``--sql`` mode."""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from io import StringIO
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from dataforeman_schema.alembic_env.data_loss import buckets_guard, examined, refusal
from dataforeman_schema.alembic_env.data_loss_block import Baseline, data_loss_block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alembic.ddl.impl import DefaultImpl
    from alembic.runtime.migration import MigrationContext, MigrationStep

    from dataforeman_schema.alembic_env.data_loss_block import Examined
    from dataforeman_schema.alembic_env.pinned_steps import Choose
    from dataforeman_schema.databases import Database


def guard_script(choose: Choose, database: Database, command: str) -> Choose:
    """Have a script refuse, at the top of each revision, what that would lose.

    Where nothing is there yet, nothing can be lost: no guard is written.

    Args:
        choose: Alembic's function that lists the steps to write.
        database: Which of the two the script is for.
        command: ``upgrade`` or ``downgrade``.

    Returns:
        The same, with steps that write the guard before what they write.
    """

    @wraps(choose)
    def guarded(
        heads: tuple[str, ...], context: MigrationContext
    ) -> Iterator[MigrationStep]:
        for step in choose(heads, context):
            if heads:
                step.migration_fn = _guarded(
                    step.migration_fn, context.impl, database, command
                )
            yield step

    return guarded


def _guarded(
    migrate: Callable[..., None], impl: DefaultImpl, database: Database, command: str
) -> Callable[..., None]:
    @wraps(migrate)
    def write(**run_args: object) -> None:
        with _recorded(impl) as record:
            migrate(**run_args)
        for texts, statements in record.transactions():
            if any(each.may_lose for each in statements):
                impl.static_output(_block(statements, database, command) + ";")
            for each in texts:
                impl.static_output(each)

    return write


def _block(statements: Sequence[Examined], database: Database, command: str) -> str:
    baseline = Baseline(refusal(command, in_script=True))
    return data_loss_block(statements, baseline, buckets_guard(database))


class _Record(StringIO):
    """Takes one statement a `write`, as Alembic's offline mode does."""

    def __init__(self, impl: DefaultImpl) -> None:
        super().__init__()
        self.construct: object = None
        self._impl = impl
        self._written: list[tuple[str, Examined]] = []

    def write(self, written: str) -> int:
        statement, element = written.strip(), self.construct
        known = examined(
            statement, element, self._impl.dialect, guarded=element is not None
        )
        self._written.append((statement, known))
        return len(written)

    def transactions(self) -> Iterator[tuple[list[str], list[Examined]]]:
        """Part what was written where one transaction ends and another begins.

        Yields:
            The texts, and what of them the guard tries: nothing of a part outside of
            transactions, but for what can be within one.
        """
        texts: list[str] = []
        statements: list[Examined] = []
        outside = False
        for written, known in self._written:
            texts.append(written)
            if known.sql in {"COMMIT", "BEGIN"}:
                yield texts, statements
                texts, statements, outside = [], [], known.sql == "COMMIT"
            elif not (outside and _is_alone(known)):
                statements.append(known)
        yield texts, statements


def _is_alone(statement: Examined) -> bool:
    return not statement.may_lose or "CONCURRENTLY" in statement.sql.upper()


@contextmanager
def _recorded(impl: DefaultImpl) -> Iterator[_Record]:
    """Record what is written in a block, and what it was compiled from."""
    record, output, execute = _Record(impl), impl.output_buffer, impl._exec  # noqa: SLF001 - Alembic has no other way

    @wraps(execute)
    def noted(construct: Any, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        record.construct = text(construct) if isinstance(construct, str) else construct
        try:
            return execute(construct, *args, **options)
        finally:
            record.construct = None

    impl.output_buffer = record
    impl._exec = noted  # type: ignore[method-assign] # noqa: SLF001
    try:
        yield record
    finally:
        impl.output_buffer = output
        del impl._exec  # noqa: SLF001
