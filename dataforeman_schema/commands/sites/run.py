"""Many telemetry databases to head: one first, as a canary, then several at a time."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.sites.listing import Site
from dataforeman_schema.commands.sites.outcome import (
    Messages,
    Outcome,
    RecordedUpgrade,
)
from dataforeman_schema.commands.sites.workers import Workers
from dataforeman_schema.commands.upgrade import (
    address,
    check_package,
    reach_pair,
    refuse_one_place,
)
from dataforeman_schema.databases import META
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dataforeman_schema.alembic_env.options import Options
    from dataforeman_schema.commands.sites.board import Board
    from dataforeman_schema.commands.sites.workers import Send

_REFRESH_S: Final = 0.5
"""How often the seconds on a terminal go on (s)."""


@dataclass(frozen=True)
class Manner:
    """How many databases are upgraded.

    Attributes:
        wait_s: The longest wait for each server, in seconds.
        make_options: How the migrations wait; called only if there are any.
        parallel: At most how many at the same time.
        keep_going: Whether to begin with others after one that failed.
    """

    wait_s: float
    make_options: Callable[[], Options]
    parallel: int
    keep_going: bool


def upgrade_sites(sites: Sequence[Site], manner: Manner, board: Board) -> list[Outcome]:
    """Bring the metadata database and many telemetry databases to head.

    The metadata database and the first telemetry database are upgraded as a pair is
    without the others. If that fails, no other is touched. Each of the others has a
    process of its own, with its own lock and waits.

    Args:
        sites: The telemetry databases.
        manner: How.
        board: Told what happens.

    Returns:
        What came of each, the metadata database first.

    Raises:
        SchemaError: The package or a setting is not right; nothing was changed.
    """
    check_package()
    meta = Site(META.name, META, META.settings())
    for site in sites:
        settings = [meta.settings, site.settings]
        refuse_one_place(settings, [address(each) for each in settings])
    canary, *others = sites
    pair = _upgrade_pair([meta, canary], manner, board)
    if any(outcome.error for outcome in pair):
        return [*pair, *map(_not_started, others)]
    return [*pair, *_upgrade_others(others, manner, board)]


def _upgrade_pair(pair: Iterable[Site], manner: Manner, board: Board) -> list[Outcome]:
    """Upgrade the first two in this process: what they import, later ones have."""
    upgrades = []
    for site in pair:
        title = site.database.title
        board.begin(title)
        upgrades.append(_upgrade(site, manner, partial(board.show, title)))
    try:
        for upgrade, before in reach_pair(upgrades):
            upgrade.bring_to_head(before, manner.make_options)
    except SchemaError:
        if not any(upgrade.outcome.error for upgrade in upgrades):
            raise  # it is no fault of one of them
    outcomes = [upgrade.outcome for upgrade in upgrades]
    for outcome in outcomes:
        board.end(outcome)
    return outcomes


def _upgrade_others(
    sites: Iterable[Site], manner: Manner, board: Board
) -> Iterable[Outcome]:
    waiting = deque(sites)
    outcomes = {site.name: _not_started(site) for site in waiting}
    with Workers(partial(_work, manner)) as workers:
        while waiting or workers:
            while waiting and len(workers) < manner.parallel:
                board.begin(waiting[0].database.title)
                workers.start(waiting.popleft())
            for site, message in workers.messages(_REFRESH_S):
                if isinstance(message, Outcome):
                    outcomes[site.name] = message
                    board.end(message)
                    if message.error and not manner.keep_going:
                        waiting.clear()
                else:
                    board.show(site.database.title, message)
            board.refresh()
    return outcomes.values()


def _work(manner: Manner, site: Site, send: Send) -> Outcome:
    """Upgrade one database, in a process of its own."""
    upgrade = _upgrade(site, manner, send)
    with suppress(Exception):  # the outcome keeps what it was
        before = upgrade.reach()
        upgrade.check_server(before)
        upgrade.bring_to_head(before, manner.make_options)
    return upgrade.outcome


def _upgrade(site: Site, manner: Manner, send: Send) -> RecordedUpgrade:
    return RecordedUpgrade(site.database, site.settings, Messages(send), manner.wait_s)


def _not_started(site: Site) -> Outcome:
    return Outcome(site.database.name, site.database.title, str(site.settings))
