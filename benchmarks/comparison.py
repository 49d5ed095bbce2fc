"""Ways to do one work, measured in turn, and what their ratios should be."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from benchmarks.spread import Spread, quartiles, ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Measure = Callable[[], float]

Unit = Literal["s", "rows/s", "bytes/row"]
Verdict = Literal["met", "missed", "within the spread", ""]


@dataclass(frozen=True)
class Contrast:
    """Two ways of one work, of which one is put against the other.

    Attributes:
        of: The way that is judged.
        to: The way that it is put against.
        at_most: What the ratio may be, or None.
        at_least: What the ratio must be, or None.
    """

    of: str
    to: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def goal(self) -> float | None:
        """The limit, whichever side it is on."""
        return self.at_least if self.at_most is None else self.at_most

    def judge(self, found: Spread) -> Verdict:
        """Say whether a ratio is where it should be; nothing where there is no goal."""
        if self.goal is None:
            return ""
        # The larger, the worse.
        better, figure, worse = found.low, found.value, self.goal
        if self.at_most is None:
            better, figure, worse = -found.high, -found.value, -self.goal
        if figure <= worse:
            return "met"
        return "within the spread" if better <= worse else "missed"


@dataclass(frozen=True)
class Comparison:
    """What was measured of one work.

    Attributes:
        work: What was done, in words.
        samples: The figures of each way, one per round.
        unit: Of the figures.
        contrasts: Which ways are put against which.
    """

    work: str
    samples: Mapping[str, list[float]]
    unit: Unit = "s"
    contrasts: tuple[Contrast, ...] = ()

    def spread(self, way: str) -> Spread:
        """Return median and quartiles of a way."""
        return quartiles(self.samples[way])

    def ratio(self, contrast: Contrast) -> Spread:
        """Return the ratio of two ways, with its interval."""
        return ratio(self.samples[contrast.of], self.samples[contrast.to])

    def as_json(self) -> dict[str, Any]:
        """Write it for programs, with what follows from the samples."""
        ways = {
            way: {**self.spread(way)._asdict(), "samples": samples}
            for way, samples in self.samples.items()
        }
        contrasts = [
            asdict(contrast)
            | {"ratio": (found := self.ratio(contrast))._asdict()}
            | {"verdict": contrast.judge(found)}
            for contrast in self.contrasts
        ]
        return {
            "work": self.work,
            "unit": self.unit,
            "ways": ways,
            "contrasts": contrasts,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Comparison:
        """Read what `as_json` wrote."""
        samples = {way: each["samples"] for way, each in value["ways"].items()}
        names = ("of", "to", "at_most", "at_least")
        contrasts = (
            Contrast(**{name: each[name] for name in names})
            for each in value["contrasts"]
        )
        return cls(value["work"], samples, value["unit"], tuple(contrasts))


def take_turns(
    ways: Mapping[str, Measure], rounds: int, *, warm_up: bool = True
) -> dict[str, list[float]]:
    """Measure ways in turn, so that what slows the machine slows all of them.

    Args:
        ways: What measures each way, by its name.
        rounds: How often each is measured; every round begins with another way.
        warm_up: Whether each is measured once more before, which does not count.

    Returns:
        The figures of each way, one per round.
    """
    samples: dict[str, list[float]] = {way: [] for way in ways}
    if warm_up:
        for measure in ways.values():
            measure()
    names = list(ways)
    for number in range(rounds):
        first = number % len(names)
        for way in names[first:] + names[:first]:
            samples[way].append(_rounded(ways[way]()))
    return samples


def _rounded(figure: float) -> float:
    """Keep what a clock can tell, so that the files are short."""
    return float(f"{figure:.5g}")


def timed(work: Callable[[], object]) -> float:
    """Return the seconds by the clock on the wall that some work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
