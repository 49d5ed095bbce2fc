"""Whether services can work with the databases, asked in one short connection each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from dataforeman_schema.alembic_env.revision_files import revisions, unknown_revision
from dataforeman_schema.commands.json_output import print_json
from dataforeman_schema.commands.probe import probe
from dataforeman_schema.commands.state_checks import check_at_head, check_usable
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.output import echo

if TYPE_CHECKING:
    from dataforeman_schema.commands.probe import DatabaseState
    from dataforeman_schema.databases import Database


@dataclass(frozen=True)
class Health:
    """Whether services can work with a database.

    Attributes:
        database: What `alembic -n` calls it.
        title: What people call it.
        place: User, host, port and name; None where a setting cannot be right.
        healthy: Whether they can.
        current: The revisions that it records.
        head: The newest revision of its tree; None where it could not be looked at.
        problem: What is wrong and what to do; None where it is healthy.
    """

    database: str
    title: str
    place: str | None
    healthy: bool
    current: tuple[str, ...]
    head: str | None
    problem: str | None

    def __str__(self) -> str:
        if self.healthy:
            return f"{self.title}: healthy, at {self.head}"
        return f"{self.title}: not healthy: {self.problem}"


def read_health(database: Database) -> Health:
    """Look at a database; nothing is changed, and nothing is waited for.

    Args:
        database: Which of the two.
    """
    place: str | None = None
    state: DatabaseState | None = None
    problem: str | None = None
    try:
        settings = database.settings()
        place = str(settings)
        state = probe(database, settings)
        check_usable(database, settings, state)
        _check_migrated(database, state)
    except SchemaError as error:
        problem = str(error)
    return Health(
        database.name,
        database.title,
        place,
        problem is None,
        state.revisions if state else (),
        state.head if state else None,
        problem,
    )


def _check_migrated(database: Database, state: DatabaseState) -> None:
    known = revisions(database)
    for revision in set(state.revisions).difference(known):
        raise unknown_revision(database, revision)
    if len(state.revisions) <= 1 and state.revisions != (state.head,):
        at = ", ".join(state.revisions) or "nothing"
        raise SchemaError(
            f"the {database.title} is at {at}, and head is {state.head}; run "
            "dataforeman-schema upgrade"
        )
    check_at_head(database, state)
    if not state.is_current:
        raise SchemaError(
            f"the tables of the {database.title} are plain, and its server has "
            "TimescaleDB; run dataforeman-schema upgrade, which makes them hypertables"
        )


def show(found: list[Health], *, as_json: bool) -> None:
    """Print a line a database, or JSON.

    Args:
        found: One a database.
        as_json: Whether for programs.
    """
    if as_json:
        print_json({"databases": [asdict(each) for each in found]})
        return
    for each in found:
        echo(each)
