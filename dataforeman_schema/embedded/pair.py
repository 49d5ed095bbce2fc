"""The two embedded servers of one checkout."""

from pathlib import Path
from typing import Self

from dataforeman_schema.embedded.postgres import EmbeddedPostgres
from dataforeman_schema.embedded.timescale import EmbeddedTimescale


class EmbeddedPair:
    """A PostgreSQL and a TimescaleDB below one folder.

    Args:
        root: The folder of everything the servers keep: `postgres` and `timescale`.
    """

    def __init__(self, root: Path = Path(".servers")) -> None:
        self.root = Path(root).resolve()
        self.postgres = EmbeddedPostgres(self.root / "postgres", "dataforeman")
        self.timescale = EmbeddedTimescale(self.root / "timescale", "telemetry")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Make sure that both servers run.

        Raises:
            EmbeddedServerError: One of them did not start.
        """
        self.postgres.start()
        self.timescale.start()

    def stop(self) -> None:
        """Make sure that no process of either is left; the data stays.

        Raises:
            EmbeddedServerError: One of them could not be stopped.
        """
        self.timescale.stop()
        self.postgres.stop()
