"""The SQL that makes, drops and alters each kind of object, from the server's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.catalog.type_definitions import alter_type
from dataforeman_schema.catalog.view_definitions import alter_view, create_view
from dataforeman_schema.catalog.words import literal, literally, quote
from dataforeman_schema.printable import unquoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dataforeman_schema.catalog.snapshot import Properties

__all__ = [
    "alter",
    "changed",
    "create",
    "drop",
    "literal",
    "literally",
    "quote",
    "unquoted",
]

_COMMENTED: Final = {
    "constraints": "CONSTRAINT {name} ON {table}",
    "triggers": "TRIGGER {name} ON {table}",
    "indexes": "INDEX {name}",
    "functions": "FUNCTION {name}",
    "tables": "TABLE {name}",
    "types": "TYPE {name}",
    "views": "VIEW {name}",
    "materialized views": "MATERIALIZED VIEW {name}",
}


def changed(live: Properties, expected: Properties) -> set[str]:
    """Name the properties that differ."""
    return {key for key in expected if expected[key] != live.get(key)}


def create(kind: str, name: str, expected: Properties) -> list[str]:
    """Write what makes an object.

    Args:
        kind: Its kind, as in a snapshot.
        name: Its own name, without its table's.
        expected: What it shall be like.

    Returns:
        The statements, without semicolons.
    """
    made = list(_CREATE[kind](name, expected))
    if expected.get("comment"):
        made.append(_comment(kind, name, expected))
    for part in expected.get("parts", ()):
        made += create(*part)
    return made


def drop(kind: str, name: str, live: Properties) -> list[str]:
    """Write what drops an object, and nothing that depends on it."""
    return [_DROP[_sort(kind, live)].format(name=_name(kind, name), table=_table(live))]


def alter(
    kind: str, name: str, live: Properties, expected: Properties
) -> list[str] | None:
    """Write what changes an object in place.

    Returns:
        The statements; None where it must be dropped and made anew.
    """
    if kind == "columns":
        return _alter_column(name, live, expected)
    differs = changed(live, expected)
    statements: list[str] = []
    if "comment" in differs:
        statements.append(_comment(kind, name, expected))
    if differs - {"comment"}:
        altered = _ALTER[kind](name, live, expected) if kind in _ALTER else None
        if altered is None:
            return None
        statements += altered
    return statements


def _sort(kind: str, found: Properties) -> str:
    return "materialized views" if found.get("kind") == "m" else kind


def _name(kind: str, name: str) -> str:
    return name if kind == "functions" else quote(name)


def _table(properties: Properties) -> str:
    return quote(properties["table"]) if properties.get("table") else ""


def _comment(kind: str, name: str, expected: Properties) -> str:
    noun = _COMMENTED[_sort(kind, expected)]
    where = noun.format(name=_name(kind, name), table=_table(expected))
    return f"COMMENT ON {where} IS {literal(expected['comment'])}"


def _definition(_name: str, expected: Properties) -> Iterator[str]:
    yield expected["definition"].strip().removesuffix(";")


def _constraint(name: str, expected: Properties) -> Iterator[str]:
    force = "" if expected["validated"] else " NOT VALID"
    force = force if expected["enforced"] else " NOT ENFORCED"
    alter = f"ALTER TABLE {_table(expected)} ADD CONSTRAINT {quote(name)}"
    yield f"{alter} {expected['definition']}{force}"


def _trigger(name: str, expected: Properties) -> Iterator[str]:
    yield expected["definition"]
    if expected["enabled"] != "O":
        yield _enable("TRIGGER", name, expected)


def _enable(noun: str, name: str, expected: Properties) -> str:
    state = {"O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
    how = state[expected["enabled"]]
    return f"ALTER TABLE {_table(expected)} {how} {noun} {quote(name)}"


def _sequence(name: str, expected: Properties) -> Iterator[str]:
    yield f"CREATE SEQUENCE {quote(name)} {_options(expected)}"
    yield from _after_rows(name, expected)


def _after_rows(name: str, expected: Properties) -> Iterator[str]:
    """Write what keeps a column's sequence from giving a number that a row has."""
    if expected["table"]:
        sequence, column = literal(quote(name)), quote(expected["column"])
        yield (
            f"SELECT setval({sequence}, greatest(coalesce(max({column}), 0) + 1,"
            f" nextval({sequence})), false) FROM {_table(expected)}"
        )


def _options(expected: Properties) -> str:
    cycle = "CYCLE" if expected["cycle"] else "NO CYCLE"
    owner = f"{_table(expected)}.{quote(expected['column'])}"
    return (
        f"AS {expected['type']} INCREMENT {expected['step']}"
        f" MINVALUE {expected['min']} MAXVALUE {expected['max']}"
        f" START {expected['start']} CACHE {expected['cache']} {cycle}"
        f" OWNED BY {owner if expected['table'] else 'NONE'}"
    )


def _alter_constraint(
    name: str, live: Properties, expected: Properties
) -> list[str] | None:
    differs = changed(live, expected) - {"comment"}
    if differs == {"index_valid"}:
        return [f"REINDEX INDEX {quote(name)}"]
    if differs == {"validated"} and live["enforced"] and expected["validated"]:
        return [f"ALTER TABLE {_table(expected)} VALIDATE CONSTRAINT {quote(name)}"]
    return None


def _alter_trigger(
    name: str, live: Properties, expected: Properties
) -> list[str] | None:
    if changed(live, expected) - {"comment"} != {"enabled"}:
        return None
    return [_enable("TRIGGER", name, expected)]


