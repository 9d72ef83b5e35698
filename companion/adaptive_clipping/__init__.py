"""Ways of clipping whose threshold belongs to a part, or moves with the run.

Each takes the gradients of ``B`` replicates of a network, trained side by side, and
their weights, both as dicts of tensors of shape ``(B, ...)``, and returns the clipped
gradients. Those that move remember the norms of earlier calls: make one for each run. A
parameter may be a number or a tensor ``(B,)``, one value for each replicate.

Gradients must be finite. None of the rules looks for NaN, and several would remember
it: the chapter `clipping-in-practice` shows what a moving mean does after one.
"""

from companion.adaptive_clipping._parts import (
    MovingAverageClip,
    SecondMomentClip,
    UnitClip,
)
from companion.adaptive_clipping._whole import QuantileClip, SkipClip, ZScoreClip

__all__ = [
    "MovingAverageClip",
    "QuantileClip",
    "SecondMomentClip",
    "SkipClip",
    "UnitClip",
    "ZScoreClip",
]
