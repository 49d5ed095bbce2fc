"""Where the `dataforeman-schema` command starts: signals first, then all else."""

from dataforeman_schema.signals import end_on_signals


def main() -> None:
    """Run the command; most of the time until it works goes into imports."""
    end_on_signals("dataforeman-schema: interrupted; nothing is left half done")
    from dataforeman_schema.cli import main as command  # noqa: PLC0415

    command()


if __name__ == "__main__":
    main()
