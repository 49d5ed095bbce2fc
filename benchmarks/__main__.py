"""Measures what operators and developers wait for; see docs/performance.md.

    python -m benchmarks [--size quick] [piece …]

The servers are those of META_TEST_URL and TSDB_TEST_URL, where databases are made and
dropped, or new embedded ones.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import environment
from benchmarks.bench import FULL, SIZES, Bench, Size
from benchmarks.document import FOLDER, pictures, write_document
from benchmarks.pieces import (
    adopt,
    bulk,
    chunks,
    conversion,
    fixtures,
    history,
    imports,
    ingest,
    queries,
    start,
    storage,
)
from benchmarks.results import Results
from benchmarks.table import figures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.comparison import Comparison

PIECES: Final[dict[str, Callable[[Bench], None]]] = {
    module.__name__.rpartition(".")[2]: module.run
    for module in (
        start,
        imports,
        history,
        chunks,
        conversion,
        adopt,
        ingest,
        storage,
        queries,
        bulk,
        fixtures,
    )
}
BUILD: Final = Path("build/performance")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure pieces, and write what was found where its size belongs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("pieces", nargs="*", choices=[*PIECES, []], metavar="piece")
    parser.add_argument("--size", choices=SIZES, default=FULL.name)
    parser.add_argument("--folder", type=Path, help="instead of where the size belongs")
    given = parser.parse_args(arguments)
    size = SIZES[given.size]
    folder = given.folder or (FOLDER if size is FULL else BUILD)
    for piece in given.pieces or PIECES:
        print(f"\n## {piece}\n", flush=True)
        measure(piece, size).write(folder)
    if folder == FOLDER:
        write_document()
    else:
        for name, picture in pictures(folder).items():
            (folder / f"{name}.svg").write_text(picture, encoding="utf-8")


def measure(piece: str, size: Size) -> Results:
    """Measure a piece on servers of its own, and return what was found."""
    with ExitStack() as stack:
        bench = Bench(size, stack, _say)
        PIECES[piece](bench)
        about = {
            "date": f"{datetime.now(UTC):%Y-%m-%d}",
            "size": size.name,
            "machine": environment.machine(),
            "servers": environment.servers(bench),
            "packages": environment.packages(),
        }
    return Results(piece, about, bench.found)


def _say(comparison: Comparison) -> None:
    print(*figures([comparison]), sep="\n", flush=True)


if __name__ == "__main__":
    main()
