"""Interactive figures: small custom elements that compute in the reader's browser.

Each function returns a `Widget`; as the last expression of a cell it shows itself.
Its HTML holds all it needs, data and script, so it works on a static page, in
JupyterLab and in Colab, and asks no other host for anything.
"""

from companion.widgets._blur import blur
from companion.widgets._cat_map import cat_map
from companion.widgets._cliff import cliff
from companion.widgets._decay import decay
from companion.widgets._eigenvalue_slide import eigenvalue_slide
from companion.widgets._feedback import feedback
from companion.widgets._figure import Widget
from companion.widgets._gate_cobweb import gate_cobweb
from companion.widgets._kernel_spectrum import kernel_spectrum
from companion.widgets._normalized_depth import normalized_depth
from companion.widgets._orders import orders
from companion.widgets._product_growth import product_growth
from companion.widgets._residual_plane import residual_plane
from companion.widgets._rotation import rotation
from companion.widgets._shooting import shooting
from companion.widgets._softmax_saturation import softmax_saturation
from companion.widgets._stability_atlas import stability_atlas
from companion.widgets._stability_region import stability_region
from companion.widgets._sum_against_stack import sum_against_stack
from companion.widgets._timestep_weights import timestep_weights
from companion.widgets._value_cosine import value_clipping_cosine
from companion.widgets._whose_norm import whose_norm

__all__ = [
    "Widget",
    "blur",
    "cat_map",
    "cliff",
    "decay",
    "eigenvalue_slide",
    "feedback",
    "gate_cobweb",
    "kernel_spectrum",
    "normalized_depth",
    "orders",
    "product_growth",
    "residual_plane",
    "rotation",
    "shooting",
    "softmax_saturation",
    "stability_atlas",
    "stability_region",
    "sum_against_stack",
    "timestep_weights",
    "value_clipping_cosine",
    "whose_norm",
]
