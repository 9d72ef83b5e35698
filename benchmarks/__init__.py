"""Measurements that take a machine and a minute: run one by ``python -m``."""
