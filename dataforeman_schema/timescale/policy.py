"""What the four kinds of policy share, as models declare them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from .feature_state import FeatureState
from .interval import Tunable

if TYPE_CHECKING:
    from typing import Self

    from .catalog import Job


class Policy(FeatureState):
    """A background job of TimescaleDB that looks after a relation.

    Attributes:
        procedures: The procedures that such a job runs, by the names of all releases.
        ages: The fields of which a policy has one, each an age of another kind.
    """

    procedures: ClassVar[frozenset[str]]
    ages: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def from_job(cls, job: Job) -> Self:
        """Read the policy from its job."""
        raise NotImplementedError

    @property
    def window(self) -> dict[str, Any]:
        """What tells it from others of its kind, as its job is configured."""
        return {}

    def configured(self) -> dict[str, Any]:
        """Say how its job is configured; None is no key, or no value of a window."""
        raise NotImplementedError

    def reconfigured(self, existing: Self) -> dict[str, Any]:  # noqa: ARG002 (of some)
        """Say what of its job's configuration is set to make it of an existing one."""
        return self.configured()

    @property
    def effect(self) -> str:
        """What it does, in words."""
        raise NotImplementedError

    def arguments(self) -> dict[str, object]:
        """Say how an operation is called for this policy.

        Returns:
            The policy's fields.
        """
        names = [item.name for item in fields(self)]  # type: ignore[arg-type]
        return {name: getattr(self, name) for name in names}

    @property
    def goes_by(self) -> frozenset[str]:
        """Which kinds of age it goes by."""
        return frozenset(age for age in self.ages if getattr(self, age) is not None)

    def tunable(self) -> dict[str, Tunable[Any]]:
        """Say which fields operators may change."""
        given = self.arguments().items()
        return {name: value for name, value in given if isinstance(value, Tunable)}

    def resolved(self, live: Self | None = None) -> Self:
        """Put a value in the place of each that operators may change.

        Args:
            live: The policy that is there, or None.

        Returns:
            The policy with the live values; with the defaults where there is none.
        """
        tunable = self.tunable()
        if live is None:
            values = {name: value.default for name, value in tunable.items()}
        else:
            names = {*tunable, *(self.ages if self.ages & set(tunable) else ())}
            values = {name: getattr(live, name) for name in names}
        return cast("Self", replace(cast("Any", self), **values))
