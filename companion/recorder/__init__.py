"""The gradient flight recorder: attach it to any model, leave the training loop alone.

It records what happens inside a block::

    with Recorder(model, every=10) as recorder:
        train(model)
    print(recorder.record().table())

Every step it keeps the norm of each gradient before clipping, and on every tenth step
what the optimizer saw, the weights, the updates and the scale of the activations.  The
numbers stay on the device until a block of steps is full; nothing waits for them.
"""

from companion.recorder._blackbox import NonFiniteGradientError, Replay
from companion.recorder._record import Record
from companion.recorder._recorder import Recorder

__all__ = ["NonFiniteGradientError", "Record", "Recorder", "Replay"]
