"""Hypertables: made of plain tables, and plain tables made of them again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from tests.full import times
from tests.timescale.sql import rows as fetch
from tests.timescale.sql import run

if TYPE_CHECKING:
    from sqlalchemy import Connection

DAY = timedelta(days=1)
_MANY = times(everyday=200_000, full=1_000_000)
EVERYTHING = """
CREATE SCHEMA "My schema"; SET search_path = "My schema", public;
CREATE TABLE device (id int PRIMARY KEY);
INSERT INTO device SELECT generate_series(0, 9);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW;END $$;
CREATE TABLE "Read ""ings" (
  id bigint GENERATED ALWAYS AS IDENTITY, n serial, "Time" timestamptz NOT NULL,
  device int NOT NULL DEFAULT 1 REFERENCES device ON DELETE CASCADE, value float
  CONSTRAINT "sensible % value" CHECK (value < 1e9), twice float
  GENERATED ALWAYS AS (value * 2) STORED,
  CONSTRAINT "The key" PRIMARY KEY (device, "Time"), UNIQUE ("Time", id))
  WITH (fillfactor = 70);
CREATE INDEX "by Value" ON "Read ""ings" (value DESC) WHERE value > 0;
CREATE INDEX "Read ""ings_Time_idx" ON "Read ""ings" (device, value);
CREATE STATISTICS together ON device, value FROM "Read ""ings";
CREATE TRIGGER touch BEFORE UPDATE ON "Read ""ings" FOR EACH ROW
  EXECUTE FUNCTION touch();
CREATE TRIGGER "no touch" BEFORE INSERT ON "Read ""ings" FOR EACH ROW
  EXECUTE FUNCTION touch();
ALTER TABLE "Read ""ings" DISABLE TRIGGER "no touch";
COMMENT ON TABLE "Read ""ings" IS '100% real';
COMMENT ON COLUMN "Read ""ings".value IS 'in ''units''';
COMMENT ON INDEX "by Value" IS 'an index';
COMMENT ON CONSTRAINT "The key" ON "Read ""ings" IS 'a key';
DROP ROLE IF EXISTS "some one"; CREATE ROLE "some one";
GRANT SELECT, INSERT ON "Read ""ings" TO "some one" WITH GRANT OPTION;
GRANT UPDATE (value) ON "Read ""ings" TO PUBLIC;
INSERT INTO "Read ""ings" ("Time", device, value)
  SELECT timestamptz '2024-01-01' + i * interval '1 hour', i % 10, i
  FROM generate_series(1, 500) i;
"""
CATALOG = """
SELECT 'column', attname, format_type(atttypid, atttypmod), attnotnull::text,
       attidentity::text || attgenerated::text, pg_get_expr(adbin, adrelid),
       concat_ws(' ', col_description(attrelid, attnum), attacl,
                 nullif(attstattarget, -1), (
                   SELECT array_agg(option) FROM unnest(attoptions) AS option
                    WHERE option ~ '^n_distinct'))
  FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
 WHERE attrelid = {t} AND attnum > 0
UNION ALL
SELECT 'constraint', conname, pg_get_constraintdef(oid), contype::text, NULL, NULL,
       obj_description(oid, 'pg_constraint')
  FROM pg_constraint WHERE conrelid = {t} OR confrelid = {t}
UNION ALL
SELECT 'index', relname, pg_get_indexdef(indexrelid), reltablespace::text, NULL, NULL,
       obj_description(indexrelid, 'pg_class')
  FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = {t}
UNION ALL
SELECT 'trigger', tgname, pg_get_triggerdef(oid), tgenabled::text, NULL, NULL, NULL
  FROM pg_trigger WHERE tgrelid = {t} AND NOT tgisinternal
   AND tgname <> 'ts_insert_blocker'
UNION ALL
SELECT 'statistics', stxname, pg_get_statisticsobjdef(oid), NULL, NULL, NULL, NULL
  FROM pg_statistic_ext WHERE stxrelid = {t}
