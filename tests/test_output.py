"""What is printed holds no character that moves, hides or forges anything."""

from __future__ import annotations

import json
import logging
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.alembic_env.printing import LineStream
from dataforeman_schema.commands.status import HistoryStep
from dataforeman_schema.log_lines import LineFormatter
from dataforeman_schema.output import echo, echo_json, echo_lines
from dataforeman_schema.printable import printable, printable_parts
from tests.commands.hostile import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tag_values", "tag_values"),
        ("Größe ±5 °C, 温度", "Größe ±5 °C, 温度"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\x1b]8;;http://x\x07", r"\x1b]8;;http://x\x07"),
        ("\x7f\x9b2J", r"\x7f\x9b2J"),
        ("\u202euser\u2066\u200f\u061c", r"\u202euser\u2066\u200f\u061c"),
        ("\u2028\udc80", r"\u2028\udc80"),
    ],
)
def test_printable(text: str, expected: str) -> None:
    """What a terminal would act on is shown escaped, and all else as it is."""
    assert printable(text) == expected


@pytest.mark.parametrize(("echo", "kept"), [(echo, ""), (echo_lines, "\n\t")])
def test_echo(
    echo: Callable[[str], None], kept: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line stays one, and a text of lines keeps nothing else than these."""
    for name in NAMES:
        echo(f"{name}\n\t")
        printed = capsys.readouterr().out[:-1]
        assert {each for each in printed if printable(each) != each} == set(kept)


def test_parts() -> None:
    """What a terminal gets as tables is escaped before their widths are computed."""
    steps = [HistoryStep(None, "a\x1b[2J", "upgrade", 1.5, "b\n")]
    expected = [HistoryStep(None, r"a\x1b[2J", "upgrade", 1.5, r"b\n")]
    assert printable_parts(steps) == expected


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON holds every name as it is, in printable characters."""
    echo_json({"names": NAMES})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"names": [*NAMES]}
    assert printed.replace("\n", "").isascii()
    assert "\x7f" not in printed


def test_logged() -> None:
    """A log line is one, whatever is logged, and a traceback keeps its lines."""
    record = logging.makeLogRecord({"msg": "a table %s", "args": ("x\n\x1b[2J",)})
    assert LineFormatter("%(message)s").format(record) == r"a table x\n\x1b[2J"


def test_stream() -> None:
    """What Alembic prints itself keeps its lines and nothing that moves them."""
    stream = StringIO()
    line_stream = LineStream(stream)
    line_stream.write("meta_001\x1b[2J (head)\n")
    line_stream.flush()  # type: ignore[operator]
    assert stream.getvalue() == "meta_001\\x1b[2J (head)\n"
