"""What TimescaleDB statements share: quoting, literals, and how they are compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.dialects.postgresql.base import PGDDLCompiler, PGDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection
    from sqlalchemy.sql.compiler import DDLCompiler

    from .releases import ServerFeature

# Not the connection's own preparer: that one doubles percent signs for its driver, and
# a statement's percent signs are doubled once, as a whole, when it is compiled.
_preparer = PGDialect(paramstyle="named").identifier_preparer  # type: ignore[no-untyped-call]


EXTENSION: Final = "@extschema@."
"""What stands before the extension's functions until the server says their schema."""


class Statement(ExecutableDDLElement):
    """One TimescaleDB statement, for migrations, ``--sql`` and ``create_all()``.

    Attributes:
        guards_itself: Whether it keeps all rows and values, or refuses; a guard of a
            command need not look at it.
        needs: What it needs of the server, and not every release has.
    """

    inherit_cache = False
    guards_itself = True
    needs: Sequence[ServerFeature] = ()

    def sql(self) -> str:
        """Write the statement.

        Returns:
            The SQL text, with single percent signs and no semicolon at its end.

        Raises:
            NotImplementedError: The class does not say what its statement is.
        """
        raise NotImplementedError

    def calling(self, schema: str | None) -> Text:
        """Say where the extension's functions are that the statement calls.

        Args:
            schema: Their schema, or None to find them on the search path.

        Returns:
            The statement with it.
        """
        place = f"{identifier(schema)}." if schema else ""
        return Text(self.sql().replace(EXTENSION, place))


class Text(Statement):
    """A statement that is written already.

    Args:
        text: The SQL, with single percent signs and no semicolon at its end.
        needs: What it needs of the server, and not every release has.
    """

    def __init__(self, text: str, needs: Sequence[ServerFeature] = ()) -> None:
        self.text = text
        self.needs = needs

    def sql(self) -> str:
        """Write the statement.

        Returns:
            The text.
        """
        return self.text


class Call(Text):
    """The call of one of the extension's functions or procedures for its effect.

    Args:
        verb: ``SELECT`` for a function, ``CALL`` for a procedure.
        name: The function's name.
        positional: SQL expressions passed by position.
        named: SQL expressions passed by name; None leaves an argument out.
    """

    def __init__(
        self, verb: str, name: str, *positional: str, **named: str | None
    ) -> None:
        super().__init__(f"{verb} {extension_call(name, *positional, **named)}")


@compiles(Statement, "postgresql")
def _compile(element: Statement, compiler: DDLCompiler, **_kw: Any) -> str:  # noqa: ANN401
    text = compiler.sql_compiler.post_process_text(element.calling(None).sql())  # type: ignore[no-untyped-call]
    return str(text)


def column_compiler() -> PGDDLCompiler:
    """Make what writes the types, defaults and identities of columns as SQL."""
    dialect = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]
    return PGDDLCompiler(dialect, None)  # type: ignore[arg-type]


def translated(connection: Connection, schema: str | None) -> str | None:
    """Say which schema a connection's ``schema_translate_map`` has for one."""
    options = connection.get_execution_options()
    return dict(options.get("schema_translate_map") or {}).get(schema, schema)


def identifier(name: str) -> str:
    """Quote a name where SQL needs it.

    Args:
        name: The name as the catalog holds it.

    Returns:
        The name, in double quotes if it is not a plain lower-case word.
    """
    # SQLAlchemy takes a line end after a plain word for part of no name.
    if str(name).endswith("\n"):
        return _preparer.quote_identifier(str(name))
    return _preparer.quote(str(name))


def qualified(name: str, schema: str | None) -> str:
    """Write the name of a relation.

    Args:
        name: The relation's name.
        schema: Its schema, or None for the first of the search path.

    Returns:
        The quoted name, after its quoted schema if there is one.
    """
    return f"{identifier(schema)}.{identifier(name)}" if schema else identifier(name)


def string(value: str) -> str:
    """Write text as an SQL string.

    Args:
        value: The text.

    Returns:
        The text in single quotes.
    """
    return "'" + str(value).replace("'", "''") + "'"


def regclass(name: str, schema: str | None) -> str:
    """Write the name of a relation as TimescaleDB's functions take it.

    Args:
        name: The relation's name.
        schema: Its schema, or None for the first of the search path.

    Returns:
        The qualified name as an SQL string.
    """
    return string(qualified(name, schema))


def boolean(value: bool) -> str:  # noqa: FBT001 (it is the value, not a switch)
    """Write a truth value.

    Args:
        value: The value.

    Returns:
        ``true`` or ``false``.
    """
    return "true" if value else "false"


def extension_call(name: str, *positional: str, **named: str | None) -> str:
    """Write the call of one of the extension's functions.

    Args:
        name: The function's name.
        positional: SQL expressions passed by position.
        named: SQL expressions passed by name; None leaves an argument out.

    Returns:
        The call.
    """
    given = [f"{key} => {value}" for key, value in named.items() if value is not None]
    return f"{EXTENSION}{name}({', '.join([*positional, *given])})"


def dollar_quoted(body: str) -> str:
    """Quote the body of a ``DO`` block.

    Args:
        body: The block.

    Returns:
        The block between dollar quotes that do not occur in it.
    """
    tag = "$timescale$"
    while tag in body:
        tag = f"{tag[:-1]}_$"
    return f"{tag}\n{body.strip()}\n{tag}"
