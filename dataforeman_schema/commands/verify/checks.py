"""The checks and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.findings import UPGRADE, Finding, Note
from dataforeman_schema.commands.health.chunks import check_chunk_indexes
from dataforeman_schema.commands.health.jobs import check_aggregates, check_jobs
from dataforeman_schema.commands.health.rights import (
    check_app_role,
    check_creators,
    check_owners,
)
from dataforeman_schema.commands.health.search_path import (
    check_schema,
    check_search_path,
)
from dataforeman_schema.commands.health.server_settings import (
    check_encoding,
    check_event_triggers,
    check_read_only,
    check_restoring,
)
from dataforeman_schema.commands.health.sessions import check_sessions
from dataforeman_schema.commands.health.storage import (
    check_autovacuum,
    check_sequences_left,
)
from dataforeman_schema.commands.verify.bookkeeping import check_readable
from dataforeman_schema.commands.verify.differences import check_differences
from dataforeman_schema.commands.verify.extension_checks import (
    check_extension,
    check_preloaded,
)
from dataforeman_schema.commands.verify.history_checks import check_history
from dataforeman_schema.commands.verify.revision import check_revision
from dataforeman_schema.commands.verify.seed import check_seed
from dataforeman_schema.commands.verify.sequences import check_sequences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dataforeman_schema.commands.context import VerifyContext

_Checks = tuple["Callable[[VerifyContext], Iterator[Finding | Note]]", ...]

_FIRST: Final[_Checks] = (
    check_preloaded,
    check_restoring,
    check_search_path,
    check_schema,
)
_ALWAYS: Final[_Checks] = (
    check_sessions,
    check_encoding,
    check_read_only,
    check_event_triggers,
    check_readable,
    check_creators,
)
_AT_HEAD: Final[_Checks] = (
    check_sequences,
    check_seed,
    check_owners,
    check_app_role,
    check_autovacuum,
    check_sequences_left,
)
_FEATURES: Final[_Checks] = (check_chunk_indexes, check_jobs, check_aggregates)


def check(context: VerifyContext) -> Iterator[Finding | Note]:
    """Run all checks that can be run.

    Of a database whose record of revisions or TimescaleDB cannot be right only the
    migrations' own tables are compared.

    Yields:
        Findings and notes, in the order of the checks; what needs a scratch schema
        comes last.
    """
    for first_check in _FIRST:
        found = list(first_check(context))
        yield from found
        if found:
            return  # whatever else is read would be taken for what it is not
    for next_check in _ALWAYS:
        yield from next_check(context)
    extension = list(check_extension(context))
    revision = list(check_revision(context))
    yield from (*extension, *revision)
    yield from check_history(context)
    if not revision:
        with_features = context.database.needs_timescaledb and not extension
        for next_check in (*_AT_HEAD, *(_FEATURES if with_features else ())):
            yield from next_check(context)
    known = all(finding.remedy == UPGRADE for finding in revision)
    context.trusts_record = known and not extension
    yield from check_differences(context)
