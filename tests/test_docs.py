"""The generated documents."""

from __future__ import annotations

from docs.generate_schema import TARGET, schema


def test_schema_reference_is_current() -> None:
    """docs/schema.md says what the models say; `make docs` writes it anew."""
    assert TARGET.read_text(encoding="utf-8") == schema()
