"""What a revision does, written down without a server.

It runs as under `--sql`. Each operation and each statement is kept with the line of the
revision that it comes from.
"""

from __future__ import annotations

import sys
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from alembic.operations import MigrateOperation, Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from dataforeman_schema.alembic_env.configuration import configure
from dataforeman_schema.alembic_env.revisions import using

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations import BatchOperations
    from alembic.script import Script

    from dataforeman_schema.databases import Database

Direction = Literal["upgrade", "downgrade"]
Op = TypeVar("Op", bound=MigrateOperation)


@dataclass(frozen=True)
class RecordedOperation:
    """An operation that a revision calls.

    Attributes:
        line: The line of the revision, from 1.
        op: The operation.
    """

    line: int
    op: MigrateOperation


@dataclass(frozen=True)
class RecordedStatement:
    """A statement that a revision writes under `--sql`.

    Attributes:
        line: The line of the revision, from 1.
        sql: The text, with its semicolon.
        op: The operation that writes it; None: the revision asks a connection itself.
    """

    line: int
    sql: str
    op: MigrateOperation | None


@dataclass
class Recording:
    """One direction of a revision.

    Attributes:
        direction: Which.
        path: The revision's file.
        operations: What it calls, in order; not what these call in turn.
        statements: What they write, in order.
        failure: The line and the error that ended it.
    """

    direction: Direction
    path: str
    operations: list[RecordedOperation] = field(default_factory=list)
    statements: list[RecordedStatement] = field(default_factory=list)
    failure: tuple[int, BaseException] | None = None

    def called(self, *kinds: type[Op]) -> list[tuple[int, Op]]:
        """List the operations of some classes, each after its line."""
        return [
            (each.line, each.op)
            for each in self.operations
            if isinstance(each.op, kinds)
        ]


def record(script: Script, direction: Direction, database: Database) -> Recording:
    """Run one direction of a revision and write down what it does.

    Args:
        script: The revision.
        database: Whose tree it is of.
        direction: Which of its functions.
    """
    recording = Recording(direction, script.path)
    output = _Output(recording)
    context = MigrationContext.configure(
        url="postgresql+psycopg2://",  # names the dialect; nothing connects
        dialect_opts={"paramstyle": "named"},  # keeps % as it is
        opts={"as_sql": True, "output_buffer": output, "literal_binds": True},
    )
    with _environment(database), using(_Recorder(context, output)):
        try:
            getattr(script.module, direction)()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it is a finding
            recording.failure = _failing_line(script.path, error), error
    return recording


def _environment(database: Database) -> EnvironmentContext:
    """Let `alembic.context` tell a revision that it runs offline."""
    config = configure(database)
    tree = ScriptDirectory.from_config(config)
    return EnvironmentContext(config, tree, as_sql=True)


class _Output(StringIO):
    """Takes what Alembic writes, a statement at a time."""

    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self.recording = recording
        self.running: MigrateOperation | None = None

    def write(self, text: str, /) -> int:
        if sql := text.strip():
            line = _calling_line(self.recording.path)
            statement = RecordedStatement(line, sql, self.running)
            self.recording.statements.append(statement)
        return len(text)


class _Recorder(Operations):
    """Runs operations, and writes down the outermost ones."""

    def __init__(self, context: MigrationContext, output: _Output) -> None:
        super().__init__(context)
        self.output = output

    def invoke(self, operation: MigrateOperation) -> Any:  # noqa: ANN401 - Alembic's
        if self.output.running is not None:
            return super().invoke(operation)
        self.note(operation)
        self.output.running = operation
        try:
            return super().invoke(operation)
        finally:
            self.output.running = None

    def note(self, operation: MigrateOperation) -> None:
        recording = self.output.recording
        line = _calling_line(recording.path)
        recording.operations.append(RecordedOperation(line, operation))

    @contextmanager
    def batch_alter_table(
        self,
        *args: Any,  # noqa: ANN401 - as Alembic's
        **options: Any,  # noqa: ANN401
    ) -> Iterator[BatchOperations]:
        with super().batch_alter_table(*args, **options) as batch:
            run = batch.invoke

            def invoke(operation: MigrateOperation) -> Any:  # noqa: ANN401
                self.note(operation)
                return run(operation)

            vars(batch)["invoke"] = invoke  # Alembic makes the object itself
            yield batch


# Alembic lets `alembic.op` lead to its own class, and to no other that it is not told.
_Recorder._setups[_Recorder] = Operations._setups[Operations]  # noqa: SLF001


def _calling_line(path: str) -> int:
    frame = sys._getframe()  # noqa: SLF001 - a revision does not say who it is
    while frame.f_back is not None:
        if frame.f_code.co_filename == path:
            return frame.f_lineno
        frame = frame.f_back
    return 1


def _failing_line(path: str, error: BaseException) -> int:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == path]
    return lines[-1] or 1 if lines else 1
