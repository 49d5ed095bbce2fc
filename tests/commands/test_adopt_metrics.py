"""What `adopt` does to a telemetry database beside its rows, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import NullPool

from dataforeman_schema.commands.adoption.run import Adoption
from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.engine import create_engine
from tests.commands import variables
from tests.commands.breakage import find
from tests.commands.checking import new_role
from tests.commands.former_metrics import ROWS, make_plain
from tests.commands.places import execute, query
from tests.installations import build_one

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings
    from tests.installations import Installation

RIGHTS = """
SELECT pg_get_userbyid(relowner), CAST(relacl AS text), reloptions, (
  SELECT array_agg(CAST(attacl AS text) ORDER BY attnum) FROM pg_attribute
  WHERE attrelid = c.oid AND attacl IS NOT NULL)
FROM pg_class AS c WHERE c.oid = CAST('{}.system_metrics' AS regclass)
"""
PLAIN_READINGS = """
CREATE TABLE tag_values (
  connection_id uuid NOT NULL, tag_id integer NOT NULL,
  ts timestamptz NOT NULL DEFAULT now(), quality smallint, v_num double precision,
  v_text text, v_json jsonb, PRIMARY KEY (connection_id, tag_id, ts));
INSERT INTO tag_values (connection_id, tag_id, v_num)
SELECT gen_random_uuid(), i, i FROM generate_series(1, 99) AS i;
"""


@pytest.fixture
def bare(
    bare_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> Installation:
    """An installation that variables lead to."""
    for name, value in bare_installation.environ.items():
        monkeypatch.setenv(name, value)
    return bare_installation


def adoption(settings: ConnectionSettings) -> Adoption:
    """Prepare the adoption of a telemetry database."""
    return Adoption(TSDB, settings, lambda _: None, lambda _: None)


@pytest.mark.parametrize("bare_installation", ["v0.2.1"], indirect=True)
def test_rights(bare: Installation) -> None:
    """Owner, rights and options are those of the former table, and come back."""
    with new_role(bare.tsdb) as owner, new_role(bare.tsdb) as reader:
        execute(
            bare.tsdb,
            f"GRANT CREATE ON SCHEMA public TO {owner}; "  # noqa: S608 - ours
            f"ALTER TABLE system_metrics OWNER TO {owner}; "
            f"GRANT INSERT ON system_metrics TO {reader} WITH GRANT OPTION; "
            f"GRANT SELECT (v_num), UPDATE (tag_id) ON system_metrics TO {reader}; "
            "ALTER TABLE system_metrics SET (fillfactor = 70); "
            "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC",
        )
        before = query(bare.tsdb, RIGHTS.format("public"))
        adoption(bare.tsdb).run()
        assert query(bare.tsdb, RIGHTS.format("set_aside")) == before
        [found] = query(bare.tsdb, RIGHTS.format("public"))
        [was] = before
        assert found[:3] == was[:3]
        assert sorted(found[3]) == sorted(was[3])
        may = "SELECT has_column_privilege('{}', 'system_metrics', '{}', '{}')"
        for column, right in (("value", "SELECT"), ("metric_name", "UPDATE")):
            assert query(bare.tsdb, may.format(reader, column, right)) == [(True,)]
        adoption(bare.tsdb).undo()
        assert query(bare.tsdb, RIGHTS.format("public")) == before


def test_one_server(
    meta_empty_database: ConnectionSettings,
    plain_database: ConnectionSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both databases may be on one server, telemetry in plain tables."""
    build_one("v0.2.1", META, meta_empty_database, rows=False)
    execute(plain_database, PLAIN_READINGS)
    make_plain(create_engine(plain_database, poolclass=NullPool))
    places = variables(meta_empty_database) | variables(plain_database)
    for name, value in (places | {"TSDB_TIMESCALEDB": "optional"}).items():
        monkeypatch.setenv(name, value)
    for database, settings in ((META, meta_empty_database), (TSDB, plain_database)):
        Adoption(database, settings, lambda _: None, lambda _: None).run()
        assert [it for it in find(database, settings) if it.check != "extension"] == []
    aside = "SELECT count(*) FROM set_aside.system_metrics"
    assert query(plain_database, aside) == [(ROWS,)]
    adoption(plain_database).undo()
    assert query(plain_database, aside.replace("set_aside", "public")) == [(ROWS,)]
