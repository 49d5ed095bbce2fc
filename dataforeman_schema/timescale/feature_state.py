"""The state of a feature, which models declare and operations carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ddl import Statement


class FeatureState:
    """The state of a feature that a relation has.

    Attributes:
        noun: What operations call it.
        fixed: The arguments that no alteration changes.
    """

    noun: ClassVar[str]
    fixed: ClassVar[frozenset[str]] = frozenset()

    def arguments(self) -> dict[str, object]:
        """Say how an operation is called for this state.

        Returns:
            The named arguments; those that are None need not be given.
        """
        raise NotImplementedError

    def addition(self, name: str, schema: str | None) -> Sequence[Statement]:
        """Say what gives the feature to a relation.

        Args:
            name: The relation.
            schema: Its schema, or None for the first of the search path.

        Returns:
            The statements, in order.
        """
        raise NotImplementedError

    def removal(self, name: str, schema: str | None) -> Sequence[Statement]:
        """Say what takes the feature from a relation.

        Args:
            name: The relation.
            schema: Its schema, or None for the first of the search path.

        Returns:
            The statements, in order.
        """
        raise NotImplementedError
