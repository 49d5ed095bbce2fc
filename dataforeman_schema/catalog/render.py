"""How the operations are written into a revision."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, ops
from sqlalchemy import (
    CheckConstraint,
    Constraint,
    DefaultClause,
    Index,
    PrimaryKeyConstraint,
    TextClause,
)
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.sql.elements import conv

from dataforeman_schema.catalog.definitions import literally, quote, unquoted
from dataforeman_schema.catalog.operation import CommittedOp, ObjectOp
from dataforeman_schema.catalog.question import asked
from dataforeman_schema.catalog.retype import RetypeOp, parts
from dataforeman_schema.catalog.type_operations import RelabelOp
from dataforeman_schema.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import ClauseElement

    from dataforeman_schema.catalog.snapshot import Properties

_CONSTRAINTS: Final = {
    "p": "primary",
    "u": "unique",
    "f": "foreignkey",
    "c": "check",
}
_SPECIAL: Final = re.compile(r"^UNIQUE .*(INCLUDE|DEFERRABLE)|^EXCLUDE .*DEFERRABLE")
"""What SQLAlchemy does not reflect, or Alembic cannot write, of a constraint."""


def render_item(
    kind: str, item: object, context: AutogenContext
) -> str | Literal[False]:
    """Write what Alembic does not write as it is.

    It doubles percent signs of defaults and CHECKs, where SQLAlchemy takes colons for
    parameters, and forgets that a primary key is deferrable.

    Args:
        kind: What Alembic calls the item.
        item: A part of a table.
        context: Where it is written.

    Returns:
        Python, for ``context.configure(render_item=…)``; False: as Alembic writes it.
    """
    prefix = context.opts["sqlalchemy_module_prefix"]
    match kind, item:
        case "type", DOMAIN():
            context.imports.add("from sqlalchemy.dialects import postgresql")
            base = f"{prefix}{item.data_type!r}"
            return f"postgresql.DOMAIN({item.name!r}, {base}, create_type=False)"
        case "server_default", DefaultClause(arg=TextClause() as words):
            return f"{prefix}text({_words(words, context)!r})"
        case "check", CheckConstraint() if not item.dialect_kwargs:
            words = item.sqltext
            named = f"name={_f(str(item.name), context)}"
            return f"{prefix}CheckConstraint({_words(words, context)!r}, {named})"
        case "primary_key", PrimaryKeyConstraint(deferrable=True):
            columns = ", ".join(repr(column.name) for column in item.columns)
            waits = f"deferrable=True, initially={item.initially!r}"
            named = f"name={_f(str(item.name), context)}"
            return f"{prefix}PrimaryKeyConstraint({columns}, {named}, {waits})"
    return False


def _words(element: ClauseElement, context: AutogenContext) -> str:
    impl = context.migration_context.impl
    return literally(impl.render_ddl_sql_expr(element).replace("%%", "%"))


def _f(name: str, context: AutogenContext) -> str:
    return f"{context.opts['alembic_module_prefix']}f({name!r})"


@renderers.dispatch_for(RetypeOp)
def _render_retype(context: AutogenContext, op: RetypeOp) -> list[str]:
    return [_render_part(context, part) for part in parts(op)]


def _render_part(context: AutogenContext, part: ops.AlterColumnOp) -> str:
    [rendered] = _listed(renderers.dispatch(part)(context, part))
    using = part.kw.get("postgresql_using")
    if using is None:
        return rendered
    indent = " " * 11
    return f"{rendered[:-1]},\n{indent}postgresql_using={using!r})"


@renderers.dispatch_for(ObjectOp)
def _render(context: AutogenContext, op: ObjectOp) -> list[str]:
    """Write Alembic's own operation where there is one that says it all, else SQL."""
    if op.by_hand:
        return [f"# Not written: {printable(op.by_hand)}."]
    own = _own_operation(op)
    if own is not None:
        return _listed(renderers.dispatch(own)(context, own))
    if op.live is None and op.expected and (call := _call(context, op, op.expected)):
        return [call]
    return _executed(context, op.statements())


