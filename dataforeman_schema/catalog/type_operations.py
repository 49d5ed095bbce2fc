"""Operations for types that columns have: labels added in place, types made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dataforeman_schema.catalog.definitions import create, drop
from dataforeman_schema.catalog.operation import CommittedOp, ObjectOp
from dataforeman_schema.catalog.words import literal, quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dataforeman_schema.catalog.snapshot import Properties


class TypedColumn(NamedTuple):
    """A column of a type that is made anew.

    Attributes:
        table: Its table.
        name: Its own name.
        is_array: Whether it holds arrays of the type.
        default: Its default, in the server's words, or None.
    """

    table: str
    name: str
    is_array: bool
    default: str | None


Held = tuple[str, str, "Properties"]
"""The kind, name and properties of what must go while a type is made anew."""


class LabelsOp(CommittedOp):
    """Adds labels to an enum, each committed, for none can be used before that.

    Args:
        name: Name of the enum.
        live: What it is like.
        expected: What it shall be like.
        back: Takes them away again.
    """

    def __init__(
        self, name: str, live: Properties, expected: Properties, back: RemakeOp
    ) -> None:
        super().__init__("types", None, name, live, expected)
        self.back = back

    def reverse(self) -> RemakeOp:
        """Return the operation that takes the labels away, if no row has one."""
        return self.back


class RemakeOp(ObjectOp):
    """Makes a type anew under its name, with the columns that have it.

    No value is changed: one that the new type does not have is refused.

    Args:
        name: Name of the type.
        live: What it is like.
        expected: What it shall be like.
        columns: The columns that have it when this runs, in either direction.
        held: What rests on those columns then.
        is_last: Whether it runs when everything else is done.
    """

    def __init__(
        self,
        name: str,
        live: Properties,
        expected: Properties,
        columns: Sequence[TypedColumn],
        held: Sequence[Held],
        *,
        is_last: bool = False,
    ) -> None:
        super().__init__("types", None, name, live, expected)
        self.columns = columns
        self.held = held
        self.is_last = is_last

    def statements(self) -> list[str]:
        """Write the SQL, without semicolons."""
        return list(self._statements())

    def _statements(self) -> Iterator[str]:
        new, old = quote(self.name), quote(f"{self.name}_before")
        for kind, name, found in self.held:
            yield from drop(kind, name, found)
        yield f"ALTER TYPE {new} RENAME TO {old}"
        yield from create("types", self.name, self.expected or {})
        for column in self.columns:
            yield from _retype(column, new)
        yield f"DROP TYPE {old}"
        for kind, name, found in reversed(self.held):
            yield from create(kind, name, found)

    def reverse(self) -> RemakeOp:
        """Return the operation that makes it anew as it was."""
        live, expected = self.expected or {}, self.live or {}
        return RemakeOp(
            self.name, live, expected, self.columns, self.held, is_last=self.is_last
        )


def _retype(column: TypedColumn, kind: str) -> Iterator[str]:
    """Write what gives a column the new type; its default is not cast with it."""
    name, array = quote(column.name), "[]" * column.is_array
    alter = f"ALTER TABLE {quote(column.table)} ALTER COLUMN {name}"
    if column.default:
        yield f"{alter} DROP DEFAULT"
    yield f"{alter} TYPE {kind}{array} USING {name}::text{array}::{kind}{array}"
    if column.default:
        yield f"{alter} SET DEFAULT {column.default}"


class RelabelOp(ObjectOp):
    """Asks whether labels of an enum got other names, or went for others.

    Asked of nobody, as when SQL is written at once, they went.

    Args:
        renames: Pairs of the label that goes and the one that comes.
        rest: What is left to do then, or None.
        otherwise: Makes the enum anew.
    """

    def __init__(
        self,
        renames: Sequence[tuple[str, str]],
        rest: RemakeOp | None,
        otherwise: RemakeOp,
    ) -> None:
        live, expected = otherwise.live, otherwise.expected
        super().__init__("types", None, otherwise.name, live, expected)
        self.renames = renames
        self.rest = rest
        self.otherwise = otherwise

    @property
    def question(self) -> str:
        """What a person must answer."""
        pairs = ", ".join(f"{old!r} to {new!r}" for old, new in self.renames)
        return f"Are labels of the type {self.name} renamed, {pairs}?"

    def statements(self) -> list[str]:
        """Write the SQL that takes labels away and adds others."""
        return self.otherwise.statements()

    def renaming(self) -> list[str]:
        """Write the SQL that gives labels other names, and rows with them."""
        alter = f"ALTER TYPE {quote(self.name)} RENAME VALUE"
        first = [f"{alter} {literal(a)} TO {literal(b)}" for a, b in self.renames]
        last = self.rest.statements() if self.rest else []
        return [*last, *first] if self._is_back else [*first, *last]

    _is_back = False

    def reverse(self) -> RelabelOp:
        """Return the same question of the way back."""
        renames = [(new, old) for old, new in self.renames]
        rest = self.rest.reverse() if self.rest else None
        back = RelabelOp(renames, rest, self.otherwise.reverse())
        back._is_back = not self._is_back
        return back
