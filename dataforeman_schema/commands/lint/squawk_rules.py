"""Which of squawk's rules hold here, each with the reason.

A rule that is not listed holds, so that a newer squawk is heard before it is judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from dataforeman_schema.commands.lint.rule import SizeKind

Tree = Literal["meta", "tsdb"]


class SquawkRule(NamedTuple):
    """What became of a rule of squawk.

    Attributes:
        on: Whether it holds.
        reason: Why.
        size: What of a table makes it harmless when there is little of it.
        trees: The trees in which it holds.
    """

    on: bool
    reason: str
    size: SizeKind | None = None
    trees: tuple[Tree, ...] = ("meta", "tsdb")


def _on(
    reason: str,
    *,
    size: SizeKind | None = None,
    trees: tuple[Tree, ...] = ("meta", "tsdb"),
) -> SquawkRule:
    return SquawkRule(on=True, reason=reason, size=size, trees=trees)


def _off(reason: str) -> SquawkRule:
    return SquawkRule(on=False, reason=reason)


_NO_CONCURRENTLY: Final[tuple[Tree, ...]] = ("meta",)
"""A hypertable knows no CONCURRENTLY; `hypertable-index` stands for it there."""

_NO_PARTITION: Final = "no table of either tree is partitioned or inherits by hand"
_OPERATORS: Final = "servers, roles and rights are the operator's, not a revision's"
_POLICIES: Final = "no table has row security, and verify finds one that has"
_COMPARED: Final = "the models are compared with it, and its body is what they say"

SQUAWK_RULES: Final[dict[str, SquawkRule]] = {
    # What locks or scans a table that services use.
    "adding-field-with-default": _on(
        "a volatile default writes the whole table anew", size="rows"
    ),
    "adding-foreign-key-constraint": _on(
        "both tables are locked while every row is checked", size="rows"
    ),
    "adding-not-nullable-field": _on(
        "every row is read under an exclusive lock", size="rows"
    ),
    "adding-serial-primary-key-field": _on(
        "every row is written anew and indexed", size="rows"
    ),
    "changing-column-type": _on("most changes write the whole table anew", size="rows"),
    "constraint-missing-not-valid": _on(
        "every row is checked under an exclusive lock", size="rows"
    ),
    "disallowed-unique-constraint": _on(
        "its index is made under an exclusive lock", size="rows"
    ),
    "require-concurrent-index-creation": _on(
        "nothing can be written while it is made", size="rows", trees=_NO_CONCURRENTLY
    ),
    "require-concurrent-index-deletion": _on(
        "it waits, and all others behind it", size="rows", trees=_NO_CONCURRENTLY
    ),
    "require-concurrent-partition-detach": _on("readers wait while it is detached"),
    "require-concurrent-reindex": _on("nothing can be written while it is made"),
    "ban-alter-domain-with-add-constraint": _on(
        "every table that uses the domain is locked and read"
    ),
    "ban-concurrent-index-creation-in-transaction": _on(
        "the server refuses it; it belongs in an autocommit_block"
    ),
    # What services of the release before cannot live with.
    "ban-drop-column": _on("running services still read and write it"),
    "ban-drop-not-null": _on("running services do not expect NULL"),
    "ban-drop-schema": _on("all that is in it goes, others' things too"),
    "ban-drop-table": _on("running services still read and write it"),
    "ban-drop-view": _on(
        "running services still read it; aggregates are aggregate-anew's",
        trees=("meta",),
    ),
    "ban-set-schema": _on("running services look for it where it was"),
    "renaming-column": _on("running services know the old name"),
    "renaming-object": _on("running services know the old name"),
    "renaming-table": _on("running services know the old name"),
    # What a revision has no right to.
    "ban-alter-database-options": _on(_OPERATORS),
    "ban-alter-role-options": _on(_OPERATORS),
    "ban-alter-system-options": _on(_OPERATORS),
    "ban-disable-trigger": _on("what it keeps true is not kept meanwhile"),
    "ban-drop-database": _on("nobody gets it back"),
    "ban-drop-extension": _on("other things in the database may need it"),
    "ban-revoke": _on(_OPERATORS),
    "ban-truncate-cascade": _on("rows of tables that it does not name go, too"),
    "transaction-nesting": _on("Alembic begins and ends transactions"),
    # What is hard to change later.
    "ban-char-field": _on("it pads with blanks; text has no cost"),
    "ban-create-domain-with-constraint": _on("it cannot be changed without a scan"),
    "identifier-too-long": _on("the server cuts it, so that no name matches"),
    "prefer-identity": _on("the sequence of a serial has rights of its own"),
    "prefer-text-field": _on("a length is a lock to change; a CHECK is not"),
    "prefer-timestamp-tz": _on("readings come from plants in several time zones"),
    "ban-duplicate-column-assignments": _on("the server refuses it"),
    # What is decided otherwise here.
    "adding-required-field": _off("required-column looks at the operation itself"),
    "ban-add-column": _off("that is what a release is for; services name columns"),
    "ban-add-composite-attribute": _off("no table has a composite type"),
    "ban-add-enum-value": _off("services take values that they do not know as text"),
    "ban-alter-extension": _off("upgrade checks the extension's version itself"),
    "ban-alter-function-options": _off(_COMPARED),
    "ban-alter-generated-expression": _off(_COMPARED),
    "ban-alter-identity": _off("verify finds sequences that run out"),
    "ban-alter-policy-condition": _off(_POLICIES),
    "ban-alter-policy-roles": _off(_POLICIES),
    "ban-alter-row-level-security": _off(_POLICIES),
    "ban-alter-sequence-values": _off("seeds must move the sequences behind them"),
    "ban-alter-view-options": _off(_COMPARED),
    "ban-create-policy": _off(_POLICIES),
    "ban-detach-inheritance": _off(_NO_PARTITION),
    "ban-drop-constraint": _off("what was allowed stays allowed"),
    "ban-drop-default": _off("the models say the default, and services name columns"),
    "ban-drop-domain": _off("the server refuses it while a column has it"),
    "ban-drop-function": _off("the server refuses it while a trigger calls it"),
    "ban-drop-generated-expression": _off(_COMPARED),
    "ban-drop-index": _off("require-concurrent-index-deletion looks at it"),
    "ban-drop-policy": _off(_POLICIES),
    "ban-drop-sequence": _off("the server refuses it while a default calls it"),
    "ban-drop-trigger": _off(_COMPARED),
    "ban-drop-type": _off("the server refuses it while a column has it"),
    "ban-new-write-restriction": _off("required-column and the locks are looked at"),
    "ban-replace-view-function": _off(_COMPARED),
    "ban-replica-identity": _off("nothing is replicated by rows of ours"),
    "ban-set-default": _off("the models say the default, and rows keep their values"),
    "ban-uncommitted-transaction": _off("Alembic ends the transaction"),
    "prefer-bigint-over-int": _off("ids are integers wherever services keep them"),
    "prefer-bigint-over-smallint": _off("qualities and flags are small for ever"),
    "prefer-repack": _off("its REPACK is known to PostgreSQL 19 only"),
    "prefer-robust-stmts": _off("a revision is one transaction and records itself"),
    "require-enum-value-ordering": _off("the models say the order of labels"),
    "require-lock-timeout": _off("upgrade sets lock_timeout and tries again"),
    "require-statement-timeout": _off("upgrade --statement-timeout sets it"),
    "require-table-schema": _off("the search_path says where our tables are"),
    "require-timeout-settings": _off("upgrade sets both"),
}
"""All rules of squawk 2.70."""
