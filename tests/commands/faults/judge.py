"""What a command may have changed, and what not."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataforeman_schema.databases import Database
from tests.commands.faults.snapshot import (
    DatabaseSnapshot,
    Rows,
    as_counter,
    emptied,
    missing,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.commands.faults.commands import Command, Outcome

States = dict[Database, DatabaseSnapshot]

# Drawn from sequences, at random or from the clock.
_DRAWN = {"id", "tag_id", "connection_id", "unit_id", "created_at", "updated_at"}
_METRICS = ("public.system_metrics", "set_aside.system_metrics")
_CAUSE = "dataforeman-schema: "
_LOSS = re.compile(r"would lose (.*?); back them up")
_KIND = re.compile(r"(\w+) of (.*?)(?= and \w+ of |$)")
_COUNT = re.compile(r"([^\s,(]+) \((\d+)\)")
_BASELINE = "adopt --undo takes that back"
_NO_WAY_BACK = (
    *("was not adopted", "the way back is closed", "nothing to take back"),
    *("going back would lose", "can go back into the former table"),
)


def counted(said: str) -> dict[str, int]:
    """Read from a refusal how many rows and values of which tables would be lost."""
    found = _LOSS.search(said)
    sums = Counter[str]()
    for what, listed in _KIND.findall(found[1] if found else ""):
        for name, count in _COUNT.findall(listed):
            # Of a value, the column is named.
            table = name.rpartition(".")[0] if what == "values" else name
            sums[table] += int(count)
    return dict(sums)


@dataclass(frozen=True)
class Judge:
    """Knows what our revisions bring and take away again.

    Attributes:
        seed: The rows that a new pair has.
    """

    seed: Rows

    def judge(
        self,
        command: Command,
        before: States,
        after: States,
        outcome: Outcome,
        loss: Mapping[str, int],
    ) -> None:
        """Assert that a command did what it may, and lost what was counted only.

        Args:
            command: The command.
            before: Both databases before it.
            after: Both after it.
            outcome: How it ended.
            loss: What a refusal counted, by the names of tables.
        """
        if 0 < outcome.code < 128:
            *reports, last = outcome.said.splitlines()
            assert last.startswith(_CAUSE), outcome
            assert not any(line.startswith((_CAUSE, "Trace")) for line in reports)
        if outcome.code != 0 and not outcome.may_fail:
            self._judge_refusal(command, before, after, outcome)
            return
        for database, was in before.items():
            now, path = after[database], command.path(database, was)
            assert now.revision in path, (database.name, path, now.revision)
            assert outcome.code != 0 or now.revision == path[-1], outcome
            self._judge_rows(command, was, now, loss)
            _judge_foreign(command, was, now)

    def _judge_refusal(
        self, command: Command, before: States, after: States, outcome: Outcome
    ) -> None:
        assert _is_justified(command, before, outcome.said), outcome
        for database, was in before.items():
            assert after[database] == was, database.name
        there = _sizes(before)
        for table, count in counted(outcome.said).items():
            assert 0 < count <= there[table], table

    def _judge_rows(
        self,
        command: Command,
        was: DatabaseSnapshot,
        now: DatabaseSnapshot,
        loss: Mapping[str, int],
    ) -> None:
        lost = missing(was.rows, now.rows)
        if command.is_adopt:
            assert not _measured(was.rows) - _measured(now.rows)
        if command.name == "finish":  # told to, and says how many
            lost.pop("set_aside.system_metrics", None)
        agreed = loss if command.loses and was.revision != now.revision else {}
        most = _sums(lost, {} if command.is_adopt else emptied(was.rows, now.rows))
        least = most
        if command.name == "downgrade" and was.revision != now.revision:
            # It takes the seed away, of which only what was changed or used is counted.
            users = {name: self._without_seed(name, lost[name]) for name in lost}
            least = _sums(users, emptied(was.rows, now.rows))
        assert least <= Counter(agreed) <= most, (command.arguments, most, agreed)
        if command.name != "downgrade":
            self._judge_new(was, now)

    def _judge_new(self, was: DatabaseSnapshot, now: DatabaseSnapshot) -> None:
        """Assert that no rows came but those of the seed, and converted ones."""
        for name, rows in missing(now.rows, was.rows).items():
            if name not in _METRICS:
                assert not +self._without_seed(name, rows), name

    def _without_seed(self, name: str, rows: Counter[str]) -> Counter[str]:
        """Leave out rows that the seed has, whatever was drawn for them."""
        found = [json.loads(row) for row in rows.elements()]
        columns = {c for row in found for c in row} - _DRAWN
        return as_counter(found, columns) - as_counter(self.seed.get(name, []), columns)


def _sums(lost: Mapping[str, Counter[str]], values: Mapping[str, int]) -> Counter[str]:
    sums = Counter({shown(name): rows.total() for name, rows in lost.items()})
    sums.update({shown(name): count for name, count in values.items()})
    return sums


def _measured(rows: Rows) -> Counter[tuple[str, float]]:
    """Count the measurements of DataForeman itself, in either form of their table."""
    found = Counter[tuple[str, float]]()
    for name in _METRICS:
        values = [
            (row["ts"], row.get("value", row.get("v_num")))
            for row in rows.get(name, ())
        ]
        found |= Counter((ts, value) for ts, value in values if value is not None)
    return found


def _sizes(before: States) -> dict[str, int]:
    """Count the values of all tables, which a loss cannot be more than."""
    return {
        shown(name): len(rows) * max(1, len(rows[0]) if rows else 1)
        for state in before.values()
        for name, rows in state.rows.items()
    }


def shown(name: str) -> str:
    """Name a table as the server does."""
    return name.removeprefix("public.")


def _is_justified(command: Command, before: States, said: str) -> bool:
    is_adopted = any(state.is_adopted for state in before.values())
    match command.name:
        case "upgrade":
            has_triggers = any(state.has_triggers for state in before.values())
            is_former = any(state.is_former for state in before.values())
            return (is_former and " adopt " in said) or (
                has_triggers and "trigger plant_" in said
            )
        case "downgrade":
            assert command.database is not None
            here = before[command.database]
            # The seed's revision is released, and knows no foreign table that refers.
            held = ("depend", "is still referenced from table")
            depended = bool(here.foreign) and any(words in said for words in held)
            is_lost = not command.loses and bool(counted(said))
            return is_lost or depended or (is_adopted and _BASELINE in said)
        case "undo":
            return any(words in said for words in _NO_WAY_BACK)
    return False


def _judge_foreign(
    command: Command, was: DatabaseSnapshot, now: DatabaseSnapshot
) -> None:
    for name, like in was.foreign.items():
        went_along = (
            like.part_of is not None
            and command.name == "downgrade"
            and f"public.{like.part_of}" not in now.rows
        )
        assert went_along or now.foreign.get(name) == like, name
