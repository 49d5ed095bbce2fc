"""Where the `dataforeman-schema` command starts: signals first, then all else."""

from typing import Final

from dataforeman_schema import json_log
from dataforeman_schema.signals import end_on_signals

_SAID: Final = "interrupted; nothing is left half done"


def main() -> None:
    """Run the command; most of the time until it works goes into imports."""
    end_on_signals(_last_line)
    from dataforeman_schema.commands.lean import lean_imports  # noqa: PLC0415

    with lean_imports():
        from dataforeman_schema.cli import main as command  # noqa: PLC0415
    command()


def _last_line(code: int) -> str:
    if not json_log.is_on():
        return f"dataforeman-schema: {_SAID}"
    return json_log.line("ERROR", _SAID, error="Interrupted", exit_code=code)


if __name__ == "__main__":
    main()
