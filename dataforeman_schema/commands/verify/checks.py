"""The checks and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.verify.bookkeeping import check_readable
from dataforeman_schema.commands.verify.differences import check_differences
from dataforeman_schema.commands.verify.extension import check_extension
from dataforeman_schema.commands.verify.finding import UPGRADE, Finding, Note
from dataforeman_schema.commands.verify.history import check_history
from dataforeman_schema.commands.verify.revision import check_revision
from dataforeman_schema.commands.verify.seed import check_seed
from dataforeman_schema.commands.verify.sequences import check_sequences
from dataforeman_schema.commands.verify.sessions import check_sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dataforeman_schema.commands.verify.context import VerifyContext

_Checks = tuple["Callable[[VerifyContext], Iterator[Finding | Note]]", ...]

_ALWAYS: Final[_Checks] = (check_sessions, check_readable)
_AT_HEAD: Final[_Checks] = (check_sequences, check_seed)


def check(context: VerifyContext) -> Iterator[Finding | Note]:
    """Run all checks that can be run.

    Of a database whose record of revisions or TimescaleDB cannot be right only the
    migrations' own tables are compared.

    Yields:
        Findings and notes, in the order of the checks; what needs a scratch schema
        comes last.
    """
    for first_check in _ALWAYS:
        yield from first_check(context)
    extension = list(check_extension(context))
    revision = list(check_revision(context))
    yield from (*extension, *revision)
    yield from check_history(context)
    if not revision:
        for next_check in _AT_HEAD:
            yield from next_check(context)
    known = all(finding.remedy == UPGRADE for finding in revision)
    context.trusts_record = known and not extension
    yield from check_differences(context)
