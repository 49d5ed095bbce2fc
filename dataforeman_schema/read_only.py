"""Why nothing can be written on a server, and how to get to where it can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from dataforeman_schema.settings import Variables

READ_ONLY_QUERY: Final = """
SELECT pg_is_in_recovery(), source, quote_ident(session_user),
  quote_ident(current_database())
FROM pg_settings WHERE name = 'default_transaction_read_only'
"""
"""Finds a `ReadOnly` in a session that cannot write."""

_ALTERED: Final = {
    "database": "DATABASE {database}",
    "user": "ROLE {role}",
    "database user": "ROLE {role} IN DATABASE {database}",
}
_SESSIONS: Final = ("client", "session", "default")


class ReadOnly(NamedTuple):
    """What makes a session read-only.

    Attributes:
        is_standby: Whether its server is one.
        source: Otherwise, where it is set, in the words of pg_settings.
        role: The role that logged in, quoted for SQL.
        database: The database, quoted for SQL.
    """

    is_standby: bool
    source: str
    role: str
    database: str

    def refusal(self, place: object, variables: Variables) -> SchemaError:
        """Say that nothing can be written there, why, and what to do about it.

        Args:
            place: What cannot be written, in words.
            variables: The variables that led there.

        Returns:
            An error to raise.
        """
        if self.is_standby:
            return SchemaError(
                f"{place} is read-only, for its server is a standby; point "
                f"{variables.single('HOST')} at the primary, or name all servers in "
                f"{variables.url} with ?target_session_attrs=read-write"
            )
        return SchemaError(
            f"{place} is read-only, for default_transaction_read_only is on for "
            f"{self._scope()}; {self._remedy(variables)}"
        )

    def _scope(self) -> str:
        if self.source in _SESSIONS:
            return "this session"
        altered = _ALTERED.get(self.source, "the whole server")
        return altered.format_map(self._asdict())

    def _remedy(self, variables: Variables) -> str:
        if self.source in _SESSIONS:
            return f"take it out of PGOPTIONS, or of the options in {variables.url}"
        if self.source not in _ALTERED:
            return (
                "set it off in the server's postgresql.conf, or run ALTER SYSTEM RESET "
                "default_transaction_read_only, and SELECT pg_reload_conf()"
            )
        # What resets it would itself be refused.
        return (
            f"run BEGIN READ WRITE; ALTER {self._scope()} RESET "
            "default_transaction_read_only; COMMIT"
        )