@renderers.dispatch_for(CommittedOp)
def _render_committed(context: AutogenContext, op: CommittedOp) -> str:
    prefix = context.opts["alembic_module_prefix"]
    lines = (f"    {line}" for line in _executed(context, op.statements()))
    block = f"with {prefix}get_context().autocommit_block():"
    return "\n".join((block, *lines))


@renderers.dispatch_for(RelabelOp)
def _render_relabel(context: AutogenContext, op: RelabelOp) -> list[str]:
    return asked(
        context,
        op.question,
        _executed(context, op.renaming()),
        _executed(context, op.statements()),
        "refuses rows that have a label which goes",
    )


def _executed(context: AutogenContext, statements: Iterable[str]) -> list[str]:
    prefix = context.opts["alembic_module_prefix"]
    return [f"{prefix}execute({literally(text)!r})" for text in statements]


def _listed(rendered: str | list[str]) -> list[str]:
    return [rendered] if isinstance(rendered, str) else rendered


def _own_operation(op: ObjectOp) -> MigrateOperation | None:
    if op.expected is None and op.live is not None:
        return _own_drop(op, op.live)
    if op.item is None or op.expected is None or not _is_plain(op.expected):
        return None
    if isinstance(op.item, Index):
        return ops.CreateIndexOp.from_index(op.item)
    if isinstance(op.item, Constraint) and op.expected["type"] in {"u", "f", "x"}:
        return ops.AddConstraintOp.from_constraint(op.item)
    return None


def _own_drop(op: ObjectOp, live: Properties) -> MigrateOperation | None:
    name, table = conv(op.name), str(op.table_name)
    if op.kind == "indexes":
        return ops.DropIndexOp(name, table)
    if op.kind == "constraints":
        return ops.DropConstraintOp(name, table, _CONSTRAINTS.get(live["type"]))
    return None


def _is_plain(expected: Properties) -> bool:
    """Tell whether SQLAlchemy reflects, and Alembic writes, all of an object."""
    definition = expected["definition"]
    special = ("comment", "operators", "collations", "options")
    return (
        not any(_filled(expected.get(key)) for key in special)
        and expected.get("validated", True)
        and expected.get("enforced", True)
        and literally(definition) == definition
        and "%" not in definition
        and (expected.get("type") == "f" or not _SPECIAL.search(definition))
    )


def _filled(value: object) -> bool:
    return any(value) if isinstance(value, list) else bool(value)


def _call(context: AutogenContext, op: ObjectOp, expected: Properties) -> str | None:
    """Write an operation from the server's words, where those are simple."""
    if op.kind not in {"constraints", "indexes"} or not _is_plain(expected):
        return None
    call = _of_index if op.kind == "indexes" else _of_constraint
    written = call(op, expected)
    if written is None:
        return None
    verb, *arguments = written
    prefix = context.opts["alembic_module_prefix"]
    what = ", ".join((_f(op.name, context), repr(op.table_name), *arguments))
    return f"{prefix}{verb}({what})"


def _of_index(op: ObjectOp, expected: Properties) -> tuple[str, ...] | None:
    names = [unquoted(key) for key in expected["keys"]]
    unique = "UNIQUE " if expected["unique"] else ""
    on = f"{quote(op.name)} ON {quote(str(op.table_name))}"
    listed = ", ".join(map(quote, names))
    if expected["definition"] != f"CREATE {unique}INDEX {on} USING btree ({listed})":
        return None
    return "create_index", repr(names), f"unique={expected['unique']}"


def _of_constraint(_op: ObjectOp, expected: Properties) -> tuple[str, ...] | None:
    definition, columns = expected["definition"], expected["columns"] or []
    if definition == f"CHECK ({expected['expression']})":
        return "create_check_constraint", repr(expected["expression"])
    listed = ", ".join(map(quote, columns))
    if definition == f"PRIMARY KEY ({listed})":
        return "create_primary_key", repr(columns)
    if definition == f"UNIQUE ({listed})":
        return "create_unique_constraint", repr(columns)
    return None
