"""Every rule of lint finds what breaks it, and nothing in what keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.lint.rules import RULES
from dataforeman_schema.commands.lint.squawk_rules import SQUAWK_RULES
from tests.commands.lint_revisions import OURS, SQUAWKS, Case, found

if TYPE_CHECKING:
    from pathlib import Path

BATCH = """
with op.batch_alter_table("users") as batch:
    batch.add_column(sa.Column("a", sa.Text(), nullable=False))
"""
DELETE = 'op.execute("DELETE FROM users")'


@pytest.mark.parametrize("case", [*OURS, *SQUAWKS], ids=lambda case: case.rule)
def test_rule(case: Case, tmp_path: Path) -> None:
    """A revision that breaks the rule is named, and one that keeps it is not."""
    rules = {each.rule for each in found(tmp_path, case.breaks, tree=case.tree)}
    assert case.rule in rules
    kept = {each.rule for each in found(tmp_path, case.keeps, tree=case.tree)}
    assert case.rule not in kept


def test_every_rule_has_a_case() -> None:
    """No rule of ours or of squawk's goes untested."""
    assert {case.rule for case in OURS} == {rule.id for rule in RULES}
    on = {name for name, rule in SQUAWK_RULES.items() if rule.on}
    assert {case.rule for case in SQUAWKS} == on


def test_a_finding_names_its_line(tmp_path: Path) -> None:
    """The line is that of the revision, of a statement within a helper, too."""
    body = "def fill() -> None:\n    op.execute('DELETE FROM users')\n\nfill()"
    [finding] = found(tmp_path, body)
    lines = (tmp_path / "900_v9_release.py").read_text().splitlines()
    assert "DELETE FROM users" in lines[finding.line - 1]
    assert finding.table == "users"


def test_downgrades(tmp_path: Path) -> None:
    """A downgrade has to run offline and in bounds, and may drop what it will."""
    drop = 'op.drop_column("users", "email")'
    assert found(tmp_path, "pass", downgrade=drop) == []
    data = f"{drop}\n{DELETE}\nop.get_bind().dialect.nothing"
    findings = found(tmp_path, "pass", downgrade=data)
    assert [finding.rule for finding in findings] == ["every-row", "offline"]


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        (
            BATCH,
            {"required-column"},
        ),
        ("from alembic import context\nassert context.is_offline_mode()", set()),
        ("raise SystemExit", {"offline"}),
        ('op.execute("WITH d AS (DELETE FROM users) SELECT 1")', {"every-row"}),
        ('op.execute("CREATE TABLE t (a text")', {"syntax-error"}),
        (
            'op.execute("CREATE FUNCTION f() RETURNS int AS $$ DELETE FROM users $$")',
            set(),
        ),
    ],
)
def test_however_it_is_written(body: str, rules: set[str], tmp_path: Path) -> None:
    """What a revision does is seen, and nothing else, in whatever form it does it."""
    assert {each.rule for each in found(tmp_path, body)} == rules


@pytest.mark.parametrize(
    "comment",
    [
        "{}  # lint: allow every-row: three rows",
        "# lint: allow every-row: three rows\n{}",
        "# lint: allow every-row: three rows\n# of the seed\n{}",
    ],
)
def test_allowed(comment: str, tmp_path: Path) -> None:
    """A comment with a reason allows what stands on its line or under it."""
    assert found(tmp_path, comment.format(DELETE)) == []


@pytest.mark.parametrize(
    ("comment", "rules"),
    [
        ("# lint: allow every-row", {"allow", "every-row"}),
        ("# lint: allow every-row:", {"allow", "every-row"}),
        ("# lint: allow models: why not", {"allow", "every-row"}),
        ("# lint: allow every-row: far away\n", {"allow", "every-row"}),
    ],
)
def test_not_allowed(comment: str, rules: set[str], tmp_path: Path) -> None:
    """One without a reason, or of another rule or line, allows nothing and is named."""
    findings = found(tmp_path, f"{comment}\n{DELETE}")
    assert {finding.rule for finding in findings} == rules
