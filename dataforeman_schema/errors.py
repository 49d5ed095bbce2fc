"""The one error that every entry point of the package shows to its user."""

from importlib.util import find_spec
from typing import ClassVar


class SchemaError(Exception):
    """Something an operator can mend: one line that names cause and remedy.

    The text never holds a password. The command line prints it to standard
    error and exits with a code other than 0; Alembic prints it after "FAILED:".

    Attributes:
        exit_code: The code that the command line exits with.
    """

    exit_code: ClassVar[int] = 1


class CouldNotLookError(SchemaError):
    """A database could not be looked at, so nothing is known of its state."""

    exit_code = 2


def in_words(error: Exception) -> str:
    """Say in one line what failed, and what to do about it."""
    if isinstance(error, SchemaError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error}; mend that and run the command again"
    return (
        f"unexpected {type(error).__name__}: {error}; "
        "run dataforeman-schema --debug … again and report what it shows"
    )


def missing_extra(package: str, extra: str) -> str:
    """Say that a package is not installed, and which extra of ours brings it."""
    return f"{package} is not installed: pip install 'dataforeman-schema[{extra}]'"


def require_extra(extra: str, *packages: str) -> None:
    """Make sure that the packages of an extra are installed; none is imported.

    Args:
        extra: The extra of ours that brings them.
        packages: Their names on PyPI, each importable by its name with underscores.

    Raises:
        SchemaError: One is not installed; the message says what to install.
    """
    for package in packages:
        if find_spec(package.replace("-", "_")) is None:
            raise SchemaError(missing_extra(package, extra))
