"""Which release of the application made a database, told by its tables.

The former tool's records do not tell: what they call 001_schema changed four times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

RECORDS: Final = ("pgmigrations", "pgmigrations_tsdb")
"""The tables in which the former tool keeps what it ran; they stay as they are."""

# The newest first: each release has the tables of those before it.
_LATER: Final = (
    ("mqtt_connections", "DataForeman v0.5 or v0.6"),
    ("flows", "DataForeman v0.4"),
)
_KNOWN: Final = "DataForeman v0.2 or v0.3"

NOBODY: Final = "no release of the application that is known"
"""What is said of a database that neither the former tool nor the application made."""

TELLTALES: Final = (*RECORDS, *(table for table, _release in _LATER))
"""The names of all tables that tell what made a database."""


class Form(NamedTuple):
    """What made a database.

    Attributes:
        name: The releases of the application, or what else it may be.
        because: How that is known.
        is_known: Whether its tables are those of our revisions, bridges aside.
        is_later: Whether it is of a release that came after those.
    """

    name: str
    because: str
    is_known: bool = True
    is_later: bool = False

    def __str__(self) -> str:
        """Say what made it and how that is known."""
        return f"{self.name} ({self.because})"


def recognize(tables: Collection[str], *, is_application: bool) -> Form | None:
    """Tell what made a database.

    Args:
        tables: The names of its tables.
        is_application: Whether the application makes its tables itself, without a
            record, as it does those of the telemetry database.

    Returns:
        The form; None if neither the former tool nor the application made it.
    """
    recorded = [name for name in RECORDS if name in tables]
    for table, release in _LATER:
        if recorded and table in tables:
            because = f"it has a table {table}"
            return Form(release, because, is_known=False, is_later=True)
    if recorded:
        return Form(_KNOWN, f"{recorded[0]} is the former tool's record")
    if is_application:
        return Form(_KNOWN, "its tables are those that the application makes itself")
    return None
