"""Declaring the jobs that a database has."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from .errors import DeclarationError
from .job import Job

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from .catalog import Catalog, UserJob

_DEFAULTS: Final[dict[str, Any]] = {
    "fixed_schedule": True,
    "scheduled": True,
    "max_runtime": timedelta(0),
    "max_retries": -1,
    "retry_period": timedelta(minutes=5),
}


def declare_jobs(catalog: Catalog, metadata: MetaData) -> None:
    """Declare the jobs that a database has, but for those that look alike.

    Args:
        catalog: What the database has.
        metadata: Where they are declared.
    """
    counts = Counter(live.runs for live in catalog.other_jobs)
    for live in catalog.other_jobs:
        try:
            _declare(catalog, metadata, live, alone=counts[live.runs] == 1)
        except DeclarationError:
            continue


def _declare(
    catalog: Catalog, metadata: MetaData, live: UserJob, *, alone: bool
) -> None:
    schema = catalog.declared_schema(live.runs)
    given = _worth_saying(live)
    if not alone:
        given.setdefault("config", {})
    Job(live.runs.name, metadata=metadata, schema=schema, **given)


def _worth_saying(live: UserJob) -> dict[str, Any]:
    """Leave out what the server chooses where it is told nothing."""
    settings = live.state.settings()
    start = settings["initial_start"]
    if start is not None and start.microsecond:
        # People write no fractions of a second: it is the moment the job was made.
        del settings["initial_start"]
    return {
        name: value
        for name, value in settings.items()
        if value is not None and _DEFAULTS.get(name) != value
    }
