"""How long `adopt` takes, and its proof, against what one would ask by hand.

The telemetry database is one as the application made it, three of its days in the
columnstore.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import NullPool, text

from benchmarks.comparison import Contrast, timed
from dataforeman_schema.commands.adoption.proof import fingerprints, tables
from dataforeman_schema.commands.adoption.run import Adoption
from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.engine import create_engine
from tests.commands import variables
from tests.installations import SCHEMAS, build_one
from tests.installations import run as run_files

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from benchmarks.bench import Bench
    from dataforeman_schema.settings import ConnectionSettings

_FORM: Final = "v0.2.1"
_GOAL: Final = 1.5
_BY_HAND: Final = "count(*) and md5"
_PROOF: Final = "the proof"
_CHECKSUMS: Final = "adopt, with its proof by checksums"
_COUNTS: Final = "adopt, with its proof by counts"
_TWICE: Final = "count(*) and md5, before and after"
_TAGS: Final = 100
_FILL: Final = text(
    "INSERT INTO tag_values (connection_id, tag_id, ts, quality, v_num) SELECT"
    " md5('c' || tag % 11)::uuid, tag, timestamptz '2026-01-01' + n * interval '1 min',"
    " 192, sin(n) FROM generate_series(1, :tags) AS tag, generate_series(1, :each) AS n"
)
_COLUMNSTORE: Final = text(
    "SELECT compress_chunk(chunk) FROM show_chunks('tag_values') AS chunk"
    " ORDER BY 1 LIMIT 3"
)
_COUNT: Final = text("SELECT count(*) FROM tag_values")
# The same rows, their values and their order.
_MD5: Final = text(
    "SELECT md5(string_agg(md5(it::text), '' ORDER BY tag_id, ts)) FROM tag_values it"
)


def run(bench: Bench) -> None:
    """Compare the proof, and a whole adoption, with queries by hand."""
    with bench.meta.empty() as meta, bench.tsdb.empty() as tsdb:
        _build(meta, tsdb, bench.size.rows)
        engine, rounds = create_engine(tsdb, poolclass=NullPool), bench.size.long_rounds
        ways = {
            _PROOF: partial(timed, partial(_prove, engine)),
            _BY_HAND: partial(timed, partial(_ask, engine)),
        }
        goal = Contrast(_PROOF, _BY_HAND, at_most=_GOAL)
        bench.compare(f"reading {bench.size.rows:,} rows", ways, goal, rounds=rounds)
        ways = {
            _CHECKSUMS: partial(_adopt, tsdb, counts_only=False),
            _COUNTS: partial(_adopt, tsdb, counts_only=True),
            _TWICE: partial(timed, partial(_ask, engine, times=2)),
        }
        goal = Contrast(_CHECKSUMS, _TWICE, at_most=_GOAL)
        bench.compare("the whole adoption", ways, goal, rounds=rounds)


def _build(meta: ConnectionSettings, tsdb: ConnectionSettings, rows: int) -> None:
    build_one(_FORM, META, meta)
    os.environ.update(variables(meta))  # where the metrics' names are read
    run_files(tsdb, SCHEMAS[_FORM][TSDB])
    with create_engine(tsdb, poolclass=NullPool).begin() as connection:
        connection.execute(_FILL, {"tags": _TAGS, "each": rows // _TAGS})
        connection.execute(_COLUMNSTORE)


def _ask(engine: Engine, times: int = 1) -> None:
    with engine.connect() as connection:
        for _ in range(times):
            connection.execute(_COUNT).all()
            connection.execute(_MD5).all()


def _prove(engine: Engine) -> None:
    """Read what the proof compares, once: an adoption does so before and after."""
    name = "public.tag_values"
    with engine.connect() as connection:
        columns = {name: tables(connection)[name]}
        fingerprints(connection, columns, say=lambda _: None)


def _adopt(settings: ConnectionSettings, *, counts_only: bool) -> float:
    """Adopt the telemetry database, and give it back."""
    adoption = Adoption(TSDB, settings, lambda _: None, lambda _: None, counts_only)
    seconds = timed(adoption.run)
    adoption.undo()
    return seconds
