"""The statements that switch the columnstore on, set it, and switch it off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .ddl import Statement, Text, dollar_quoted, identifier, qualified, regclass, string

if TYPE_CHECKING:
    from .columnstore_state import Settings

_DISABLE: Final = """
DECLARE
  chunk regclass;
BEGIN
  FOR chunk IN SELECT @extschema@.show_chunks({relation}) LOOP
    CALL @extschema@.convert_to_rowstore(chunk, if_columnstore => true);
  END LOOP;
  {alter} SET (timescaledb.enable_columnstore = false);
END
"""


def set_columnstore(
    name: str, schema: str | None, settings: Settings, existing: Settings | None = None
) -> list[Statement]:
    """Say what switches the columnstore on, or gives it other settings.

    Chunks that are in the columnstore already keep the settings they were made with.

    Args:
        name: The hypertable or continuous aggregate.
        schema: Its schema, or None for the first of the search path.
        settings: The settings that it shall have; what is None there is left alone.
        existing: The settings that it has; what is None only among the others is given
            back to the server.

    Returns:
        One ``ALTER``, and another where something is given back.
    """
    given, reset = ["timescaledb.enable_columnstore = true"], []
    for option, field in (("segmentby", "segment_by"), ("orderby", "order_by")):
        wanted = _listed(settings, field)
        if wanted is not None:
            given.append(f"timescaledb.{option} = {string(wanted)}")
        elif existing is not None and _listed(existing, field) is not None:
            reset.append(f"timescaledb.{option}")
    alter = _alter(name, schema, settings)
    changes = [f"{alter} SET ({', '.join(given)})"]
    changes += [f"{alter} RESET ({', '.join(reset)})"] if reset else []
    return [Text(change) for change in changes]


class DisableColumnstore(Statement):
    """Bring every chunk back into the rowstore and switch the columnstore off.

    Args:
        name: The hypertable or continuous aggregate.
        schema: Its schema, or None for the first of the search path.
        settings: The settings that it has.
    """

    def __init__(self, name: str, schema: str | None, settings: Settings) -> None:
        self.relation = regclass(name, schema)
        self.alter = _alter(name, schema, settings)

    def sql(self) -> str:
        """Write the statement.

        Returns:
            A ``DO`` block, so that it works in ``--sql`` mode too.
        """
        body = _DISABLE.format(relation=self.relation, alter=self.alter)
        return f"DO {dollar_quoted(body)}"


def _alter(name: str, schema: str | None, settings: Settings) -> str:
    kind = "MATERIALIZED VIEW" if settings.is_aggregate else "TABLE"
    return f"ALTER {kind} {qualified(name, schema)}"


def _listed(settings: Settings, field: str) -> str | None:
    items = getattr(settings, field)
    if items is None:
        return None
    return ", ".join(
        identifier(item) if isinstance(item, str) else str(item) for item in items
    )
