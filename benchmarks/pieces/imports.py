"""How long models take to import, against what they are made of.

Each is imported in a new process; the processor time of that process counts.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from functools import partial
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from benchmarks.comparison import Contrast

if TYPE_CHECKING:
    from benchmarks.bench import Bench

_BASE: Final = "SQLAlchemy's ORM for PostgreSQL"
_MODELS: Final = ("dataforeman_schema.meta", "dataforeman_schema.tsdb")
_MODULES: Final = {
    _BASE: "sqlalchemy.orm, sqlalchemy.dialects.postgresql",
    **dict(zip(_MODELS, _MODELS, strict=True)),
}
_GOAL: Final = 1.2


def run(bench: Bench) -> None:
    """Compare the imports."""
    contrasts = [Contrast(name, _BASE, at_most=_GOAL) for name in _MODELS]
    with TemporaryDirectory() as compiled:
        ways = {
            name: partial(_measure, modules, compiled)
            for name, modules in _MODULES.items()
        }
        bench.compare("import of models", ways, *contrasts)


def _measure(modules: str, compiled: str) -> float:
    environ = os.environ | {"PYTHONPYCACHEPREFIX": compiled}
    # As an installed package, it is compiled before it is measured.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([sys.executable, "-c", f"import {modules}"], check=True, env=environ)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
