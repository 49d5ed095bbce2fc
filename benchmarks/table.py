"""Results as tables of Markdown, for the terminal and the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.comparison import Comparison, Contrast, Unit
    from benchmarks.results import Results
    from benchmarks.spread import Spread

_HEAD: Final = (
    "| work | way | median (quartiles) | ratio (95 %) |",
    "|---|---|---|---|",
)
_GOALS_HEAD: Final = (
    "| work | against | goal | ratio (95 %) | |",
    "|---|---|---|---|---|",
)


def figures(comparisons: Iterable[Comparison]) -> Iterator[str]:
    """Write all ways of some works, each with the ratios that it is judged by."""
    yield from _HEAD
    for comparison in comparisons:
        work = comparison.work
        for way in comparison.samples:
            median = _spread(comparison.spread(way), comparison.unit)
            yield _row(work, way, median, "<br>".join(_ratios(comparison, way)))
            work = ""


def goals(pieces: Iterable[Results]) -> Iterator[str]:
    """Write the ratios that have a goal, and whether it is met."""
    yield from _GOALS_HEAD
    for results in pieces:
        for comparison in results.comparisons:
            for contrast in comparison.contrasts:
                if contrast.goal is not None:
                    yield _goal(comparison, contrast)


def limit(contrast: Contrast) -> str:
    """Write a goal in words."""
    if contrast.goal is None:
        return ""
    side = "at least" if contrast.at_most is None else "at most"
    return f"{side} {_number(contrast.goal)}"


def _goal(comparison: Comparison, contrast: Contrast) -> str:
    found = comparison.ratio(contrast)
    work = f"{comparison.work}: {contrast.of}"
    verdict = contrast.judge(found)
    return _row(work, contrast.to, limit(contrast), _ratio(found), verdict)


def _ratios(comparison: Comparison, way: str) -> Iterator[str]:
    for contrast in comparison.contrasts:
        if contrast.of == way:
            found = comparison.ratio(contrast)
            text = f"{_ratio(found, times=f' times {contrast.to}')}"
            if contrast.goal is not None:
                text += f", {limit(contrast)}: {contrast.judge(found)}"
            yield text


def _ratio(found: Spread, times: str = "") -> str:
    value, low, high = map(_number, found)
    spread = "" if low == value == high else f" ({low} to {high})"
    return f"{value}{times}{spread}"


def _spread(found: Spread, unit: Unit) -> str:
    factor, name = scale(found.value, unit)
    value, low, high = (_number(each * factor) for each in found)
    spread = "" if low == value == high else f" ({low} to {high})"
    return f"{value} {name}{spread}"


def scale(largest: float, unit: Unit) -> tuple[float, str]:
    """Choose what figures are multiplied by, and their unit then."""
    if unit != "s":
        return 1, unit
    return (1, "s") if largest >= 1 else (1000, "ms")


def _number(value: float) -> str:
    """Write three digits that count, and no more."""
    digits = float(f"{value:.3g}")
    return f"{digits:,.0f}" if abs(digits) >= 100 else f"{digits:g}"  # noqa: PLR2004


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
