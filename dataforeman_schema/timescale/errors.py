"""Errors of declarations."""

from __future__ import annotations

from sqlalchemy.exc import ArgumentError


class DeclarationError(ArgumentError):
    """A declaration that TimescaleDB could not carry out."""
