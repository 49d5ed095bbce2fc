"""Write the tables of docs/linting.md from the rules of `dataforeman-schema lint`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dataforeman_schema.commands.lint.rules import RULES
from dataforeman_schema.commands.lint.squawk_rules import SQUAWK_RULES, SquawkRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.lint.rule import SizeKind

TARGET = Path(__file__).parent / "linting.md"
_BEGIN = (
    "<!-- What follows is generated from the rules by `make docs`; change those. -->"
)
_SIZES: dict[SizeKind | None, str] = {
    None: "",
    "rows": "few rows",
    "columnstore": "nothing in the columnstore",
}


def linting() -> str:
    """Write the whole document: its text by hand, then the tables."""
    by_hand, _, _ = TARGET.read_text(encoding="utf-8").partition(_BEGIN)
    return by_hand + "\n".join([_BEGIN, *_ours(), *_squawks(), *_off(), ""])


def _ours() -> Iterator[str]:
    yield from ("", "## Rules of our own", "")
    yield from ("| rule | it costs | instead | a note where there are |",)
    yield "|---|---|---|---|"
    for rule in RULES:
        cells = (f"`{rule.id}`", rule.cost, rule.instead, _SIZES[rule.size])
        yield _row(*cells)


def _squawks() -> Iterator[str]:
    yield from ("", "## Rules of squawk that hold", "")
    yield from ("| rule | because | in | a note where there are |", "|---|---|---|---|")
    for name, rule in _sorted(on=True):
        yield _row(f"`{name}`", rule.reason, ", ".join(rule.trees), _SIZES[rule.size])


def _off() -> Iterator[str]:
    yield from ("", "## Rules of squawk that do not", "")
    yield from ("| rule | because |", "|---|---|")
    for name, rule in _sorted(on=False):
        yield _row(f"`{name}`", rule.reason)


def _sorted(*, on: bool) -> list[tuple[str, SquawkRule]]:
    return sorted(item for item in SQUAWK_RULES.items() if item[1].on is on)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    TARGET.write_text(linting(), encoding="utf-8")
