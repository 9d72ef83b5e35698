"""An X-ray of a model before its first step: how forward and backward scales travel.

Everything is a product with a vector, forwards or backwards; no Jacobian is formed, so
it costs some dozen training steps whatever the width.
"""

from companion.probe._coordinates import CoordinateCheck, coordinate_check
from companion.probe._look import Probe, Wall, probe
from companion.probe._operator import linear_operator

__all__ = [
    "CoordinateCheck",
    "Probe",
    "Wall",
    "coordinate_check",
    "linear_operator",
    "probe",
]
