"""Saying what taking over does, to people and to programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataforeman_schema.commands.adoption.run import Adoption, refuse
from dataforeman_schema.commands.json_output import print_json
from dataforeman_schema.commands.progress import say, warn
from dataforeman_schema.databases import TSDB, select
from dataforeman_schema.output import echo

if TYPE_CHECKING:
    from dataforeman_schema.alembic_env.options import Options
    from dataforeman_schema.commands.adoption.plan import AdoptionPlan


def plans(
    tree: str | None, options: Options, *, as_json: bool, keep_foreign: bool = False
) -> None:
    """Print what taking over would do; nothing is changed.

    Args:
        tree: Which of the two databases; None is both.
        options: How to wait for other sessions.
        as_json: Whether it is for a program.
        keep_foreign: Whether databases of a later release may be taken over.

    Raises:
        ConnectionFailed: A database cannot be reached.
        SchemaError: One is nothing that can be taken over.
    """
    adoptions = _adoptions(tree, options, keep_foreign=keep_foreign)
    found = [adoption.plan() for adoption in adoptions]
    if as_json:
        print_json([_as_dict(plan) for plan in found])
        return
    for plan in found:
        echo(_heading(plan))
        for difference in plan.differences:
            echo(f"  {difference.kind}: {difference.text}")


def adopt(
    tree: str | None,
    options: Options,
    *,
    counts_only: bool,
    report: str | None,
    keep_foreign: bool = False,
) -> None:
    """Take over both databases, or one; what is in the way of one changes neither.

    Args:
        tree: Which of the two; None is both.
        options: How to wait for other sessions.
        counts_only: Whether the proof counts rows and computes no checksums.
        report: A file that gets the proof as JSON, or None.
        keep_foreign: Whether databases of a later release may be taken over, whose
            rules in our tables then stay as they are.

    Raises:
        ConnectionFailed: A database cannot be reached.
        SchemaError: Something is in the way, or a row would not be what it was.
    """
    adoptions = _adoptions(
        tree, options, counts_only=counts_only, keep_foreign=keep_foreign
    )
    refuse([adoption.plan() for adoption in adoptions])
    if report:  # one that cannot be written is better known now
        Path(report).open("a", encoding="utf-8").close()
    for adoption in adoptions:
        adoption.run()
        if report and adoption.proof:
            text = json.dumps(_proofs(adoptions), indent=2) + "\n"
            Path(report).write_text(text, encoding="utf-8")


def _proofs(adoptions: list[Adoption]) -> dict[str, Any]:
    proofs: dict[str, Any] = {
        each.database.name: each.proof for each in adoptions if each.proof
    }
    for each in adoptions:
        if each.conversion is not None:
            proofs["conversion"] = asdict(each.conversion)
    return proofs


def undo(tree: str | None, options: Options) -> None:
    """Give both databases, or one, back to what made them.

    Args:
        tree: Which of the two; None is both.
        options: How to wait for other sessions.

    Raises:
        ConnectionFailed: A database cannot be reached.
        SchemaError: One was not adopted, or a revision ran since.
    """
    adoptions = _adoptions(tree, options)
    for adoption in adoptions:
        adoption.check_undo()
    for adoption in reversed(adoptions):  # rows may keep telemetry from going back
        adoption.undo()


def finish(options: Options) -> None:
    """Drop what was set aside to be converted, once that is complete and proved.

    Args:
        options: How to wait for other sessions.

    Raises:
        ConnectionFailed: The telemetry database cannot be reached.
        SchemaError: It is not complete, or not proved.
    """
    for adoption in _adoptions(TSDB.name, options):
        adoption.finish()


def _adoptions(
    tree: str | None,
    options: Options,
    *,
    counts_only: bool = False,
    keep_foreign: bool = False,
) -> list[Adoption]:
    return [
        Adoption(
            each,
            each.settings(),
            say,
            warn,
            counts_only,
            keep_foreign,
            options,
        )
        for each in select(tree)
    ]


def _heading(plan: AdoptionPlan) -> str:
    if plan.form is None:
        rest = "to be completed" if plan.differences else "nothing to adopt"
        return f"{plan.database.title}: at {plan.revision}, {rest}"
    return f"{plan.database.title}: {plan.form}, to be adopted at {plan.revision}"


def _as_dict(plan: AdoptionPlan) -> dict[str, Any]:
    form = plan.form
    return {
        "database": plan.database.name,
        "form": form and {"name": form.name, "because": form.because},
        "revision": plan.revision,
        "differences": [difference._asdict() for difference in plan.differences],
    }
