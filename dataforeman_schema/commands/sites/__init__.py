"""`upgrade --telemetry-urls`: many telemetry databases beside one metadata database."""
