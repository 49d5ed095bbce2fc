"""Every kind of loss is counted, and nothing that is kept."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, Engine, NullPool, delete, table, text

from dataforeman_schema.alembic_env.data_loss import (
    count_lost,
    data_loss_guard,
    refusal,
)
from dataforeman_schema.alembic_env.data_loss_block import Examined
from dataforeman_schema.databases import META
from dataforeman_schema.engine import create_engine
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.testing.databases import Template

SCHEMA = """
CREATE TYPE mood AS ENUM ('dull', 'fine', 'grand');
CREATE TYPE short_mood AS ENUM ('dull', 'fine');
CREATE DOMAIN percent AS int CHECK (VALUE <= 100);
CREATE TABLE a (
  id int PRIMARY KEY,
  name varchar(50) DEFAULT 'none',
  score numeric(10, 2) DEFAULT 1,
  ratio double precision DEFAULT -1.5,
  at timestamptz DEFAULT now(),
  naive timestamp,
  number text,
  flag text DEFAULT 'off'::text,
  mood mood,
  part percent,
  doc json DEFAULT '{}',
  tags text[] DEFAULT ARRAY['x'],
  twice int GENERATED ALWAYS AS (id * 2) STORED
);
INSERT INTO a (id, name, score, ratio, at, naive, number, flag, mood, part, doc)
VALUES (1, 'a long name, longer than twenty', 1.25, 0.1, '2026-01-01 12:00+00',
        '2026-01-01 12:00', '7', 'on', 'grand', 5, '{"a":  1}'),
       (2, 'short', 1.5, 0.5, '2026-01-01 00:00+00', NULL, '8', 'off', 'fine', NULL,
        '{}'),
       (3, NULL, DEFAULT, DEFAULT, NULL, NULL, NULL, DEFAULT, NULL, 100, DEFAULT);
CREATE TABLE b (id int, a int REFERENCES a ON DELETE CASCADE, other int);
INSERT INTO b VALUES (1, 1, 1), (2, 2, 2), (3, NULL, NULL);
CREATE TABLE split (id int, kind int) PARTITION BY LIST (kind);
CREATE TABLE split_1 PARTITION OF split FOR VALUES IN (1);
CREATE TABLE split_2 PARTITION OF split FOR VALUES IN (2);
INSERT INTO split VALUES (1, 1), (2, 1), (3, 2);
CREATE SCHEMA plant;
CREATE TABLE plant.line AS SELECT 1 AS id;
CREATE MATERIALIZED VIEW summary AS SELECT count(*) FROM a;
CREATE VIEW names AS SELECT id FROM b;
CREATE TABLE many AS SELECT n FROM generate_series(1, 100005) AS n;
CREATE FUNCTION tidy() RETURNS void LANGUAGE sql AS 'DELETE FROM b WHERE id > 1';
"""
TRIGGER_FUNCTION = """
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN DELETE FROM split; RETURN NULL; END'
"""
MADE_ANEW = """
DO $$
BEGIN
  CREATE TABLE c AS SELECT id FROM b WHERE {};
  DROP TABLE b CASCADE;
  ALTER TABLE c RENAME TO b;
