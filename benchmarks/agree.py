"""Whether two runs agree: which ratios differ by more than both report.

python -m benchmarks.agree FOLDER FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.results import read_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.spread import Spread

    Named = dict[tuple[str, str, str], Spread]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the ratios that differ; end with exit code 1 where there are some."""
    one, other = (_ratios(Path(each)) for each in arguments or sys.argv[1:])
    lines = list(disagreements(one, other))
    print(*lines, f"{len(lines)} of {len(one.keys() & other)} ratios differ", sep="\n")
    sys.exit(bool(lines))


def disagreements(one: Named, other: Named) -> Iterator[str]:
    """Name the ratios whose intervals do not overlap."""
    for name in one.keys() & other:
        first, second = one[name], other[name]
        if first.high < second.low or second.high < first.low:
            work, of, to = name
            yield f"{work}: {of} / {to}: {first.value:.3g}, {second.value:.3g}"


def _ratios(folder: Path) -> Named:
    return {
        (comparison.work, contrast.of, contrast.to): comparison.ratio(contrast)
        for results in read_all(folder).values()
        for comparison in results.comparisons
        for contrast in comparison.contrasts
    }


if __name__ == "__main__":
    main()
