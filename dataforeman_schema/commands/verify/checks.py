"""The checks and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.verify.definitions import check_definitions
from dataforeman_schema.commands.verify.drift import check_drift
from dataforeman_schema.commands.verify.expressions import check_expressions
from dataforeman_schema.commands.verify.extension import check_extension
from dataforeman_schema.commands.verify.generated import check_generated
from dataforeman_schema.commands.verify.history import check_history
from dataforeman_schema.commands.verify.keys import check_keys
from dataforeman_schema.commands.verify.own import check_own
from dataforeman_schema.commands.verify.relations import (
    check_exclusions,
    check_logged,
    check_row_security,
    check_rules,
)
from dataforeman_schema.commands.verify.revision import check_revision
from dataforeman_schema.commands.verify.seed import check_seed
from dataforeman_schema.commands.verify.sequences import check_sequences
from dataforeman_schema.commands.verify.sessions import check_sessions
from dataforeman_schema.commands.verify.tables import check_tables
from dataforeman_schema.commands.verify.triggers import check_triggers
from dataforeman_schema.commands.verify.validity import check_validity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dataforeman_schema.commands.verify.finding import Finding
    from dataforeman_schema.commands.verify.subject import Subject

_AT_HEAD: Final[tuple[Callable[[Subject], Iterator[Finding]], ...]] = (
    check_tables,
    check_row_security,
    check_rules,
    check_exclusions,
    check_logged,
    check_generated,
    check_drift,
    check_expressions,
    check_definitions,
    check_keys,
    check_sequences,
    check_triggers,
    check_validity,
    check_seed,
)


def check(subject: Subject) -> Iterator[Finding]:
    """Run all checks that can be run.

    The models describe the newest revision: a database that is not there is not
    compared with them.

    Yields:
        Findings, in the order of the checks.
    """
    yield from check_sessions(subject)
    yield from check_extension(subject)
    yield from check_own(subject)
    revision = list(check_revision(subject))
    yield from revision
    yield from check_history(subject)
    if not revision:
        for next_check in _AT_HEAD:
            yield from next_check(subject)
