"""How often a process of the suite looks for garbage."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Look for garbage less often, and not among what is there already.

    It takes a fifth of the time of a process that has all tests and models.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
