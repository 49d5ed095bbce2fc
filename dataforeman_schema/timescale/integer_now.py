"""What an integer time column counts as now, which its policies need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Integer

from .ddl import Call, qualified, regclass, string
from .declaration import TableDeclaration
from .errors import DeclarationError
from .hypertable import hypertable_of
from .validate import column_of, plain_type

if TYPE_CHECKING:
    from sqlalchemy import Table

    from .ddl import Statement


@dataclass(frozen=True)
class IntegerNow(TableDeclaration):
    """Declares what the integer time column of a hypertable counts as now.

    Policies on an integer time column need it. The function must be there before the
    table is created or migrated.

    Attributes:
        function: The name of a stable function without arguments that returns the
            present in the column's type and unit.
        schema: The function's schema, or None to find it on the search path; it is not
            compared.

    Raises:
        DeclarationError: When the table is complete: it is no hypertable, or its time
            column is no integer.
    """

    function: str
    schema: str | None = None

    rank = 2
    can_be_absent = False  # TimescaleDB cannot forget the function

    def check(self, table: Table) -> None:
        """Refuse the declaration if TimescaleDB could not carry it out on the table."""
        column = column_of(table, hypertable_of(table, "IntegerNow").time_column)
        if not isinstance(plain_type(column), Integer):
            raise DeclarationError(
                f"{table.name}: IntegerNow is for an integer time column; "
                f"{column.name} is {column.type!r}"
            )

    def creation(self, name: str, schema: str | None) -> list[Statement]:
        """Say what tells TimescaleDB the function for a new table."""
        return self.addition(name, schema)

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what tells TimescaleDB the function."""
        call = Call(
            "SELECT",
            "set_integer_now_func",
            regclass(name, schema),
            string(qualified(self.function, self.schema)),
            replace_if_exists="true",
        )
        return [call]
