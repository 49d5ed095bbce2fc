"""Hash dimensions: further partitioning of a hypertable that exists already."""

from __future__ import annotations

from .ddl import Statement, function_call, regclass, string


class AddDimension(Statement):
    """Spread the rows of each time range of a hypertable over hash partitions.

    Args:
        table_name: The hypertable.
        schema: Its schema, or None for the first of the search path.
        column: The column whose hash chooses the partition.
        partitions: The number of partitions.
    """

    def __init__(
        self, table_name: str, schema: str | None, column: str, partitions: int
    ) -> None:
        self.table_name = table_name
        self.schema = schema
        self.column = column
        self.partitions = partitions

    def sql(self) -> str:
        """Write the statement.

        Returns:
            The call of ``add_dimension``.
        """
        return "SELECT " + function_call(
            "add_dimension",
            regclass(self.table_name, self.schema),
            function_call("by_hash", string(self.column), str(self.partitions)),
        )