END
$$
"""
DROPPED = {
    "a varchar with a default": ("name", "values of a.name (2)"),
    "a numeric with a default": ("score", "values of a.score (2)"),
    "a double with a negative default": ("ratio", "values of a.ratio (2)"),
    "a time with a default that is no constant": ("at", "values of a.at (2)"),
    "a text with a default": ("flag", "values of a.flag (1)"),
    "JSON with a default": ("doc", "values of a.doc (1)"),
    "an array whose default the server computes": ("tags", "values of a.tags (3)"),
    "what is computed": ("twice", ""),
}
RETYPED = {
    "a shorter text": ("name TYPE varchar(20)", "values of a.name (1)"),
    "a shorter text, said shortly": ("name TYPE varchar(5)", "values of a.name (1)"),
    "a text that is cut": ("name TYPE varchar USING left(name, 5)", "a.name (1)"),
    "a longer text": ("name TYPE varchar(80)", ""),
    "fewer decimals": ("score TYPE numeric(10, 1)", "values of a.score (1)"),
    "more decimals": ("score TYPE numeric(12, 4)", ""),
    "any number of decimals": ("score TYPE numeric", ""),
    "less precise numbers": ("ratio TYPE real", "values of a.ratio (1)"),
    "days for times": ("at TYPE date", "values of a.at (1)"),
    "times in UTC": ("at TYPE timestamp USING at AT TIME ZONE 'UTC'", ""),
    "times with a zone": ("naive TYPE timestamptz USING naive AT TIME ZONE 'UTC'", ""),
    "numbers for texts": ("number TYPE int USING number::int", ""),
    "one number for all texts": ("number TYPE int USING 1", "values of a.number (2)"),
    "texts for labels": ("mood TYPE text", ""),
    "fewer labels": (
        "mood TYPE short_mood USING nullif(mood::text, 'grand')::short_mood",
        "values of a.mood (1)",
    ),
    "JSON in another form": ("doc TYPE jsonb", ""),
    "a base type": ("part TYPE int", ""),
    "nothing for values": ("naive TYPE date USING NULL", "values of a.naive (1)"),
}
KINDS: dict[str, tuple[list[str], str]] = {
    **{
        f"dropping {what}": ([f"ALTER TABLE a DROP COLUMN {column}"], lost)
        for what, (column, lost) in DROPPED.items()
    },
    **{
        what: ([f"ALTER TABLE a ALTER COLUMN {how}"], lost)
        for what, (how, lost) in RETYPED.items()
    },
    "a column whose values are moved": (
        ["UPDATE a SET flag = name, name = NULL", "ALTER TABLE a DROP name"],
        "",
    ),
    "a renamed column": (["ALTER TABLE a RENAME name TO title"], ""),
    "a type that takes columns along": (
        ["DROP TYPE mood CASCADE"],
        "values of a.mood (2)",
    ),
    "a domain that takes columns along": (
        ["DROP DOMAIN percent CASCADE"],
        "values of a.part (2)",
    ),
    "a schema with its tables": (
        ["DROP SCHEMA plant CASCADE"],
        "rows of plant.line (1)",
    ),
    "a table after a comment": (["-- why\nDROP TABLE split"], "rows of split (3)"),
    "a table in a second command": (
        ["UPDATE b SET other = 1; DROP TABLE split"],
        "rows of split (3)",
    ),
    "a big table": (["DROP TABLE many"], "rows of many (at least 100000)"),
    "a partition": (["DROP TABLE split_1"], "rows of split (2)"),
    "a partition that is only detached": (
        ["ALTER TABLE split DETACH PARTITION split_1"],
        "",
    ),
    "rows that change their partition": (
        ["WITH moved AS (UPDATE split SET kind = 2 RETURNING id) SELECT * FROM moved"],
        "",
    ),
    "an emptied table": (["TRUNCATE b"], "rows of b (3)"),
    "an emptied table and who refers to it": (
        ["TRUNCATE a CASCADE"],
        "rows of a (3), b (3)",
    ),
    "an emptied partition": (["TRUNCATE split_2"], "rows of split (1)"),
    "rows in a block": (["DO $$BEGIN DELETE FROM b; END$$"], "rows of b (3)"),
    "rows by a function": (["SELECT tidy()"], "rows of b (2)"),
    "rows within a query": (
        ["WITH gone AS (DELETE FROM b RETURNING id) SELECT count(*) FROM gone"],
        "rows of b (3)",
    ),
    "rows by a merge": (
        ["MERGE INTO b USING a ON a.id = b.a WHEN MATCHED THEN DELETE"],
        "rows of b (2)",
    ),
    "rows by a trigger": (
        [
            TRIGGER_FUNCTION,
            "CREATE TRIGGER t AFTER DELETE ON b EXECUTE FUNCTION t()",
            "DELETE FROM b WHERE id = 1",
        ],
        "rows of b (1), split (3)",
    ),
    "a table made anew with all of its rows": (
        [MADE_ANEW.format("true")],
        "",
    ),
    "a table made anew with some of its rows": (
        [MADE_ANEW.format("id > 1")],
        "rows of b (1)",
    ),
    "its own table": (["CREATE TABLE c AS SELECT 1 AS id", "DROP TABLE c"], ""),
    "its own column": (
        [
            "ALTER TABLE b ADD c int DEFAULT 7",
            "UPDATE b SET c = 8",
            "ALTER TABLE b DROP c",
        ],
        "",
    ),
    "a view and what it materialized": (
        ["DROP VIEW names", "DROP MATERIALIZED VIEW summary"],
        "",
    ),
    "a rewritten table": (["ALTER TABLE b SET UNLOGGED", "SELECT 1"], ""),
    "an index, a key and a default": (
        [
            "ALTER TABLE b DROP CONSTRAINT b_a_fkey",
            "ALTER TABLE a DROP CONSTRAINT a_pkey",
            "ALTER TABLE a ALTER name DROP DEFAULT",
        ],
        "",
    ),
    "several things": (
        [
            "DELETE FROM a WHERE id = 1",
            "ALTER TABLE a DROP COLUMN name",
            "DROP TABLE b CASCADE",
        ],
        "rows of a (1), b (3) and values of a.name (1)",
    ),
}


@pytest.fixture(scope="module")
def filled(meta_template: Template) -> Iterator[Engine]:
    """A database of some of everything, which every test rolls back to."""
    with meta_template.empty() as settings:
        engine = create_engine(settings, poolclass=NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql(SCHEMA)
        yield engine


def run(connection: Connection, statements: list[str]) -> None:
    """Run statements under the guard."""
    with data_loss_guard(connection, META, refusal("upgrade"), allowed=False):
        for statement in statements:
            connection.execute(text(statement.replace(":", r"\:")))


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(filled: Engine, kind: str) -> None:
    """A loss is counted when statements run one by one, and when all are foreseen."""
    statements, lost = KINDS[kind]
    expected = pytest.raises(SchemaError) if lost else nullcontext()
    with filled.connect() as connection:
        with expected as refusal:
            run(connection, statements)
        assert lost in str(refusal.value if refusal else "")
        connection.rollback()
        _, foreseen = count_lost(connection, META, [*map(Examined, statements)])
        assert lost in foreseen
        assert bool(lost) is bool(foreseen)


def test_everything_by_name(filled: Engine) -> None:
    """Rows are not a revision's own where it names no condition."""
    with (
        filled.connect() as connection,
        pytest.raises(SchemaError, match=r"upgrade would lose rows of b \(3\);"),
        data_loss_guard(connection, META, refusal("upgrade"), allowed=False),
    ):
        connection.execute(delete(table("b")))
