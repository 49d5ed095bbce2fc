"""Values that are changed in place, and written when they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.ext.mutable import Mutable, MutableDict, MutableList

if TYPE_CHECKING:
    from sqlalchemy.orm import InstanceState, InstrumentedAttribute


class MutableValue(Mutable):
    """Tracks what is a dict or a list of a column that may hold anything.

    `MutableDict` and `MutableList` do the work, and refuse what is neither; this lets
    it pass: JSON has numbers, texts and its own null, too.
    """

    @classmethod
    def coerce(cls, _key: str, value: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's
        """Make a dict or a list one that tells of its changes."""
        if isinstance(value, Mutable):
            return value
        if isinstance(value, dict):
            return MutableDict(value)
        return MutableList(value) if isinstance(value, list) else value

    @classmethod
    def associate_with_attribute(cls, attribute: InstrumentedAttribute[Any]) -> None:
        """Track the values of a mapped column, wherever they come from."""
        key, model = attribute.key, attribute.class_

        def track(state: InstanceState[Any], value: Any) -> Any:  # noqa: ANN401
            value = cls.coerce(key, value)
            if isinstance(value, Mutable):
                value._parents[state] = key  # noqa: SLF001 - as its own classes do
            return value

        def track_loaded(state: InstanceState[Any], *_others: object) -> None:
            if key in state.dict:
                state.dict[key] = track(state, state.dict[key])

        def track_set(
            state: InstanceState[Any],
            value: Any,  # noqa: ANN401
            old: Any,  # noqa: ANN401
            _initiator: object,
        ) -> Any:  # noqa: ANN401
            if isinstance(old, Mutable) and old is not value:
                old._parents.pop(state, None)  # noqa: SLF001
            return track(state, value)

        for name in ("load", "refresh", "refresh_flush", "unpickle"):
            event.listen(model, name, track_loaded, raw=True, propagate=True)
        merged = "_sa_event_merge_wo_load"
        event.listen(model, merged, track_loaded, raw=True, propagate=True)
        event.listen(attribute, "set", track_set, raw=True, retval=True, propagate=True)
