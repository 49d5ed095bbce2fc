"""`adopt`: take over databases that something else made."""

from __future__ import annotations

import click

from dataforeman_schema.cli.options import as_json, lock_wait


@click.command()
@as_json
@click.argument("tree", type=click.Choice(["meta", "tsdb"]), required=False)
@click.option(
    "--plan", "action", flag_value="plan", help="Say what it would do, and do nothing."
)
@click.option(
    "--finish",
    "action",
    flag_value="finish",
    help="Drop the former system_metrics, once its rows are converted and proved.",
)
@click.option(
    "--undo", "action", flag_value="undo", help="Give them back to what made them."
)
@click.option(
    "--proof",
    type=click.Choice(["checksums", "counts"]),
    default="checksums",
    show_default=True,
    help="What of every table must be equal before and after.",
)
@click.option(
    "--keep-foreign",
    is_flag=True,
    help="Take over a later DataForeman (v0.4 to v0.6), whose rules then stay.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True),
    metavar="FILE",
    help="Where to keep the proof, as JSON.",
)
@lock_wait
def adopt(
    tree: str | None,
    *,
    as_json: bool,
    action: str | None,
    proof: str,
    keep_foreign: bool,
    report: str | None,
    lock_wait: float,
) -> None:
    """Take over databases that the former tool made, or that nothing records.

    Everything is compared with what the revisions make. What differs is bridged
    without touching a row, what is not ours stays, and the rows of every table are
    proved to be the same; otherwise nothing is changed, in either database.
    """
    from dataforeman_schema.alembic_env.options import Options
    from dataforeman_schema.commands.adoption import show
    from dataforeman_schema.settings import load_env_file

    load_env_file()
    options = Options(lock_wait=lock_wait)
    if action == "plan":
        show.plans(tree, options, as_json=as_json, keep_foreign=keep_foreign)
    elif action == "undo":
        show.undo(tree, options)
    elif action == "finish":
        show.finish(options)
    else:
        counts_only = proof == "counts"
        show.adopt(
            tree,
            options,
            counts_only=counts_only,
            report=report,
            keep_foreign=keep_foreign,
        )
