"""How the operations are written into a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, ops
from sqlalchemy import CheckConstraint, Constraint, DefaultClause, Index, TextClause

from dataforeman_schema.catalog.definitions import literally, quote
from dataforeman_schema.catalog.operation import ObjectOp
from dataforeman_schema.catalog.retype import RetypeOp, parts

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import ClauseElement
    from sqlalchemy.schema import SchemaItem

    from dataforeman_schema.catalog.snapshot import Properties


def render_item(
    kind: str, item: object, context: AutogenContext
) -> str | Literal[False]:
    """Write defaults and CHECKs with percent signs and colons as they are.

    Alembic would double the former, and SQLAlchemy take the latter for parameters.

    Args:
        kind: What Alembic calls the item.
        item: A part of a table.
        context: Where it is written.

    Returns:
        Python, for ``context.configure(render_item=…)``; False: as Alembic writes it.
    """
    prefix = context.opts["sqlalchemy_module_prefix"]
    match kind, item:
        case "server_default", DefaultClause(arg=TextClause() as words):
            return f"{prefix}text({_words(words, context)!r})"
        case "check", CheckConstraint() if not item.dialect_kwargs:
            words = item.sqltext
            named = f"name={_f(str(item.name), context)}"
            return f"{prefix}CheckConstraint({_words(words, context)!r}, {named})"
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
    own = _own_operation(op)
    if own is not None:
        return _listed(renderers.dispatch(own)(context, own))
    if op.live is None and op.expected and (call := _call(context, op, op.expected)):
        return [call]
    texts = map(literally, op.statements())
    return [f"op.execute({text!r})" for text in texts]


def _listed(rendered: str | list[str]) -> list[str]:
    return [rendered] if isinstance(rendered, str) else rendered


def _own_operation(op: ObjectOp) -> MigrateOperation | None:
    if op.expected is None and op.live is not None:
        return _own_drop(op.live_item)
    if op.item is None or op.expected is None or not _is_plain(op.expected):
        return None
    if isinstance(op.item, Index):
        return ops.CreateIndexOp.from_index(op.item)
    if isinstance(op.item, Constraint) and op.expected["type"] in {"u", "f", "x"}:
        return ops.AddConstraintOp.from_constraint(op.item)
    return None


def _own_drop(item: SchemaItem | None) -> MigrateOperation | None:
    if isinstance(item, Index):
        return ops.DropIndexOp.from_index(item)
    if isinstance(item, Constraint):
        return ops.DropConstraintOp.from_constraint(item)
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
        and ("DEFERRABLE" not in definition or expected["type"] == "f")
    )


def _filled(value: object) -> bool:
    return any(value) if isinstance(value, list) else bool(value)


def _call(context: AutogenContext, op: ObjectOp, expected: Properties) -> str | None:
    """Write the operations for keys and CHECKs that Alembic has but does not write."""
    if op.kind != "constraints" or not _is_plain({**expected, "type": "f"}):
        return None
    prefix = context.opts["alembic_module_prefix"]
    what = f"{_f(op.name, context)}, {op.table_name!r}"
    if expected["definition"] == f"CHECK ({expected['expression']})":
        return f"{prefix}create_check_constraint({what}, {expected['expression']!r})"
    columns = expected["columns"]
    if expected["definition"] == f"PRIMARY KEY ({', '.join(map(quote, columns))})":
        return f"{prefix}create_primary_key({what}, {columns!r})"
    return None