UNION ALL
SELECT 'table', relname, pg_get_userbyid(relowner),
       (SELECT array_agg(it::text ORDER BY it::text)
          FROM unnest(coalesce(relacl, acldefault('r', relowner))) it)::text,
       reloptions::text,
       obj_description(oid, 'pg_class'),
       concat_ws(' ', relrowsecurity, relforcerowsecurity, relreplident, reltablespace)
  FROM pg_class WHERE oid = {t}
UNION ALL
SELECT 'sequence', objid::regclass::text, pg_sequence_last_value(objid)::text,
       deptype::text, refobjsubid::text,
       (SELECT array_agg(it::text ORDER BY it::text)
          FROM unnest(coalesce(relacl, acldefault('s', relowner))) it)::text, NULL
  FROM pg_depend JOIN pg_class ON pg_class.oid = objid
 WHERE refobjid = {t} AND deptype IN ('a', 'i') AND relkind = 'S'
ORDER BY 1, 2
"""


def described(connection: Connection, table: str) -> list[tuple[object, ...]]:
    """Everything that a table is, but its oid."""
    oid = f"'{table}'::regclass"
    return fetch(connection, CATALOG.replace("{t}", oid))


def checksum(connection: Connection, table: str) -> str:
    """A sum of all rows of a table."""
    query = f"SELECT md5(string_agg(r::text, ',' ORDER BY r::text)) FROM {table} r"  # noqa: S608
    return str(fetch(connection, query)[0][0])


def is_hypertable(connection: Connection, name: str) -> bool:
    """Whether TimescaleDB lists a table as a hypertable."""
    query = "SELECT hypertable_name FROM timescaledb_information.hypertables"
    return (name,) in fetch(connection, query)


@pytest.fixture
def op(connection: Connection) -> Operations:
    """Alembic's operations on the database."""
    return Operations(MigrationContext.configure(connection))


def test_a_table_with_everything_comes_back(
    connection: Connection, op: Operations
) -> None:
    """Names, constraints, keys, triggers, rights, comments, counters and rows stay."""
    name, quoted, schema = 'Read "ings', '"My schema"."Read ""ings"', "My schema"
    run(connection, EVERYTHING)
    before, rows = described(connection, quoted), checksum(connection, quoted)

    op.create_hypertable(  # type: ignore[attr-defined]
        name,
        "Time",
        chunk_interval=DAY,
        default_indexes=False,
        migrate_data=True,
        schema=schema,
    )
    assert is_hypertable(connection, name)
    assert checksum(connection, quoted) == rows

    op.drop_hypertable(name, "Time", default_indexes=False, schema=schema)  # type: ignore[attr-defined]
    assert not is_hypertable(connection, name)
    assert checksum(connection, quoted) == rows
    assert described(connection, quoted) == before
    run(
        connection,
        'RESET search_path; DROP SCHEMA "My schema" CASCADE; DROP ROLE "some one"',
    )


def test_a_foreign_key_to_the_table_comes_back(
    connection: Connection, op: Operations
) -> None:
    """A key of another table that refers to the hypertable is made again."""
    run(
        connection,
        "CREATE TABLE r (ts timestamptz PRIMARY KEY); "
        "SELECT create_hypertable('r', by_range('ts')); "
        "CREATE TABLE note (ts timestamptz CONSTRAINT of_r REFERENCES r); "
        "INSERT INTO r VALUES ('2024-01-01'); INSERT INTO note VALUES ('2024-01-01')",
    )
    op.drop_hypertable("r", "ts")  # type: ignore[attr-defined]
    assert ("constraint", "of_r") in [it[:2] for it in described(connection, "r")]


KEPT = {
    "row security without a policy": "ALTER TABLE r ENABLE ROW LEVEL SECURITY",
    "row security for the owner": "ALTER TABLE r ENABLE ROW LEVEL SECURITY; "
    "ALTER TABLE r FORCE ROW LEVEL SECURITY",
    "no rights by default": "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC; "
    "ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO PUBLIC",
    "fewer rights than by default": "GRANT SELECT ON r TO PUBLIC; "
    "GRANT USAGE ON r_id_seq TO PUBLIC; "
    "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC; "
    "ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO PUBLIC",
    "an owner without all rights": "REVOKE DELETE ON r FROM CURRENT_USER",
    "statistics target": "ALTER TABLE r ALTER value SET STATISTICS 1000; "
    "ALTER TABLE r ALTER ts SET STATISTICS 0",
    "number of distinct values": "ALTER TABLE r ALTER value SET (n_distinct = -0.25)",
    "full replica identity": "ALTER TABLE r REPLICA IDENTITY FULL",
    "replica identity by an index": "ALTER TABLE r REPLICA IDENTITY USING INDEX r_ix",
}


