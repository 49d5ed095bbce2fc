"""Results as pictures, for light and for dark: Vega-Lite draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import vl_convert

from benchmarks.table import scale

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.comparison import Comparison, Contrast
    from benchmarks.results import Results

    Spec = dict[str, Any]

_OURS, _OTHERS = "#3b82c4", "#9aa4ae"
_VERDICTS: Final = ["met", "within the spread", "missed"]
_COLOURS: Final = {"domain": _VERDICTS, "range": ["#3b82c4", "#b58900", "#d1495b"]}
_SHAPES: Final = {"domain": _VERDICTS, "range": ["circle", "triangle-up", "square"]}
_WIDTH: Final = 420
_ONE_COLUMN: Final = 4  # panels
_CONFIG: Final = {
    "background": "transparent",
    "padding": 10,
    "font": "sans-serif",
    "axis": {"labelLimit": 0, "gridColor": "#8b949e44", "domainColor": "#8b949e"},
    "header": {"titleFontSize": 0, "labelFontWeight": "bold", "labelLimit": 0},
    "view": {"stroke": None},
    "legend": {"orient": "bottom", "titleFontSize": 0},
}
_STYLE: Final = """<style>
svg { background: #ffffff }
text { fill: #1f2328 }
.mark-rule.role-mark line { stroke: #1f2328 }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117 }
  text { fill: #e6edf3 }
  .mark-rule.role-mark line { stroke: #e6edf3 }
}
</style>"""


def draw_figures(results: Results) -> str:
    """Draw medians as bars, with their quartiles; what is judged is coloured."""
    panels = [_panel(comparison) for comparison in results.comparisons]
    columns = 2 if len(panels) > _ONE_COLUMN else 1
    whole = {"concat": panels, "columns": columns, "spacing": 24}
    return _svg(whole, f"Figures of {results.piece}")


def _panel(comparison: Comparison) -> Spec:
    largest = max(comparison.spread(way).value for way in comparison.samples)
    factor, name = scale(largest, comparison.unit)
    rows = []
    with_goal = [each for each in comparison.contrasts if each.goal is not None]
    peers = {each.to for each in with_goal} - {each.of for each in with_goal}
    judged = {each.of for each in comparison.contrasts} - peers
    for way in comparison.samples:
        value, low, high = (each * factor for each in comparison.spread(way))
        kind = "ours" if way in judged else "others"
        rows.append({"way": way, "v": value, "low": low, "high": high, "kind": kind})
    y = {"field": "way", "type": "nominal", "sort": None, "axis": _PLAIN}
    x = {"field": "v", "type": "quantitative", "axis": {"title": name, "tickCount": 5}}
    colour = {"field": "kind", "scale": _KINDS, "legend": None}
    bars = {
        "mark": {"type": "bar", "height": 11},
        "encoding": {"x": x, "color": colour},
    }
    return {
        "title": {"text": comparison.work, "anchor": "start", "fontSize": 12},
        "width": _WIDTH,
        "height": {"step": 19},
        "data": {"values": rows},
        "encoding": {"y": y},
        "layer": [bars, _whisker(x)],
    }


_PLAIN: Final = {"title": None, "ticks": False, "domain": False}
_KINDS: Final = {"domain": ["ours", "others"], "range": [_OURS, _OTHERS]}


def _whisker(x: Spec) -> Spec:
    ends = {"x": x | {"field": "low"}, "x2": {"field": "high"}}
    return {"mark": {"type": "rule", "strokeWidth": 1.5}, "encoding": ends}


def draw_goals(pieces: Iterable[Results]) -> str:
    """Draw each ratio with its interval, as a part of what it may be."""
    rows = [row for results in pieces for row in _goal_rows(results)]
    ends = _whisker(_RATIO)
    spec: Spec = {
        "width": _WIDTH,
        "height": {"step": 19},
        "data": {"values": rows},
        "layer": [_GOAL, *(_by_work(layer) for layer in (ends, _POINTS))],
    }
    return _svg(spec, "Ratios against their goals")


def _by_work(layer: Spec) -> Spec:
    work = {"field": "work", "type": "nominal", "sort": None, "axis": _PLAIN}
    return layer | {"encoding": layer["encoding"] | {"y": work}}


_LOG: Final = {"type": "log", "nice": False}
_RATIO: Final[Spec] = {
    "field": "v",
    "type": "quantitative",
    "scale": _LOG,
    "axis": {"title": "ratio ÷ goal (left of 1 is better than the goal)"},
}
_GOAL: Final = {
    "mark": {"type": "rule", "strokeDash": [4, 3]},
    "encoding": {"x": {"datum": 1, "type": "quantitative", "scale": _LOG}},
}
_POINTS: Final[Spec] = {
    "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
    "encoding": {
        "x": _RATIO,
        "color": {"field": "verdict", "scale": _COLOURS},
        "shape": {"field": "verdict", "scale": _SHAPES},
    },
}


def _goal_rows(results: Results) -> Iterator[Spec]:
    for comparison in results.comparisons:
        for contrast in comparison.contrasts:
            if contrast.goal is not None:
                yield _goal_row(comparison, contrast, contrast.goal)


def _goal_row(comparison: Comparison, contrast: Contrast, goal: float) -> Spec:
    found = comparison.ratio(contrast)
    parts = [each / goal for each in found]
    if contrast.at_most is None:
        parts = [1 / each for each in parts]
    value, low, high = parts
    return {
        "work": f"{comparison.work}: {contrast.of} / {contrast.to}",
        "v": value,
        "low": low,
        "high": high,
        "verdict": contrast.judge(found),
    }


def _svg(spec: Spec, description: str) -> str:
    whole = spec | {"description": description, "config": _CONFIG}
    head, mark, rest = vl_convert.vegalite_to_svg(whole).partition(">")
    return head + mark + _STYLE + rest + "\n"
