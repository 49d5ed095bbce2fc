"""The frame of the benchmarks: what it measures, says and writes."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from benchmarks import document
from benchmarks.__main__ import PIECES, main, measure
from benchmarks.agree import disagreements
from benchmarks.bench import TINY, Bench
from benchmarks.comparison import Comparison, Contrast, take_turns, timed
from benchmarks.results import Results, read_all
from benchmarks.spread import Spread, quartiles, ratio
from benchmarks.table import figures
from tests.commands.places import execute
from tests.full import FULL

if TYPE_CHECKING:
    from pathlib import Path

FAST = Comparison(
    "a work",
    {"ours": [1.0, 1.1, 1.0, 1.2], "theirs": [2.0, 2.2, 2.0, 2.4]},
    contrasts=(Contrast("ours", "theirs", at_most=0.6),),
)


def test_ways_take_turns() -> None:
    """Each round begins with another way, and the warm-up is not counted."""
    order: list[str] = []

    def way(name: str) -> float:
        order.append(name)
        return float(len(order))

    samples = take_turns({"a": lambda: way("a"), "b": lambda: way("b")}, 2)
    assert "".join(order) == "ababba"
    assert samples == {"a": [3.0, 6.0], "b": [4.0, 5.0]}


def test_a_ratio_holds_under_load() -> None:
    """What slows both ways of a round alike widens their quartiles, not their ratio."""
    theirs = [2.0, 20.0, 2.0, 14.0, 2.0]
    ours = [each / 2 for each in theirs]
    assert quartiles(theirs) == Spread(2.0, 2.0, 14.0)
    assert ratio(ours, theirs) == Spread(0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("contrast", "verdict"),
    [
        (Contrast("a", "b"), ""),
        (Contrast("a", "b", at_most=0.5), "met"),
        (Contrast("a", "b", at_most=0.45), "within the spread"),
        (Contrast("a", "b", at_most=0.3), "missed"),
        (Contrast("a", "b", at_least=0.5), "met"),
        (Contrast("a", "b", at_least=0.55), "within the spread"),
        (Contrast("a", "b", at_least=0.7), "missed"),
    ],
)
def test_verdicts(contrast: Contrast, verdict: str) -> None:
    """A goal is missed only where the whole interval is beyond it."""
    assert contrast.judge(Spread(0.5, 0.4, 0.6)) == verdict


def test_results_are_kept(tmp_path: Path) -> None:
    """What is written to a file is read from it."""
    results = Results("piece", {"date": "2026-01-01"}, [FAST])
    results.write(tmp_path)
    assert read_all(tmp_path) == {"piece": results}


def test_table() -> None:
    """A row per way says median, spread, ratio, goal and verdict."""
    *_, ours, theirs = figures([FAST])
    assert ours == (
        "| a work | ours | 1.05 s (1 to 1.12) | 0.5 times theirs, at most 0.6: met |"
    )
    assert theirs == "|  | theirs | 2.1 s (2 to 2.25) |  |"


def test_runs_that_disagree() -> None:
    """Two runs disagree where the intervals of a ratio have nothing in common."""
    name = ("a work", "ours", "theirs")
    one, other = {name: Spread(1.0, 0.9, 1.1)}, {name: Spread(1.2, 1.05, 1.3)}
    assert not list(disagreements(one, other))
    [line] = disagreements(one, {name: Spread(2.0, 1.5, 2.5)})
    assert line == "a work: ours / theirs: 1, 2"


def test_document_is_current() -> None:
    """docs/performance.md and its pictures show the results that lie beside it."""
    text = document.DOCUMENT.read_text("utf-8")
    assert text == document.document()
    pictures = document.pictures(document.FOLDER)
    for name, picture in pictures.items():
        assert (document.FOLDER / f"{name}.svg").read_text("utf-8") == picture
        ET.fromstring(picture)  # noqa: S314 - ours
    assert set(re.findall(r"<!-- begin (\w+) -->", text)) == {*PIECES, "goals"}
    assert set(pictures) == {*PIECES, "goals"}


def test_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of a piece provides it with a database, writes what it found and draws."""

    def piece(bench: Bench) -> None:
        with bench.meta.empty() as settings:
            ways = {"connect": partial(timed, partial(execute, settings, "SELECT 1"))}
            bench.compare("a work", ways)

    monkeypatch.setitem(PIECES, "start", piece)
    main(["--size", "tiny", "--folder", str(tmp_path), "start"])
    [results] = read_all(tmp_path).values()
    assert results.about["servers"]["metadata"]["server_version"]
    assert len(results.comparisons[0].samples["connect"]) == TINY.rounds
    assert "connect" in (tmp_path / "start.svg").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("piece", PIECES if FULL else ["conversion"])
def test_pieces(piece: str) -> None:
    """Every piece measures what it says, on servers as they are tested with."""
    results = measure(piece, TINY)
    for comparison in results.comparisons:
        assert all(min(samples) > 0 for samples in comparison.samples.values())
        named = {name for each in comparison.contrasts for name in (each.of, each.to)}
        assert named <= comparison.samples.keys()
