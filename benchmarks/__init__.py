"""What the companion costs: run one with ``python -m benchmarks.<name>``."""
