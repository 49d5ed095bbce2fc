"""What is worth knowing of a database and harms nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.catalog.operation import noun_of
from dataforeman_schema.commands.findings import Check, Note
from dataforeman_schema.timescale.catalog import read
from dataforeman_schema.timescale.notes import tuned, undeclared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.catalog.comparison import Accepted, Extra
    from dataforeman_schema.catalog.snapshot import Properties
    from dataforeman_schema.commands.context import VerifyContext


def notes(context: VerifyContext) -> Iterator[Note]:
    """Note what no revision made, what was accepted, and what was tuned."""
    if context.revision is None:
        return  # nobody knows what is foreign
    for extra in context.compared.catalog.extras():
        yield _tuned(extra) if extra.tuned else _foreign(extra)
    for accepted in context.compared.catalog.passed:
        yield _accepted(accepted)
    if context.database.needs_timescaledb and context.extension.installed:
        yield from _features(context)


def _features(context: VerifyContext) -> Iterator[Note]:
    """Note what TimescaleDB has that no model declares, and what was tuned of it."""
    catalog, models = read(context.connection), context.compared.metadata
    for note in tuned(catalog, *models):
        yield Note(Check.TUNED, f"table {note.relation.name}", note.text)
    for other in undeclared(catalog, *models):
        yield Note(Check.FOREIGN, f"table {other.relation.name}", other.text)


def _where(kind: str, name: str, state: Properties) -> str:
    table = state.get("table")
    if not table:
        return f"{noun_of(kind)} {name}"
    return f"{noun_of(kind)} {name.removeprefix(f'{table}.')} of table {table}"


def _foreign(extra: Extra) -> Note:
    where = _where(extra.kind, extra.name, extra.live)
    return Note(Check.FOREIGN, where, "no revision made it, so it is left alone")


def _accepted(accepted: Accepted) -> Note:
    state = accepted.live or accepted.expected or {}
    where = _where(accepted.kind, accepted.name, state)
    how = "it is" if accepted.live else "it is missing"
    what = f"{how}, as when the database was adopted: accepted until a release knows it"
    return Note(Check.ACCEPTED, where, what)


def _tuned(extra: Extra) -> Note:
    settings = ", ".join(
        f"{name} {extra.live[name] or 'as the server has it'}"
        for name in sorted(extra.tuned)
    )
    where = _where(extra.kind, extra.name, extra.live)
    return Note(Check.TUNED, where, f"it is tuned: {settings}")
