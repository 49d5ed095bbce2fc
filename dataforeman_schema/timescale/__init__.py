"""TimescaleDB for SQLAlchemy models and Alembic migrations."""

from .declaration import UNMANAGED, Absent, DeclarationError, Unmanaged
from .extension import MINIMUM_VERSION
from .hypertable import HashDimension, Hypertable
from .interval import Months, Span

__all__ = [
    "MINIMUM_VERSION",
    "UNMANAGED",
    "Absent",
    "DeclarationError",
    "HashDimension",
    "Hypertable",
    "Months",
    "Span",
    "Unmanaged",
]
