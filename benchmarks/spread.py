"""What samples say: a middle, a spread, and how sure a ratio is."""

from __future__ import annotations

import random
import statistics
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_DRAWS: Final = 2_000
_SURE: Final = 0.95


class Spread(NamedTuple):
    """A figure and what it lies between.

    Attributes:
        value: The figure: a median, or a ratio.
        low: The lower quartile, or the lower end of the ratio's interval.
        high: The upper one.
    """

    value: float
    low: float
    high: float


def quartiles(samples: Sequence[float]) -> Spread:
    """Return the median between the quartiles."""
    if len(samples) == 1:
        [only] = samples
        return Spread(only, only, only)
    low, middle, high = statistics.quantiles(samples, n=4, method="inclusive")
    return Spread(middle, low, high)


def ratio(of: Sequence[float], to: Sequence[float]) -> Spread:
    """Return the median ratio of the rounds, in its 95 % interval by the bootstrap.

    What slowed the machine in a round slowed both of its samples.
    """
    rounds = [one / other for one, other in zip(of, to, strict=True)]
    drawn = random.Random(0)  # noqa: S311 - the same rounds give the same interval
    medians = sorted(
        statistics.median(drawn.choices(rounds, k=len(rounds))) for _ in range(_DRAWS)
    )
    cut = round(_DRAWS * (1 - _SURE) / 2)
    return Spread(statistics.median(rounds), medians[cut], medians[-1 - cut])
