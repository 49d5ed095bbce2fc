"""Write operations into migrations as readable ``op.…`` calls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .interval import Months

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.autogenerate.api import AutogenContext

_LINE = 84


def call(
    context: AutogenContext,
    name: str,
    /,
    *positional: object,
    **named: object,
) -> str:
    """Write the call of an operation; arguments that are None are left out.

    Args:
        context: The migration being written; what the call needs is imported there.
        name: The operation, as ``op`` knows it.
        positional: Values passed by position.
        named: Values passed by name.

    Returns:
        The call, on one line if it fits, otherwise an argument a line.
    """
    arguments = [value(context, item) for item in positional]
    arguments += [
        f"{key}={value(context, item)}"
        for key, item in named.items()
        if item is not None
    ]
    prefix = context.opts["alembic_module_prefix"] or ""
    line = f"{prefix}{name}({', '.join(arguments)})"
    if len(line) <= _LINE and "\n" not in line:
        return line
    lines = "".join(f"    {argument},\n" for argument in arguments)
    return f"{prefix}{name}(\n{lines})"


def value(context: AutogenContext, item: Any) -> str:  # noqa: ANN401
    """Write a value as Python, and have the migration import what it takes.

    Args:
        context: The migration being written.
        item: A string, number, truth value, span, moment, or a sequence of these.

    Returns:
        The expression.
    """
    if isinstance(item, timedelta):
        context.imports.add("from datetime import timedelta")
        return _timedelta(item)
    if isinstance(item, Months):
        context.imports.add(f"from {__package__} import Months")
        rest = f", {value(context, item.rest)}" if item.rest else ""
        return f"Months({item.count}{rest})"
    if isinstance(item, (list, tuple)):
        return _sequence(context, item)
    if isinstance(item, datetime):
        context.imports.add("from datetime import datetime")
        return f"datetime.fromisoformat({item.isoformat()!r})"
    if isinstance(item, str):
        return _string(str(item))
    return repr(item)


def comment(text: str) -> list[str]:
    """Write what a reader of the migration must know.

    Args:
        text: What to say, or nothing.

    Returns:
        Comment lines, none if there is nothing to say.
    """
    return [f"# {line}" for line in text.splitlines()]


def _string(text: str) -> str:
    if "\n" not in text:
        return repr(text)
    lines = "".join(f"        {line!r}\n" for line in text.splitlines(keepends=True))
    return f"(\n{lines}    )"


def _sequence(context: AutogenContext, items: Sequence[object]) -> str:
    inner = ", ".join(value(context, item) for item in items)
    if isinstance(items, list):
        return f"[{inner}]"
    return f"({inner},)" if len(items) == 1 else f"({inner})"


def _timedelta(delta: timedelta) -> str:
    parts = {
        "days": delta.days,
        "hours": delta.seconds // 3600,
        "minutes": delta.seconds % 3600 // 60,
        "seconds": delta.seconds % 60,
        "microseconds": delta.microseconds,
    }
    given = ", ".join(f"{unit}={count}" for unit, count in parts.items() if count)
    return f"timedelta({given})"
