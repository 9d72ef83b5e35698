"""For the tests of the interactive figures: run their scripts, read their HTML."""

import atexit
import json
import shutil
import subprocess
import sys
from functools import cache, partial
from pathlib import Path
from xml.etree import ElementTree

from companion import widgets

FOLDER = Path(widgets.__file__).parent
FIGURES = {
    "blur": widgets.blur,
    "cat-map": widgets.cat_map,
    "cliff": widgets.cliff,
    "decay": widgets.decay,
    "eigenvalue-slide": widgets.eigenvalue_slide,
    "feedback": widgets.feedback,
    "gate-cobweb": widgets.gate_cobweb,
    "kernel-spectrum": widgets.kernel_spectrum,
    "normalized-depth": partial(
        widgets.normalized_depth, curves={("batch", False, 1.0): [1.2, 1.0]}
    ),
    "orders": widgets.orders,
    "product-growth": partial(
        widgets.product_growth, depths=[2, 4], runs={8: [[-0.1, 0.3]], 64: [[0, 1]]}
    ),
    "residual-plane": widgets.residual_plane,
    "rotation": widgets.rotation,
    "shooting": widgets.shooting,
    "softmax-saturation": widgets.softmax_saturation,
    "stability-atlas": partial(
        widgets.stability_atlas,
        points={
            kind: {
                "median": [[0.4, 2.3], [2.2, 1.2]],
                "worst": [[0.5, 2.4], [2.3, 1.9]],
                "ratio": [[0.1, -3.0], [2.0, 0.6]],
            }
            for kind in ("plain", "clip", "orthogonal", "residual", "layer norm")
        },
        depths=[4, 50],
        gains=[0.6, 2.0],
        factors=[(0.5, 0.25), (0.9, 0.81), (1.2, 1.03), (3.0, 1.9)],
        threshold=1.5,
        cell="remake-a-point",
    ),
    "stability-region": widgets.stability_region,
    "sum-against-stack": widgets.sum_against_stack,
    "timestep-weights": widgets.timestep_weights,
    "value-cosine": partial(
        widgets.value_clipping_cosine, curves={"MLP": ([0.1, 1.0], [0.5, 0.9])}
    ),
    "whose-norm": widgets.whose_norm,
}
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which(
    "node"
)


def text_of(script):
    return (FOLDER / f"{script}.js").read_text(encoding="utf-8")


SERVER = """
const { createInterface } = require("node:readline");
const { runInNewContext } = require("node:vm");
createInterface({ input: process.stdin }).on("line", (line) => {
  let answer;
  try {
    answer = { value: runInNewContext(JSON.parse(line)) };
  } catch (error) {
    answer = { error: error.stack };
  }
  console.log(JSON.stringify(answer));
});
"""


@cache
def server():
    """One process of node for all tests: most are done before another has started."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([NODE, "-e", SERVER], encoding="utf-8", **pipes)
    atexit.register(process.communicate)
    return process


def evaluate(scripts, expression, **names):
    """Return the value of an expression over scripts as they are shipped."""
    program = "".join(map(text_of, ("base", *scripts)))
    program += f"\nconst {{ {', '.join(names)} }} = {json.dumps(names)};\n"
    program += f"JSON.stringify({expression});"
    node = server()
    node.stdin.write(json.dumps(program) + "\n")
    node.stdin.flush()
    answer = json.loads(node.stdout.readline())
    assert "error" not in answer, answer["error"]
    return json.loads(answer["value"])


def evaluator(*scripts):
    """Return `evaluate` for these scripts."""
    return partial(evaluate, scripts)


def element(figure):
    """Return the figure's element, read as strictly as XML is."""
    return ElementTree.fromstring(figure.html.split("</script>")[1])


def options_of(figure):
    return json.loads(element(figure).get("data-options"))