@pytest.mark.parametrize("kept", sorted(KEPT))
def test_what_is_set_on_a_hypertable_stays(
    connection: Connection, op: Operations, kept: str
) -> None:
    """Rights are no more and no less than before, and settings outlive the copy."""
    run(
        connection,
        "CREATE TABLE r (ts timestamptz NOT NULL, value float, "
        "id bigint GENERATED ALWAYS AS IDENTITY); "
        "CREATE UNIQUE INDEX r_ix ON r (ts, id); "
        "SELECT create_hypertable('r', by_range('ts'), create_default_indexes => false)"
        "; INSERT INTO r SELECT now(), i FROM generate_series(1, 9) i",
    )
    run(connection, KEPT[kept])
    before, rows = described(connection, "r"), checksum(connection, "r")
    op.drop_hypertable("r", "ts", default_indexes=False)  # type: ignore[attr-defined]
    assert described(connection, "r") == before
    assert checksum(connection, "r") == rows


def test_what_the_server_keeps_among_the_options_is_not_copied(
    connection: Connection, op: Operations
) -> None:
    """Only options that a person can set are set on the plain table."""
    run(
        connection,
        "CREATE TABLE r (ts timestamptz NOT NULL) WITH (fillfactor = 70); "
        "SELECT create_hypertable('r', by_range('ts')); "
        "ALTER TABLE r ALTER ts SET (n_distinct = -0.25); "
        "UPDATE pg_class SET reloptions = reloptions || '{pg_relver=1}'"
        " WHERE oid = 'r'::regclass; "
        "UPDATE pg_attribute SET attoptions = attoptions || '{pg_attver=1}'"
        " WHERE attrelid = 'r'::regclass AND attname = 'ts'",
    )
    op.drop_hypertable("r", "ts")  # type: ignore[attr-defined]
    options = (
        "SELECT reloptions, attoptions FROM pg_class JOIN pg_attribute"
        " ON attrelid = pg_class.oid WHERE relname = 'r' AND attname = 'ts'"
    )
    kept = (["fillfactor=70"], ["n_distinct=-0.25"])
    assert fetch(connection, options) == [kept]


def test_row_security_hides_no_row_from_the_copy(
    connection: Connection, op: Operations
) -> None:
    """An owner from whom row security hides every row still keeps them all."""
    run(
        connection,
        "DROP ROLE IF EXISTS owning; CREATE ROLE owning; "
        "GRANT ALL ON SCHEMA public TO owning; "
        "CREATE TABLE r (ts timestamptz NOT NULL); "
        "SELECT create_hypertable('r', by_range('ts')); "
        "INSERT INTO r SELECT now() FROM generate_series(1, 9); "
        "ALTER TABLE r OWNER TO owning; ALTER TABLE r ENABLE ROW LEVEL SECURITY; "
        "ALTER TABLE r FORCE ROW LEVEL SECURITY; SET ROLE owning",
    )
    assert fetch(connection, "SELECT * FROM r") == []
    op.drop_hypertable("r", "ts")  # type: ignore[attr-defined]
    assert fetch(connection, "SELECT * FROM r") == []
    run(connection, "RESET ROLE")
    assert len(fetch(connection, "SELECT * FROM r")) == 9
    run(connection, "DROP TABLE r; DROP OWNED BY owning; DROP ROLE owning")


