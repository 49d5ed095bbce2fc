"""Migrations of the TimescaleDB telemetry database."""
