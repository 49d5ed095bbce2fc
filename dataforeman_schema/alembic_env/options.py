"""How long a migration waits and what it may lose: Alembic's -x options."""

from __future__ import annotations

import logging
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

from dataforeman_schema.errors import SchemaError
from dataforeman_schema.waiting import LOCK_TIMEOUT_S, LOCKS_S

if TYPE_CHECKING:
    from collections.abc import Mapping

WAITS = logging.getLogger("alembic.dataforeman.waits")
"""Told of every wait for another session."""


@dataclass(frozen=True)
class Options:
    """What a caller may choose; times are in seconds.

    On Alembic's command line they are `-x lock-wait=60 -x lose-data=yes`; from Python
    an object of this class is `config.attributes["options"]`.

    Attributes:
        lock_wait: How long to wait, in all, for another migration to end and for
            tables that other sessions hold.
        lock_timeout: How long one statement waits for a table before the revision is
            rolled back and tried again, so that it does not hold up other sessions.
        statement_timeout: The longest a statement may run; 0 is no limit.
        lose_data: Whether rows and values may be lost.
        drift: What an upgrade does with a database that is not what its revision
            makes: refuse it, warn of it, or allow it without comparing.
    """

    lock_wait: float = LOCKS_S
    lock_timeout: float = LOCK_TIMEOUT_S
    statement_timeout: float = 0.0
    lose_data: bool = False
    drift: str = "allow"

    _WORDS: ClassVar[dict[str, dict[str, Any]]] = {
        "lose-data": {"yes": True, "no": False},
        "drift": {word: word for word in ("refuse", "warn", "allow")},
    }

    @property
    def timeouts(self) -> dict[str, str]:
        """The server's settings, in milliseconds; to it, 0 is no limit.

        Older servers know no transaction_timeout.
        """
        limit = str(_milliseconds(self.statement_timeout))
        return {
            "lock_timeout": str(_milliseconds(self.lock_timeout)),
            "statement_timeout": limit if self.statement_timeout else "0",
            "transaction_timeout": "0",
        }

    @classmethod
    def parse(cls, arguments: Mapping[str, str]) -> Options:
        """Read -x options.

        Args:
            arguments: Their values by name.

        Raises:
            SchemaError: A name is not known or a value cannot be one.
        """
        known = {field.name.replace("_", "-"): field.name for field in fields(cls)}
        if unknown := sorted(set(arguments) - set(known)):
            raise SchemaError(
                f"-x {unknown[0]} is not known; use one of {', '.join(known)}"
            )
        values: dict[str, Any] = {
            known[name]: cls._value(name, text) for name, text in arguments.items()
        }
        return cls(**values)

    @classmethod
    def _value(cls, name: str, text: str) -> Any:  # noqa: ANN401 - as the name has it
        if words := cls._WORDS.get(name):
            if text in words:
                return words[text]
            raise SchemaError(f"-x {name}={text} is not {' or '.join(words)}")
        try:
            value = float(text)
        except ValueError:
            value = -1
        if not 0 <= value < 1e6:  # noqa: PLR2004 - no wait is longer, nor infinite
            raise SchemaError(f"-x {name}={text} is not a number of seconds")
        return value


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
