"""What is set of a hypertable's storage that no other reading shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import JSON, text

from .sparse_index import chosen_indexes

if TYPE_CHECKING:
    from sqlalchemy import Row

    from .sparse_index import SparseIndex

# A column that a release does not have yet is no key of the row's JSON.
STORAGE: Final = text("""
    SELECT h.schema_name, h.table_name,
           to_jsonb(s) -> 'index' AS sparse_indexes,
           (SELECT jsonb_agg(attname) FROM pg_attribute
             WHERE attrelid = s.relid AND attnum > 0 AND NOT attisdropped) AS columns,
           (SELECT jsonb_agg(column_name ORDER BY column_name)
              FROM _timescaledb_catalog.chunk_column_stats
             WHERE hypertable_id = h.id AND coalesce(chunk_id, 0) = 0) AS skipping,
           (SELECT jsonb_agg(tablespace_name ORDER BY id)
              FROM _timescaledb_catalog.tablespace
             WHERE hypertable_id = h.id) AS tablespaces,
           (SELECT CASE WHEN column_type IN ('int8'::regtype, 'int4', 'int2')
                        THEN to_jsonb(compress_interval_length)
                        ELSE to_jsonb(ARRAY[0, 0, compress_interval_length]) END
              FROM _timescaledb_catalog.dimension
             WHERE hypertable_id = h.id AND compress_interval_length IS NOT NULL
           ) AS merge_interval
      FROM _timescaledb_catalog.hypertable h
      LEFT JOIN _timescaledb_catalog.compression_settings s
        ON s.relid = to_regclass(format('%I.%I', schema_name, table_name))
     WHERE h.compression_state <> 2  -- where compressed chunks are kept
""").columns(
    sparse_indexes=JSON,
    columns=JSON,
    skipping=JSON,
    tablespaces=JSON,
    merge_interval=JSON,
)


@dataclass(frozen=True)
class Storage:
    """What is set of a hypertable's storage.

    Attributes:
        sparse_indexes: The sparse indexes that somebody chose; None where the server
            chooses.
        skipping: The columns by whose ranges chunks are skipped.
        tablespaces: The tablespaces attached to it.
        merge_interval: The span up to which chunks are merged in the columnstore, as
            the catalog holds it, or None.
    """

    sparse_indexes: tuple[SparseIndex, ...] | None = None
    skipping: tuple[str, ...] = ()
    tablespaces: tuple[str, ...] = ()
    merge_interval: Any = None

    @classmethod
    def from_row(cls, row: Row[Any]) -> Storage:
        """Take a row of the query."""
        return cls(
            chosen_indexes(row.sparse_indexes, row.columns or ()),
            tuple(row.skipping or ()),
            tuple(row.tablespaces or ()),
            row.merge_interval,
        )
