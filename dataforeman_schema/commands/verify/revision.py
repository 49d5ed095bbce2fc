"""Is the database at the newest revision, and does its record of that make sense?"""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.verify.finding import UPGRADE, Finding, alembic
from dataforeman_schema.databases import DATABASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.verify.subject import Subject
    from dataforeman_schema.databases import Database

CHECK: Final = "revision"
WHERE: Final = "table alembic_version"


def check_revision(subject: Subject) -> Iterator[Finding]:
    """Find a database that is not at head, or whose record cannot be right."""
    recorded = subject.recorded
    if len(recorded) > 1:
        yield _several(subject)
    elif not recorded:
        yield _nothing(subject)
    elif recorded[0] not in subject.line:
        yield _foreign(subject, recorded[0])
    else:
        yield from _known(subject, recorded[0])


def _implied(subject: Subject) -> str | None:
    """Say which revision the database is at by its history, if that tells."""
    last = next((r for r in subject.history[::-1] if r.revision in subject.line), None)
    if last is None or last.direction == "unstamp":
        return None
    if last.direction != "downgrade":
        return str(last.revision)
    before = subject.line[: subject.line.index(last.revision)]
    return next(reversed(before), None)


def _several(subject: Subject) -> Finding:
    known = [revision for revision in subject.line if revision in subject.recorded]
    return _restamp(
        subject,
        f"it holds {len(subject.recorded)} revisions ({', '.join(subject.recorded)}) "
        "where there must be one",
        "every migration fails, and with it the start of the core service",
        _implied(subject) or next(reversed(known), subject.line[-1]),
    )


def _nothing(subject: Subject) -> Finding:
    if subject.missing_tables == frozenset(subject.metadata.tables):
        return _behind(subject, "none", "was never migrated")
    return _restamp(
        subject,
        "it holds no revision, though the schema's tables are there",
        "the next upgrade fails because they exist already, and with it the start of "
        "the core service",
        _implied(subject) or subject.line[-1],
    )


def _foreign(subject: Subject, recorded: str) -> Finding:
    other = DATABASES.get(recorded.partition("_")[0])
    if other is not None and other is not subject.database:
        return _other_tree(subject, other, recorded)
    release = next(
        (it.package_version for it in subject.history if it.revision == recorded), None
    )
    what = (
        f"it holds {recorded}, which dataforeman-schema "
        f"{version('dataforeman-schema')} does not know"
    )
    why = "no command of this release works on it, and the core service does not start"
    if release is None:
        what += "; no release brought the database there, by its history"
        return _restamp(subject, what, why, _implied(subject) or subject.line[-1])
    what += f"; release {release} brought the database there"
    install = f"python -m pip install 'dataforeman-schema>={release}'"
    return Finding(CHECK, WHERE, what, why, install, "shell")


def _other_tree(subject: Subject, other: Database, recorded: str) -> Finding:
    critical = subject.database.critical_tables
    why = f"every command on the {subject.database.title} fails"
    if subject.tables.issuperset(critical):
        what = f"it holds {recorded}, a revision of the {other.title}"
        right = _implied(subject) or subject.line[-1]
        return _restamp(subject, what, why, right)
    names, right = subject.database.variables, _right(subject)
    variable = f"{names.prefix}DATABASE"
    first, remedy = "", f"export {variable}={right}; {UPGRADE}"
    if os.environ.get(names.url):  # which may hold a password: not shown
        variable, remedy = names.url, UPGRADE
        first = f"; change the database's name in {names.url} to {right} first"
    what = (
        f"this is the {other.title} (at {recorded}), not the {subject.database.title}; "
        f"{variable} must name that one, and the remedy creates it if it is not there"
        f"{first}"
    )
    where = f"database {subject.settings.database}"
    return Finding(CHECK, where, what, why, remedy, "shell")


def _right(subject: Subject) -> str:
    """Say which database is meant: the usual one, or one beside the wrong one."""
    usual = subject.database.variables.database
    name = subject.database.name
    return f"{usual}_{name}" if usual == subject.settings.database else usual


def _known(subject: Subject, recorded: str) -> Iterator[Finding]:
    history = _implied(subject)
    line = subject.line
    if history and line.index(recorded) < line.index(history):
        yield _restamp(
            subject,
            f"it holds {recorded}, but by schema_history the database is at {history}",
            "the next upgrade would run revisions again that ran already",
            history,
        )
    elif recorded != line[-1]:
        pending = line[line.index(recorded) + 1 :]
        yield _behind(subject, recorded, f"lacks {', '.join(pending)}")


def _behind(subject: Subject, recorded: str, how: str) -> Finding:
    missing = sorted(
        subject.missing_tables.intersection(subject.database.critical_tables)
    )
    why = "the services expect the newest revision"
    if missing:
        first = f'relation "{missing[0]}" does not exist'
        why = f"the connectivity service does not start: {first}"
    what = f"the database {how}: it is at {recorded}, the head is {subject.line[-1]}"
    return Finding(CHECK, WHERE, what, why, UPGRADE, "shell")


def _restamp(subject: Subject, what: str, why: str, right: str) -> Finding:
    command = alembic(subject.database, f"stamp --purge {right}")
    return Finding(CHECK, WHERE, what, why, command, "shell")
