"""Write what the models' constructors take, for type checkers, from the models."""

from __future__ import annotations

import ast
import builtins
import subprocess
import sys
from importlib import import_module
from inspect import getsource
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from dataforeman_schema.databases import DATABASES, Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from sqlalchemy import Table
    from sqlalchemy.orm import Mapper

_HEADER = '''"""What the constructors of the models take, for type checkers.

Written by `make docs` from the models; change those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Required, TypedDict

if TYPE_CHECKING:
'''


def target(database: Database) -> Path:
    """Name the file of a database's models."""
    package = import_module(database.models).__file__
    return Path(str(package)).with_name("constructors.py")


def constructors(database: Database) -> str:
    """Write the file, in the project's format."""
    models = _models(database)
    imports = sorted({line for model in models for line in _imports(model)})
    lines = [_HEADER, *(f"    {line}\n" for line in imports)]
    for model in models:
        lines += _arguments(model)
    return _formatted("".join(lines))


def _models(database: Database) -> list[type]:
    exported = vars(import_module(database.models)).values()
    models = [each for each in exported if hasattr(each, "__table__")]
    return sorted(models, key=lambda model: str(model.__name__))


def _arguments(model: type) -> Iterator[str]:
    mapper: Mapper[Any] = inspect(model)
    yield f"\n\nclass {model.__name__}Arguments(TypedDict, total=False):\n"
    yield f'    """What `{model.__name__}` takes."""\n\n'
    for name, type_ in _annotations(model).items():
        words = ast.unparse(type_)
        yield f"    {name}: {f'Required[{words}]' if _asks(mapper, name) else words}\n"


def _annotations(model: type) -> dict[str, ast.expr]:
    """Find the types in `Mapped[…]` and its like, as they are written."""
    [definition] = ast.parse(getsource(model)).body
    return {
        ast.unparse(statement.target): _Unquoted().visit(statement.annotation.slice)
        for statement in getattr(definition, "body", [])
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.annotation, ast.Subscript)
    }


class _Unquoted(ast.NodeTransformer):
    """Writes a type that is quoted, as it is further down, without its quotes."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """Parse what is quoted."""
        if not isinstance(node.value, str):
            return node
        return ast.parse(node.value, mode="eval").body


def _asks(mapper: Mapper[Any], name: str) -> bool:
    """Tell whether no row can be made without an attribute."""
    if name not in mapper.column_attrs:
        return False
    column = mapper.column_attrs[name].columns[0]
    given = column.nullable or column.server_default is not None
    table: Table = mapper.local_table  # type: ignore[assignment] # models have tables
    drawn = column is table.autoincrement_column
    related = {one for other in mapper.relationships for one in other.local_columns}
    return not (given or drawn or (column.foreign_keys and column in related))


def _imports(model: type) -> Iterator[str]:
    """Import the names in a model's annotations from where its module has them."""
    module: ModuleType = sys.modules[model.__module__]
    sources = _sources(module)
    for type_ in _annotations(model).values():
        for node in ast.walk(type_):
            if isinstance(node, ast.Name) and node.id not in vars(builtins):
                source = sources.get(node.id, module.__name__)
                yield f"from {source} import {node.id}"


def _sources(module: ModuleType) -> dict[str, str]:
    return {
        alias.name: str(statement.module)
        for statement in ast.walk(ast.parse(getsource(module)))
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }


def _formatted(source: str) -> str:
    for command in (["check", "--fix", "--select=I"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "-"]
        source = subprocess.run(  # noqa: S603 - ours
            ruff, input=source, capture_output=True, text=True, check=True
        ).stdout
    return source


if __name__ == "__main__":
    for each in DATABASES.values():
        target(each).write_text(constructors(each), encoding="utf-8")
