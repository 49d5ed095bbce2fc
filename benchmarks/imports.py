"""How long models take to import, against what they are made of.

    python -m benchmarks.imports

Each is imported in a new process, in turn; of each, the processor time that is its own
counts.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 21
ALLOWED = 1.2
BASE = "sqlalchemy.orm, sqlalchemy.dialects.postgresql"
MODELS = ("dataforeman_schema.meta", "dataforeman_schema.tsdb")


def measure(modules: str, compiled: str) -> float:
    """Import modules in a new process and return its processor time in seconds."""
    environ = os.environ | {"PYTHONPYCACHEPREFIX": compiled}
    # As an installed package, it is compiled before it is measured.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([sys.executable, "-c", f"import {modules}"], check=True, env=environ)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main() -> None:
    """Import each some times and print the medians, and their ratios to the base."""
    times: dict[str, list[float]] = {name: [] for name in (BASE, *MODELS)}
    with tempfile.TemporaryDirectory() as compiled:
        for name in times:
            measure(name, compiled)
        for _ in range(ROUNDS):
            for name, found in times.items():
                found.append(measure(name, compiled))
    base = statistics.median(times[BASE])
    print(f"import {BASE}: {base * 1000:.0f} ms")
    for name in MODELS:
        ratio = statistics.median(times[name]) / base
        print(f"  {name}: {ratio:.2f} of that (at most {ALLOWED})")


if __name__ == "__main__":
    main()
