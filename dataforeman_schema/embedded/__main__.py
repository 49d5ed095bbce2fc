"""`python -m dataforeman_schema.embedded up|down`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dataforeman_schema.embedded.pair import EmbeddedPair
from dataforeman_schema.embedded.server import EmbeddedServer
from dataforeman_schema.embedded.settings_file import configured, write_block
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.printable import printable
from dataforeman_schema.settings import META_VARIABLES, TSDB_VARIABLES, Variables

# What else points libpq to a server, beside the variables of the settings.
LIBPQ_ELSEWHERE = ("PGHOSTADDR", "PGSERVICE")


def main(arguments: Sequence[str] | None = None) -> int:
    """Start or stop the embedded servers of a checkout.

    Args:
        arguments: The command line, without the program; the process's own if None.

    Returns:
        The exit code: 0, or 1 after one line on stderr that says what is wrong.
    """
    options = _parser().parse_args(arguments)
    pair = EmbeddedPair(options.root)
    try:
        down(pair) if options.verb == "down" else up(pair, options.env)
    except (SchemaError, OSError) as error:
        sys.stderr.write(f"{printable(str(error))}\n")
        return 1
    return 0


def up(pair: EmbeddedPair, env: Path) -> None:
    """Start the servers that are not configured elsewhere and write where they are.

    Args:
        pair: The servers.
        env: The `.env` file that gets the connection settings.
    """
    settings = {
        **_up(pair.postgres, env, META_VARIABLES, LIBPQ_ELSEWHERE),
        **_up(pair.timescale, env, TSDB_VARIABLES),
    }
    write_block(env, settings)


def down(pair: EmbeddedPair) -> None:
    """Stop both servers; their data and the settings stay.

    Args:
        pair: The servers.
    """
    for server in (pair.postgres, pair.timescale):
        _say(server, "stopped" if server.stop() else "was not running")


def _up(
    server: EmbeddedServer,
    env: Path,
    variables: Variables,
    more: tuple[str, ...] = (),
) -> dict[str, str]:
    params, parts = server.params, variables.parts
    names = {key: name for key, (name, _) in parts.items()}
    settings = {name: params[key] for key, name in names.items() if params[key]}
    host, *others = (name for key, name in names.items() if key != "password")
    elsewhere = (variables.url, host, *more, *others)
    if setting := configured(env, elsewhere, settings):
        _say(server, f"not started: {setting} configures it elsewhere")
        return {}
    state = "started" if server.start() else "already running"
    where = server.params["host"]
    _say(server, f"{state}: database {server.database} on {where}")
    return settings


def _say(server: EmbeddedServer, what: str) -> None:
    sys.stdout.write(f"{printable(f'{server.name} {what}')}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dataforeman_schema.embedded",
        description="Start or stop the embedded PostgreSQL and TimescaleDB.",
    )
    parser.add_argument("verb", choices=["up", "down"])
    parser.add_argument(
        "--root", type=Path, default=Path(".servers"), help="the servers' folder"
    )
    parser.add_argument(
        "--env", type=Path, default=Path(".env"), help="the settings file"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
