"""The one error that every door of the package shows to its user."""


class SchemaError(Exception):
    """Something an operator can mend: one line that names cause and remedy.

    The text never holds a password. The command line prints it to standard
    error and exits with a code other than 0; Alembic prints it after "FAILED:".
    """
