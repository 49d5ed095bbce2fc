"""Rules that somebody added to a table of ours are theirs: `adopt` leaves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.commands.adoption.run import Adoption
from dataforeman_schema.commands.findings import Check
from dataforeman_schema.commands.verify import verify_database
from dataforeman_schema.databases import META
from tests.commands.breakage import find
from tests.commands.places import execute
from tests.installations import SCHEMAS, run
from tests.installations.catalog import read

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

TRIGGER = """
CREATE TRIGGER plant BEFORE UPDATE ON dashboard_configs
FOR EACH ROW EXECUTE FUNCTION plant();
"""
RULES = f"""
CREATE FUNCTION plant() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
{TRIGGER}
CREATE RULE plant_rule AS ON DELETE TO audit_events DO INSTEAD NOTHING;
CREATE UNIQUE INDEX plant_unique ON jobs (id, type);
ALTER TABLE users ADD CONSTRAINT plant_check CHECK (email <> 'x');
"""
NAMES = ("plant_rule", "plant_unique", "plant_check", "trigger plant of")


def test_they_stay(meta_empty_database: ConnectionSettings) -> None:
    """Each is named in the plan, is a note of `verify` then, and may go later."""
    run(meta_empty_database, SCHEMAS["v0.2.1-unbooted"][META])
    execute(meta_empty_database, RULES)
    before = read(meta_empty_database)
    adoption = Adoption(META, meta_empty_database, lambda _: None, lambda _: None)
    planned = [it.text for it in adoption.plan().differences if it.kind == "accepted"]
    assert_named(planned)
    adoption.run()
    verdict = verify_database(META, meta_empty_database, 60)
    assert (verdict.error, verdict.findings) == (None, [])
    assert_named([it.where for it in verdict.notes if it.check is Check.ACCEPTED])
    execute(meta_empty_database, "DROP TRIGGER plant ON dashboard_configs")
    assert find(META, meta_empty_database) == []
    execute(meta_empty_database, TRIGGER)
    adoption.undo()
    assert read(meta_empty_database) == before


def assert_named(texts: list[str]) -> None:
    """Assert that all rules are named, and nothing else is."""
    assert len(texts) == len(NAMES), texts
    for name in NAMES:
        assert any(name in each for each in texts), texts
