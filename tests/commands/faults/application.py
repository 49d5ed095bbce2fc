"""What the application and its users write between two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.databases import META, TSDB, Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.commands.faults.snapshot import DatabaseSnapshot

_WRITES = {
    META: {
        "users": "INSERT INTO users (email) VALUES ('user{n}@plant.example')",
        "user_roles": (
            "INSERT INTO user_roles (user_id, role_id) SELECT users.id, roles.id"
            " FROM users CROSS JOIN roles WHERE email = 'user{n}@plant.example' LIMIT 1"
        ),
        "connections": "INSERT INTO connections (name, type) VALUES ('PLC {n}', 'eip')",
        "tag_metadata": (
            "INSERT INTO tag_metadata (connection_id, driver_type, tag_path,"
            " poll_group_id, unit_id) SELECT id, 'EIP', 'Tag {n}', (SELECT group_id"
            " FROM poll_groups ORDER BY md5(group_id || '{n}') LIMIT 1), (SELECT id"
            " FROM units_of_measure ORDER BY md5(id || '{n}') LIMIT 1)"
            " FROM connections WHERE name = 'PLC {n}' AND EXISTS (SELECT FROM"
            " poll_groups)"
        ),
        "poll_groups": (
            "UPDATE poll_groups SET description = 'changed {n}' WHERE group_id ="
            " (SELECT group_id FROM poll_groups ORDER BY md5(group_id || '{n}')"
            " LIMIT 1)"
        ),
        "system_settings": (
            "INSERT INTO system_settings (key, value) VALUES ('site.{n}', '1')"
        ),
        "audit_events": (
            "INSERT INTO audit_events (action, outcome) SELECT 'login', 'success'"
            " FROM generate_series(1, 5)"
        ),
    },
    TSDB: {
        "tag_values": (
            "INSERT INTO tag_values (connection_id, tag_id, ts, v_num) SELECT"
            " md5('c' || tag)::uuid, tag, date_trunc('day', now())"
            " - (tag * 3 + {n}) % 9 * INTERVAL '1 day' + {n} * INTERVAL '1 second',"
            " {n} FROM generate_series(1, 20) AS tag"
        ),
    },
}
_METRICS = (
    "INSERT INTO system_metrics (ts, metric_name, value) SELECT"
    " date_trunc('day', now()) - i % 3 * INTERVAL '1 day' + {n} * INTERVAL '1 second',"
    " coalesce((SELECT max(metric_name) FROM system_metrics), 'cpu_pct'), {n}"
    " FROM generate_series(1, 5) AS i"
)
_FORMER_METRICS = (
    "INSERT INTO system_metrics (tag_id, ts, v_num) SELECT i % 4 + 1, date_trunc("
    "'day', now()) - i % 3 * INTERVAL '1 day' + {n} * INTERVAL '1 second',"
    " nullif(i % 6, 5) FROM generate_series(1, 12) AS i"
)
COMPRESS = "SELECT compress_chunk(c, true) FROM show_chunks('tag_values') AS c"
"""Moves all readings into the columnstore, where there is one."""


def writes(database: Database, there: DatabaseSnapshot, n: int) -> Iterator[str]:
    """Write what goes into the tables that are there, for the nth time."""
    for table, statement in _WRITES[database].items():
        if f"public.{table}" in there.rows:
            yield statement.format(n=n)
    if database is TSDB and "public.system_metrics" in there.rows:
        is_former = "system_metrics.tag_id" in there.catalog["columns"]
        yield (_FORMER_METRICS if is_former else _METRICS).format(n=n)
