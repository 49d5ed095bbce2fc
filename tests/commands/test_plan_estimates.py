"""What a plan estimates from a server's statistics."""

from __future__ import annotations

from dataforeman_schema.commands.plan.estimates import too_many_locks
from dataforeman_schema.commands.plan.live import Live
from dataforeman_schema.commands.plan.state import (
    Lock,
    Part,
    RevisionPlan,
    Statement,
    TableFacts,
)


def test_room_for_locks() -> None:
    """More locks on chunks than half of what the server holds are warned of."""
    lock = Lock("tag_values", "AccessExclusiveLock", Part.CHUNKS)
    statement = Statement("ALTER TABLE tag_values …", locks=(lock,), locks_per_chunk=4)
    revision = RevisionPlan("tsdb_003", "v0.3 release", (statement,))
    for chunks, words in ((900, ["about 3600 locks", "6400"]), (700, [])):
        facts = {"tag_values": TableFacts("tag_values", 1, 1, 1, chunks)}
        live = Live(facts, {}, frozenset(), lock_table=6400)
        warnings = list(too_many_locks([revision], live))
        assert len(warnings) == bool(words)
        assert all(word in warnings[0] for word in words)
