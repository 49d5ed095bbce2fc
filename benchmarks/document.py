"""Writing what runs found into docs/performance.md, between its text by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from benchmarks.plot import draw_figures, draw_goals
from benchmarks.results import read_all
from benchmarks.table import figures, goals
from dataforeman_schema.packaging import alembic_ini

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.results import Results

DOCUMENT: Final = alembic_ini().parent / "docs" / "performance.md"
FOLDER: Final = DOCUMENT.with_suffix("")
SUMMARY: Final = "goals"
_PART: Final = re.compile(
    r"(?P<begin><!-- begin (?P<name>\w+) -->\n).*?(?=<!-- end -->)", re.DOTALL
)


def write_document() -> None:
    """Write tables and pictures anew from the results beside the document."""
    for name, picture in pictures(FOLDER).items():
        (FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")
    DOCUMENT.write_text(document(), encoding="utf-8")


def pictures(folder: Path) -> dict[str, str]:
    """Draw the results of a folder, by the names of the files."""
    found = _in_order(folder)
    drawn = {name: draw_figures(results) for name, results in found.items()}
    return drawn | {SUMMARY: draw_goals(found.values())}


def document() -> str:
    """Return the document with its parts as the results are."""
    found = _in_order(FOLDER)
    parts = {name: "\n".join(_piece(results)) for name, results in found.items()}
    parts[SUMMARY] = "\n".join(_summary(list(found.values())))

    def part(match: re.Match[str]) -> str:
        return match["begin"] + parts.get(match["name"], "") + "\n"

    return _PART.sub(part, DOCUMENT.read_text(encoding="utf-8"))


def _in_order(folder: Path) -> dict[str, Results]:
    """Read the results of a folder, in the order of the document's sections."""
    found = read_all(folder)
    sections = [match["name"] for match in _PART.finditer(DOCUMENT.read_text("utf-8"))]
    return {name: found[name] for name in sections if name in found}


def _summary(found: list[Results]) -> Iterator[str]:
    yield f"\n![Ratios against their goals]({FOLDER.name}/{SUMMARY}.svg)\n"
    yield from goals(found)
    versions = {pair for results in found for pair in results.about["packages"].items()}
    yield f"\nVersions: {', '.join(' '.join(pair) for pair in sorted(versions))}.\n"


def _piece(results: Results) -> Iterator[str]:
    yield f"\n![Figures of {results.piece}]({FOLDER.name}/{results.piece}.svg)\n"
    yield from figures(results.comparisons)
    yield f"\n{_about(results)}\n"


def _about(results: Results) -> str:
    about = results.about
    has = about["machine"]
    machine = f"{has['cores']} cores, {has['memory']}, {has['system']}"
    parts = [f"{machine}, Python {has['Python']}"]
    for title, server in about["servers"].items():
        parts.append(f"{title} server: {_server(server)}")
    return f"Measured on {about['date']}: {'; '.join(parts)}."


def _server(server: dict[str, str]) -> str:
    """Name the server and the settings that figures depend on."""
    version, _, _ = server["server_version"].partition(" ")
    parts = [f"PostgreSQL {version}"]
    if "timescaledb" in server:
        parts.append(f"TimescaleDB {server['timescaledb']}")
    parts += [f"{name} {server[name]}" for name in ("fsync", "shared_buffers")]
    return ", ".join([*parts, *filter(None, [server.get("kind")])])
