"""The one error that every entry point of the package shows to its user."""

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
