"""Looking over one revision."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataforeman_schema.commands.lint.allowed import apply_comments
from dataforeman_schema.commands.lint.finding import LintFinding
from dataforeman_schema.commands.lint.recording import Recording, record
from dataforeman_schema.commands.lint.rule import BOTH, Subject
from dataforeman_schema.commands.lint.rules import RULES
from dataforeman_schema.commands.lint.squawk import OLDEST_POSTGRESQL, run_squawk
from dataforeman_schema.timescale.aggregate_view_op import CreateContinuousAggregateOp
from dataforeman_schema.timescale.hypertable_op import CreateHypertableOp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.script import Script

    from dataforeman_schema.databases import Database
    from dataforeman_schema.timescale.operation import FeatureOp


@dataclass(frozen=True)
class Linter:
    """Looks over the revisions of a tree.

    Attributes:
        database: Whose tree.
        scripts: All of its revisions, oldest first.
        hypertables: What any of them makes a hypertable or a continuous aggregate.
    """

    database: Database
    scripts: Sequence[Script]
    hypertables: frozenset[str]

    @classmethod
    def of(cls, database: Database, scripts: Sequence[Script]) -> Linter:
        """Find the hypertables of a tree."""
        recordings = [record(script, "upgrade", database) for script in scripts]
        names = (name for each in recordings for name in _hypertables(each))
        return cls(database, scripts, frozenset(names))

    def lint(self, script: Script, postgresql: str | None) -> list[LintFinding]:
        """Look over a revision.

        Args:
            script: The revision.
            postgresql: The version of the server it is for; None: any that we support.

        Returns:
            What was found and is not allowed by a comment, by line.
        """
        source = Path(script.path).read_text(encoding="utf-8")
        upgrade, downgrade = (
            record(script, direction, self.database) for direction in BOTH
        )
        found = {
            *self._ours(source, upgrade),
            *self._ours(source, downgrade),
            *self._squawk(upgrade, postgresql or OLDEST_POSTGRESQL),
        }
        left = apply_comments(script.path, source, sorted(found, key=_place))
        return sorted(left, key=_place)

    def _ours(self, source: str, recording: Recording) -> Iterator[LintFinding]:
        subject = Subject(source, recording, self.hypertables)
        for rule in RULES:
            if recording.direction in rule.directions:
                for line, what, table in rule.check(subject):
                    text = f"{what}: {rule.cost}"
                    place = recording.path, line, rule.id
                    yield LintFinding(*place, text, rule.instead, table=table)

    def _squawk(self, recording: Recording, postgresql: str) -> Iterator[LintFinding]:
        for rule, hit, instead in run_squawk(recording, self.database.name, postgresql):
            place = recording.path, hit.line, rule
            yield LintFinding(*place, hit.what, instead, table=hit.table)


def _place(finding: LintFinding) -> tuple[int, str, str]:
    return finding.line, finding.rule, finding.what


def _hypertables(recording: Recording) -> Iterator[str]:
    """Name the hypertables and aggregates that a revision makes."""
    made: list[FeatureOp[Any]] = [
        *(op for _, op in recording.called(CreateHypertableOp)),
        *(op for _, op in recording.called(CreateContinuousAggregateOp)),
    ]
    yield from (op.relation for op in made)
