"""How long the statements of a command that only looks may take."""

from __future__ import annotations

from typing import Final

from psycopg2.errors import QueryCanceled

from dataforeman_schema.waiting import LOOK_S

LIMIT_STATEMENTS: Final = f"""
SELECT pg_catalog.set_config('statement_timeout', '{LOOK_S:g}s', false)
WHERE pg_catalog.current_setting('statement_timeout') OPERATOR(pg_catalog.=) '0'
"""
"""Bounds the statements of a session, unless its role, database or PGOPTIONS do."""


def more_time(
    error: BaseException | None,
    otherwise: str,
    setting: str = "PGOPTIONS='-c statement_timeout=10min'",
) -> str:
    """Say what to do about a statement that took too long, or what else was to be said.

    Args:
        error: What the driver raised.
        otherwise: What to do about any other error.
        setting: What allows it more.
    """
    if isinstance(error, QueryCanceled):
        return (
            "run the command again when the server has less to do, or allow "
            f"statements more time with {setting}"
        )
    return otherwise
