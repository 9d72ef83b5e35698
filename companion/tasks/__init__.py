"""The small tasks that several chapters train on; every sample has its generator."""

from companion.tasks._clouds import energy_distance, two_moons
from companion.tasks._pictures import Curves, Digits, digits, thin_curves
from companion.tasks._sequences import (
    AddingBatch,
    Recall,
    adding_problem,
    noisy_waves,
    recall_batch,
)

__all__ = [
    "AddingBatch",
    "Curves",
    "Digits",
    "Recall",
    "adding_problem",
    "digits",
    "energy_distance",
    "noisy_waves",
    "recall_batch",
    "thin_curves",
    "two_moons",
]
