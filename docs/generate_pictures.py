"""Draw the tables and their keys, a picture per domain and one of all, from the models.

Paracelsus makes graphs of tables, and Graphviz, built to WebAssembly, draws them: it
measures text by tables of its own, so the pictures are the same on every machine.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from paracelsus.transformers.dot import Dot
from pydot import Edge
from sqlalchemy import Column, ForeignKey, MetaData, Table
from sqlalchemy.types import UserDefinedType

from dataforeman_schema.databases import DATABASES
from dataforeman_schema.embedded.npm import install, node, shared_modules
from docs.generate_schema import WHOLE, domains, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET: Final = Path(__file__).parent / "pictures"
_RENDERER: Final = Path(__file__).parent / "graphviz"
_ACROSS: Final = {
    "tag_values.connection_id": "connections.id",
    "tag_values.tag_id": "tag_metadata.tag_id",
}
"""Columns that refer to the other database, where no foreign key reaches: dashed."""
_GRAPH: Final = {"rankdir": "LR", "bgcolor": "transparent", "pad": "0.2"}
_STYLE: Final = """<style>
svg { background: #ffffff }
text { font-family: ui-monospace, "DejaVu Sans Mono", monospace; fill: #1f2328 }
polygon, path, polyline { stroke: #6e7781 }
polygon[fill="lightblue"] { fill: #cfe3f7 }
.edge polygon { fill: #6e7781 }
.edge text { fill: #57606a }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117 }
  text { fill: #e6edf3 }
  polygon, path, polyline { stroke: #8b949e }
  polygon[fill="lightblue"] { fill: #1f4468 }
  .edge polygon { fill: #8b949e }
  .edge text { fill: #adbac7 }
}
</style>
"""


def pictures() -> dict[str, str]:
    """Draw all pictures, as SVG for light and for dark, by the name of the domain."""
    shown = {
        domain: tables
        for database in DATABASES.values()
        for domain, tables in domains(database).items()
    }
    every = [table for tables in shown.values() for table in tables]
    graphs = {domain: _graph(tables, every) for domain, tables in shown.items()}
    graphs[WHOLE] = _graph([], every)
    return {name: _styled(svg) for name, svg in _render(graphs).items()}


def _graph(shown: list[Table], every: list[Table]) -> str:
    """Write tables as DOT; of those that they refer to, or of all, only the keys."""
    named = {target for table in shown for target in _targets(table)}
    drawn = {table.name for table in shown or every} | named
    metadata = MetaData()
    for table in every:
        if table.name in drawn:
            _copy(table, metadata, drawn, only_keys=table not in shown)
    return _dot(metadata)


def _targets(table: Table) -> set[str]:
    across = {key for name, key in _ACROSS.items() if name.startswith(f"{table.name}.")}
    keys = across | {key.target_fullname for key in table.foreign_keys}
    return {key.partition(".")[0] for key in keys}


def _copy(
    table: Table, metadata: MetaData, drawn: set[str], *, only_keys: bool
) -> None:
    copied = Table(table.name, metadata)
    for column in table.columns:
        keys = [key.target_fullname for key in column.foreign_keys]
        known = [ForeignKey(key) for key in keys if key.partition(".")[0] in drawn]
        if column.primary_key or known or not only_keys:
            copied.append_column(
                Column(
                    column.name,
                    _Named(type_of(column)),
                    *known,
                    primary_key=column.primary_key,
                    unique=column.unique,
                )
            )


class _Named(UserDefinedType[object]):
    """A type by its name in PostgreSQL."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_kw: object) -> str:
        """Return the name."""
        return self.name


def _dot(metadata: MetaData) -> str:
    graph = Dot(metadata, column_sort="preserve-order").graph
    graph.set_graph_defaults(**_GRAPH)
    for edge in graph.get_edges():
        if len(metadata.tables[edge.get_destination()].primary_key) > 1:
            edge.set("arrowhead", "crow")  # a part of a key is taken for unique
    for edge in _edges_across(metadata):
        graph.add_edge(edge)
    for part in (*graph.get_nodes(), *graph.get_edges()):
        part.set("fontname", "Courier")
        part.set("fontsize", "11")
    return str(graph.to_string())


def _edges_across(metadata: MetaData) -> Iterator[Edge]:
    for column, key in _ACROSS.items():
        referring, name = column.split(".")
        referred, _ = key.split(".")
        if {referring, referred} <= metadata.tables.keys():
            edge = Edge(referred, referring, label=name, style="dashed")
            edge.set("arrowhead", "crow")
            edge.set("dir", "forward")
            yield edge


def _render(graphs: dict[str, str]) -> dict[str, str]:
    modules = shared_modules(_RENDERER)
    install(modules, _RENDERER)
    program = (_RENDERER / "render.mjs").read_text(encoding="utf-8")
    command = [str(node()), "--input-type=module", "--eval", program]
    done = subprocess.run(  # noqa: S603 - ours
        command,
        input=json.dumps(graphs),
        cwd=modules.parent,
        capture_output=True,
        check=True,
        text=True,
    )
    rendered: dict[str, str] = json.loads(done.stdout)
    return rendered


def _styled(svg: str) -> str:
    head, tag, rest = svg.partition("<g id=")
    return head + _STYLE + tag + rest


if __name__ == "__main__":
    TARGET.mkdir(exist_ok=True)
    for name, picture in pictures().items():
        (TARGET / f"{name}.svg").write_text(picture, encoding="utf-8")
