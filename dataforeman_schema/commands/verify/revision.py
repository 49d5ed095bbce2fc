"""Is the database at the newest revision, and does its record of that make sense?"""

from __future__ import annotations

import os
import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.adoption.forms import NOBODY, recognize
from dataforeman_schema.commands.findings import UPGRADE, Check, Finding, shell, stamp
from dataforeman_schema.commands.verify.history_checks import leads_to
from dataforeman_schema.databases import DATABASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.adoption.forms import Form
    from dataforeman_schema.commands.context import VerifyContext
    from dataforeman_schema.commands.findings import Shell
    from dataforeman_schema.databases import Database

WHERE: Final = "table alembic_version"
_RELEASE: Final = re.compile(r"\d+(\.\d+)*[\w.+!-]*", re.ASCII)


def check_revision(context: VerifyContext) -> Iterator[Finding]:
    """Find a database that is not at head, or whose record cannot be right."""
    recorded = context.recorded
    if len(recorded) > 1:
        yield _several(context)
    elif not recorded:
        yield _nothing(context)
    elif recorded[0] not in context.revision_chain:
        yield _foreign(context, recorded[0])
    else:
        yield from _known(context, recorded[0])


def _implied(context: VerifyContext) -> str | None:
    """Say which revision the database is at by its history, if that tells."""
    last = next(
        (r for r in context.history[::-1] if r.revision in context.revision_chain), None
    )
    if last is None or last.direction == "unstamp":
        return None
    if last.direction != "downgrade":
        return str(last.revision)
    before = context.revision_chain[: context.revision_chain.index(last.revision)]
    return next(reversed(before), None)


def _several(context: VerifyContext) -> Finding:
    known = [
        revision for revision in context.revision_chain if revision in context.recorded
    ]
    return _restamp(
        context,
        f"it holds {len(context.recorded)} revisions ({', '.join(context.recorded)}) "
        "where there must be one",
        "every migration fails, and with it the start of the core service",
        _implied(context) or next(reversed(known), context.revision_chain[-1]),
    )


def _nothing(context: VerifyContext) -> Finding:
    if context.missing_tables == context.declared_tables:
        return _behind(context, "none", "was never migrated")
    what = "it holds no revision, though the schema's tables are there"
    why = (
        "the next upgrade fails because they exist already, and with it the start of "
        "the core service"
    )
    if implied := _implied(context):
        return _restamp(context, what, why, implied)
    database = context.database
    form = recognize(context.tables, is_application=database.needs_timescaledb)
    return Finding(
        Check.REVISION,
        WHERE,
        f"{what}: they are of {form or NOBODY}; the remedy takes them over and proves "
        "that no row is lost; with --plan it only says what it would do",
        why,
        _adopt(database, form),
    )


def _adopt(database: Database, form: Form | None) -> Shell:
    if form and form.is_later:
        return shell("dataforeman-schema adopt {} --keep-foreign", database.name)
    return shell("dataforeman-schema adopt {}", database.name)


def _foreign(context: VerifyContext, recorded: str) -> Finding:
    other = DATABASES.get(recorded.partition("_")[0])
    if other is not None and other is not context.database:
        return _other_tree(context, other, recorded)
    release = next(
        (
            row.package_version
            for row in context.history
            if row.revision == recorded and _RELEASE.fullmatch(row.package_version)
        ),
        None,
    )
    what = (
        f"it holds {recorded}, which dataforeman-schema "
        f"{version('dataforeman-schema')} does not know"
    )
    why = "no command of this release works on it, and the core service does not start"
    if release is None:
        what += "; no release brought the database there, by its history"
        return _restamp(
            context, what, why, _implied(context) or context.revision_chain[-1]
        )
    what += f"; release {release} brought the database there"
    install = shell("python -m pip install {}", f"dataforeman-schema>={release}")
    return Finding(Check.REVISION, WHERE, what, why, install)


def _other_tree(context: VerifyContext, other: Database, recorded: str) -> Finding:
    critical = context.database.critical_tables
    why = f"every command on the {context.database.title} fails"
    if context.tables.issuperset(critical):
        what = f"it holds {recorded}, a revision of the {other.title}"
        right = _implied(context) or context.revision_chain[-1]
        return _restamp(context, what, why, right)
    names, right = context.database.variables, _right(context)
    variable = f"{names.prefix}DATABASE"
    first, remedy = (
        "",
        shell("export {}={}; dataforeman-schema upgrade", variable, right),
    )
    if os.environ.get(names.url):  # which may hold a password: not shown
        variable, remedy = names.url, UPGRADE
        first = f"; change the database's name in {names.url} to {right} first"
    what = (
        f"this is the {other.title} (at {recorded}), not the {context.database.title}; "
        f"{variable} must name that one, and the remedy creates it if it is not there"
        f"{first}"
    )
    where = f"database {context.settings.database}"
    return Finding(Check.REVISION, where, what, why, remedy)


def _right(context: VerifyContext) -> str:
    """Say which database is meant: the usual one, or one beside the wrong one."""
    usual = context.database.variables.database
    name = context.database.name
    return f"{usual}_{name}" if usual == context.settings.database else usual


def _known(context: VerifyContext, recorded: str) -> Iterator[Finding]:
    history = _implied(context)
    line = context.revision_chain
    behind = history and line.index(recorded) < line.index(history)
    if history and behind and not leads_to(context, recorded):
        yield _restamp(
            context,
            f"it holds {recorded}, but by schema_history the database is at {history}",
            "the next upgrade would run revisions again that ran already",
            history,
        )
    elif recorded != line[-1]:
        pending = line[line.index(recorded) + 1 :]
        yield _behind(context, recorded, f"lacks {', '.join(pending)}")


def _behind(context: VerifyContext, recorded: str, how: str) -> Finding:
    missing = sorted(
        context.missing_tables.intersection(context.database.critical_tables)
    )
    why = "the services expect the newest revision"
    if missing:
        first = f'relation "{missing[0]}" does not exist'
        why = f"the connectivity service does not start: {first}"
    head = context.revision_chain[-1]
    what = f"the database {how}: it is at {recorded}, the head is {head}"
    return Finding(Check.REVISION, WHERE, what, why, UPGRADE)


def _restamp(context: VerifyContext, what: str, why: str, right: str) -> Finding:
    command = stamp(context.database, right)
    return Finding(Check.REVISION, WHERE, what, why, command)