def _alter_function(
    _name: str, live: Properties, expected: Properties
) -> list[str] | None:
    same = all(live[key] == expected[key] for key in ("kind", "returns"))
    return [expected["definition"].strip()] if same else None


def _alter_sequence(name: str, live: Properties, expected: Properties) -> list[str]:
    statements = [f"ALTER SEQUENCE {quote(name)} {_options(expected)}"]
    if changed(live, expected) & {"table", "column"}:
        statements += _after_rows(name, expected)
    return statements


def _alter_column(name: str, live: Properties, expected: Properties) -> list[str]:
    """Write what makes the server, or no longer, draw or compute a column's values.

    Its default changes with that: a column has but one of the three.
    """
    column = f"ALTER TABLE {_table(expected)} ALTER COLUMN {quote(name)}"
    statements = _no_longer_drawn(column, name, live, expected)
    if live["default"] and not live["generated"]:
        statements.append(f"{column} DROP DEFAULT")
    if identity := expected["identity"]:
        verb = "ADD" if live["identity"] is None else "SET"
        statements += _identity(column, name, expected, identity, verb)
    elif expected["generated"]:
        statements.append(f"{column} SET EXPRESSION AS ({expected['default']})")
    elif expected["default"]:
        statements.append(f"{column} SET DEFAULT {expected['default']}")
    return statements


def _no_longer_drawn(
    column: str, name: str, live: Properties, expected: Properties
) -> list[str]:
    if live["identity"] and not expected["identity"]:
        return [f"{column} DROP IDENTITY"]
    if live["generated"] == "v" and not expected["generated"]:
        return _stored(name, live, expected)
    if live["generated"] and not expected["generated"]:
        return [f"{column} DROP EXPRESSION"]
    return []


def _stored(name: str, live: Properties, expected: Properties) -> list[str]:
    """Write what stores values that are computed when they are read."""
    table, column = f"ALTER TABLE {_table(live)}", quote(name)
    copy = quote(f"{name}_stored")
    statements = [
        f"{table} ADD COLUMN {copy} {live['type']}",
        f"UPDATE {_table(live)} SET {copy} = {column}",
        f"{table} DROP COLUMN {column}",
        f"{table} RENAME COLUMN {copy} TO {column}",
    ]
    if not live["nullable"]:
        statements.append(f"{table} ALTER COLUMN {column} SET NOT NULL")
    if comment := expected["comment"]:
        where = f"COLUMN {_table(live)}.{column}"
        statements.append(f"COMMENT ON {where} IS {literal(comment)}")
    return statements


def _identity(
    column: str, name: str, expected: Properties, identity: Properties, verb: str
) -> list[str]:
    kind = {"a": "ALWAYS", "d": "BY DEFAULT"}[identity["kind"]]
    cycle = "CYCLE" if identity["cycle"] else "NO CYCLE"
    options = [
        f"INCREMENT BY {identity['step']}",
        _bound("MINVALUE", identity["min"]),
        _bound("MAXVALUE", identity["max"]),
        f"START WITH {identity['start']}",
        f"CACHE {identity['cache']}",
        cycle,
    ]
    if verb == "SET":
        settings = " ".join(f"SET {option}" for option in options)
        return [f"{column} SET GENERATED {kind} {settings}"]
    table, field = literal(_table(expected)), quote(name)
    return [
        f"{column} SET NOT NULL",
        f"{column} ADD GENERATED {kind} AS IDENTITY ({' '.join(options)})",
        (
            f"SELECT setval(pg_get_serial_sequence({table}, {literal(name)}),"
            f" greatest(max({field}) + 1, {identity['start']}), false)"
            f" FROM {_table(expected)}"
        ),
    ]


def _bound(noun: str, value: int | None) -> str:
    return f"NO {noun}" if value is None else f"{noun} {value}"


def _alter_table(name: str, live: Properties, expected: Properties) -> list[str]:
    differs, table = changed(live, expected), f"ALTER TABLE {quote(name)}"
    statements = []
    if "persistence" in differs:
        logged = "SET UNLOGGED" if expected["persistence"] == "u" else "SET LOGGED"
        statements.append(f"{table} {logged}")
    if "closed" in differs:
        security = "ENABLE" if expected["closed"] else "DISABLE"
        statements.append(f"{table} {security} ROW LEVEL SECURITY")
    if "keys_enforced" in differs:
        statements.append(f"{table} ENABLE TRIGGER ALL")
    return statements


_CREATE: Final[dict[str, Callable[[str, Properties], Iterator[str]]]] = {
    "constraints": _constraint,
    "indexes": _definition,
    "triggers": _trigger,
    "rules": _definition,
    "sequences": _sequence,
    "functions": _definition,
    "views": create_view,
    "types": _definition,
    "statistics": _definition,
}
_DROP: Final = {
    "constraints": "ALTER TABLE {table} DROP CONSTRAINT {name}",
    "indexes": "DROP INDEX {name}",
    "triggers": "DROP TRIGGER {name} ON {table}",
    "rules": "DROP RULE {name} ON {table}",
    "sequences": "DROP SEQUENCE {name}",
    "functions": "DROP FUNCTION {name}",
    "views": "DROP VIEW {name}",
    "materialized views": "DROP MATERIALIZED VIEW {name}",
    "types": "DROP TYPE {name}",
    "statistics": "DROP STATISTICS {name}",
}
_ALTER: Final[dict[str, Callable[[str, Properties, Properties], list[str] | None]]] = {
    "constraints": _alter_constraint,
    "triggers": _alter_trigger,
    "functions": _alter_function,
    "sequences": _alter_sequence,
    "tables": _alter_table,
    "types": alter_type,
    "views": alter_view,
}
