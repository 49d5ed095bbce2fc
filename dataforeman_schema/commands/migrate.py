"""Bringing a database to head with Alembic; imported only where there is work."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic import command
from alembic.util import CommandError

# Alembic runs env.py, which imports it, only later.
from dataforeman_schema.alembic_env import runtime
from dataforeman_schema.alembic_env.configuration import configure
from dataforeman_schema.alembic_env.data_loss import Tried
from dataforeman_schema.alembic_env.drift import DRIFT
from dataforeman_schema.alembic_env.options import WAITS
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dataforeman_schema.alembic_env.options import Options
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings


def migrate(
    database: Database,
    settings: ConnectionSettings,
    options: Options,
    report: Callable[[str], None],
    say: Callable[[str], None],
) -> bool:
    """Run the revisions that a database lacks, each in its own transaction.

    Args:
        database: Which of the two.
        settings: Where it is.
        options: How to wait.
        report: Told what other sessions keep it waiting.
        say: Told what is to be known of the database.

    Returns:
        Whether there were any; another process may have run them in the meantime.

    Raises:
        ConnectionFailed: The server could not be reached or went away.
        SchemaError: What is wrong; what the failing revision did is rolled back.
    """
    config = configure(database, settings, options=options)
    with _errors_of_ours(), reported(WAITS, report), reported(DRIFT, say):
        command.upgrade(config, "head")
    return bool(config.attributes.get(runtime.HAS_RUN))


def take_back(
    database: Database,
    settings: ConnectionSettings,
    options: Options,
    target: str,
    report: Callable[[str], None],
) -> None:
    """Take back the revisions after another one, all in one transaction.

    Args:
        database: Which of the two.
        settings: Where it is.
        options: How to wait, and whether rows and values may be lost.
        target: The revision that stays, as Alembic's `downgrade` takes it.
        report: Told what other sessions keep it waiting.

    Raises:
        ConnectionFailed: The server could not be reached or went away.
        SchemaError: What is wrong; everything is rolled back.
    """
    config = configure(database, settings, options=options)
    with _errors_of_ours(), reported(WAITS, report):
        command.downgrade(config, target)


def try_back(
    database: Database,
    settings: ConnectionSettings,
    options: Options,
    target: str,
    report: Callable[[str], None],
) -> Tried:
    """Take revisions back as `take_back` does, in a transaction that is rolled back.

    Returns:
        What would be lost.
    """
    config = configure(database, settings, options=options)
    config.attributes[runtime.ONLY_TRIES] = True
    try:
        with _errors_of_ours(), reported(WAITS, report):
            command.downgrade(config, target)
    except Tried as tried:
        return tried
    return Tried({}, complete=True)  # there was nothing to take back any more


@contextmanager
def _errors_of_ours() -> Iterator[None]:
    try:
        yield
    except CommandError as error:
        if isinstance(error.__cause__, SchemaError):
            raise error.__cause__ from None  # knows whether trying again can help
        raise SchemaError(str(error)) from error


class _Reporter(logging.Handler):
    """Hands over what a logger is told."""

    def __init__(self, report: Callable[[str], None]) -> None:
        super().__init__()
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        self._report(record.getMessage())


@contextmanager
def reported(logger: logging.Logger, report: Callable[[str], None]) -> Iterator[None]:
    """Pass on what a logger is told in a block, which Alembic's own command logs.

    Args:
        logger: The logger.
        report: Given each message.
    """
    reporter, level = _Reporter(report), logger.level
    logger.addHandler(reporter)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(reporter)
        logger.setLevel(level)
