"""The results of a piece, as a file that programs and `docs/performance.md` read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from benchmarks.comparison import Comparison

if TYPE_CHECKING:
    from pathlib import Path

_LIST: Final = re.compile(r"\[[^\[\]{}]*\]")  # of samples


@dataclass(frozen=True)
class Results:
    """What one run found of one piece, and where.

    Attributes:
        piece: Which piece.
        about: Date, size, machine, servers and versions.
        comparisons: What was measured.
    """

    piece: str
    about: dict[str, Any]
    comparisons: list[Comparison]

    def write(self, folder: Path) -> Path:
        """Write them into a folder, and return the file."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.piece}.json"
        comparisons = [comparison.as_json() for comparison in self.comparisons]
        value = {"piece": self.piece, **self.about, "comparisons": comparisons}
        text = _LIST.sub(_in_one_line, json.dumps(value, indent=1))
        path.write_text(f"{text}\n", encoding="utf-8")
        return path

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read what `write` wrote."""
        value = json.loads(path.read_text(encoding="utf-8"))
        piece, found = value.pop("piece"), value.pop("comparisons")
        return cls(piece, value, [Comparison.from_json(each) for each in found])


def _in_one_line(samples: re.Match[str]) -> str:
    return " ".join(samples[0].split())


def read_all(folder: Path) -> dict[str, Results]:
    """Read what runs found, by piece."""
    found = map(Results.read, sorted(folder.glob("*.json")))
    return {results.piece: results for results in found}