def test_the_table_stays_in_its_tablespace(
    connection: Connection, op: Operations
) -> None:
    """The plain table and its indexes lie where those of the hypertable lay."""
    outside = connection.execution_options(isolation_level="AUTOCOMMIT")
    outside.exec_driver_sql("SET allow_in_place_tablespaces = on")
    outside.exec_driver_sql("CREATE TABLESPACE dataforeman_test LOCATION ''")
    run(
        connection,
        "CREATE TABLE r (ts timestamptz NOT NULL, PRIMARY KEY (ts) "
        "USING INDEX TABLESPACE dataforeman_test) TABLESPACE dataforeman_test; "
        "CREATE INDEX r_ix ON r (ts) TABLESPACE dataforeman_test; "
        "SELECT create_hypertable('r', by_range('ts'), create_default_indexes => false)"
        "; SELECT detach_tablespaces('r')",
    )
    before = described(connection, "r")
    op.drop_hypertable("r", "ts", default_indexes=False)  # type: ignore[attr-defined]
    assert described(connection, "r") == before
    run(connection, "DROP TABLE r; DROP TABLESPACE dataforeman_test")


@pytest.mark.parametrize(
    "statement",
    ["CREATE POLICY p ON r USING (true)", "CREATE PUBLICATION p FOR TABLE r"],
)
def test_what_would_be_lost_is_refused(
    connection: Connection, op: Operations, statement: str
) -> None:
    """A table with what cannot be kept stays a hypertable, and the message says why."""
    run(
        connection,
        "CREATE TABLE r (ts timestamptz NOT NULL); "
        "SELECT create_hypertable('r', by_range('ts')); " + statement,
    )
    with pytest.raises(DBAPIError, match="row security policies, rules or pub"):
        op.drop_hypertable("r", "ts")  # type: ignore[attr-defined]
    connection.rollback()
    assert is_hypertable(connection, "r")


def test_a_dimension_comes_and_goes(connection: Connection, op: Operations) -> None:
    """A hash dimension is added, changed, and taken away with every row kept."""
    run(
        connection,
        "CREATE TABLE r (ts timestamptz NOT NULL, device int NOT NULL); "
        "SELECT create_hypertable('r', by_range('ts')); "
        "INSERT INTO r SELECT now(), i FROM generate_series(1, 50) i",
    )
    before, rows = described(connection, "r"), checksum(connection, "r")
    assert partitions(connection) == []
    op.add_dimension("r", column="device", partitions=3, time_column="ts")  # type: ignore[attr-defined]
    assert partitions(connection) == [("device", 3)]
    op.alter_dimension("r", column="device", partitions=5, existing_partitions=3)  # type: ignore[attr-defined]
    assert partitions(connection) == [("device", 5)]
    op.drop_dimension("r", column="device", partitions=5, time_column="ts")  # type: ignore[attr-defined]
    assert partitions(connection) == []
    assert checksum(connection, "r") == rows
    assert [it[:2] for it in described(connection, "r")] == [it[:2] for it in before]


def partitions(connection: Connection) -> list[tuple[str, int]]:
    """The hash dimensions of all hypertables."""
    query = (
        "SELECT column_name, num_partitions FROM timescaledb_information.dimensions "
        "WHERE num_partitions IS NOT NULL"
    )
    return [(column, count) for column, count in fetch(connection, query)]


def test_many_rows_there_and_back(connection: Connection, op: Operations) -> None:
    """Rows by the million move into chunks and back without one of them changing."""
    run(
        connection,
        "CREATE TABLE r (ts timestamptz NOT NULL, device int NOT NULL, value float, "
        "CONSTRAINT r_key PRIMARY KEY (device, ts))",
    )
    series = f"generate_series(1, {_MANY}) i"
    values = "timestamptz '2024-01-01' + i * interval '1 second', i % 7, i / 3.0"
    run(connection, f"INSERT INTO r SELECT {values} FROM {series}")  # noqa: S608
    # An ordered text of so many rows is more than the embedded server's memory.
    rows = "SELECT count(*), sum(hashtextextended(r::text, 0)) FROM r"
    [before] = fetch(connection, rows)
    op.create_hypertable("r", "ts", chunk_interval=DAY, migrate_data=True)  # type: ignore[attr-defined]
    assert is_hypertable(connection, "r")
    assert fetch(connection, rows) == [before]
    op.drop_hypertable("r", "ts")  # type: ignore[attr-defined]
    assert not is_hypertable(connection, "r")
    assert fetch(connection, rows) == [before]
    assert before[0] == _MANY
