"""Deep networks side by side, of every kind that this book tells apart.

Each parameter has the shape ``(m, i, o)`` and belongs to m networks that never meet, so
one forward pass runs an experiment with all its seeds and rates.  With m = 1 it is an
ordinary module: the recorder and the probe look at it as at any other.
"""

from companion.side_by_side._adam import adam_step
from companion.side_by_side._gradients import gradient_by_block, sample_losses
from companion.side_by_side._layers import Block
from companion.side_by_side._networks import Lookup, Recurrent, Stack

__all__ = [
    "Block",
    "Lookup",
    "Recurrent",
    "Stack",
    "adam_step",
    "gradient_by_block",
    "sample_losses",
]
