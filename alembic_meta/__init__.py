"""Migrations of the PostgreSQL metadata database."""
