"""Measurements of speed and quality that no test waits for: run one with ``python -m benchmarks.NAME``."""
