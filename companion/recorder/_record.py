"""What a recorder has kept, to read, to print, to draw and to hand on."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import torch
from torch import Tensor

from companion.recorder import _page

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh

Quantity = Literal[
    "gradient", "seen", "weight", "update", "activation", "kept", "ratio"
]
MEASURED = ("gradient", "seen", "weight", "update", "activation")


@dataclass(frozen=True)
class Record:
    """The last steps of a training run, layer by layer.

    Attributes:
        parameters: The names of the parameters.
        modules: The names of the innermost modules, which have activations.
        first: The step of the first row.
        every: How many steps lie between two full measurements.
        ends: How each step ended: ``stepped``, ``skipped`` by a gradient scaler,
            ``stopped`` at a gradient that is not finite, or ``open``.
        measured: The norms, by quantity, shape ``(steps, names)``; negative where
            nothing was recorded.

    Example:
        >>> ones = torch.ones(2, 1)
        >>> measured = {name: ones for name in MEASURED} | {"seen": 0.25 * ones}
        >>> record = Record(["w"], ["layer"], 0, 1, ["stepped"] * 2, measured)
        >>> record.values("kept").tolist()  # a clip left a quarter
        [[0.25], [0.25]]
    """

    parameters: list[str]
    modules: list[str]
    first: int
    every: int
    ends: list[str]
    measured: dict[str, Tensor]

    @property
    def steps(self) -> list[int]:
        """The number of each row's step."""
        return [self.first + i for i in range(len(self.ends))]

    def names(self, quantity: Quantity) -> list[str]:
        """What the columns of a quantity stand for."""
        return self.modules if quantity == "activation" else self.parameters

    def values(self, quantity: Quantity) -> Tensor:
        """One quantity by step and name; negative where it was not recorded.

        Args:
            quantity: ``gradient``, the norm before clipping; ``seen``, what the
                optimizer got; ``weight`` and ``update``, norms before and of the step;
                ``activation``, root mean square; ``kept``, seen / gradient, the factor
                of a clip; ``ratio``, update / weight.

        Returns:
            The values, shape ``(steps, names)``.

        Raises:
            ValueError: `quantity` is none of these.
        """
        if quantity not in get_args(Quantity):
            known = ", ".join(get_args(Quantity))
            raise ValueError(f"quantity must be one of {known}, got {quantity!r}")
        if quantity == "kept":
            return self._quotient("seen", "gradient")
        if quantity == "ratio":
            return self._quotient("update", "weight")
        return self.measured[quantity]

    def broken(self) -> dict[int, list[str]]:
        """The steps with a value that is not finite, and the names that had one."""
        found: dict[int, list[str]] = {}
        for quantity in ("activation", "gradient"):
            bad = ~self.measured[quantity].isfinite()
            names = self.modules if quantity == "activation" else self.parameters
            for row, column in bad.nonzero().tolist():
                found.setdefault(self.first + row, []).append(names[column])
        return dict(sorted(found.items()))

    def unseen(self) -> list[str]:
        """The modules whose activation was never recorded."""
        never = (self.measured["activation"] < 0).all(dim=0).tolist()
        return [name for name, is_so in zip(self.modules, never, strict=True) if is_so]

    def table(self) -> "Table":
        """The run in one line a parameter; it prints itself."""
        head = ["parameter", "gradient", "largest", "at step", "kept", "update/weight"]
        gradient, largest = (
            self.values("gradient"),
            self.values("gradient").nan_to_num(math.inf),
        )
        rows = []
        for i, name in enumerate(self.parameters):
            at = int(largest[:, i].argmax())
            row = [_median(gradient[:, i]), _short(gradient[at, i].item())]
            row += [str(self.first + at)]
            row += [_median(self.values(q)[:, i]) for q in ("kept", "ratio")]
            rows.append([name, *row])
        return Table(head, rows, self._remarks())

    def to_dict(self) -> dict[str, Any]:
        """Plain lists: `steps`, `ends`, and of each quantity a list by name.

        A value that was not recorded is None.
        """
        quantities = {
            quantity: {
                name: [None if x < 0 else x for x in column]
                for name, column in zip(
                    self.names(quantity), self.values(quantity).T.tolist(), strict=True
                )
            }
            for quantity in get_args(Quantity)
        }
        return {"steps": self.steps, "ends": self.ends, **quantities}

    def save_csv(self, path: str | Path) -> None:
        """Write one line a recorded value: step, end, quantity, name, value.

        Args:
            path: The file to write.
        """
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            write = csv.writer(file).writerow
            write(["step", "end", "quantity", "name", "value"])
            for quantity in get_args(Quantity):
                names, values = self.names(quantity), self.values(quantity)
                for row, column in (~(values < 0)).nonzero().tolist():
                    where = [self.first + row, self.ends[row], quantity, names[column]]
                    write([*where, repr(values[row, column].item())])

    def save_html(self, path: str | Path, *, title: str = "Flight record") -> None:
        """Write one page that shows the run with no kernel and no network.

        A heat map of layer by step, a slider over the steps, light and dark. Values
        are rounded to a thousandth of a power of ten.

        Args:
            path: The file to write.
            title: What stands above.
        """
        Path(path).write_text(_page.page(self, title), encoding="utf-8")

    def heat_map(self, ax: "Axes", quantity: Quantity) -> "QuadMesh":
        """Draw a quantity, layer by step, as powers of ten.

        Args:
            ax: The axes to draw on.
            quantity: As in `values`.

        Returns:
            The image, for a colour bar.
        """
        values = self.values(quantity)
        rows = (values >= 0).any(dim=1) | values.isnan().any(dim=1)
        logs = values[rows].log10().T  # of a negative value: NaN, left blank
        steps = [
            step for step, kept in zip(self.steps, rows.tolist(), strict=True) if kept
        ]
        image = ax.pcolormesh(
            steps,
            range(logs.shape[0]),
            logs.numpy(),
            shading="nearest",
            rasterized=True,
        )
        ax.set_yticks(range(logs.shape[0]), self.names(quantity))
        ax.invert_yaxis()
        ax.set_xlabel("step")
        return image

    def _quotient(self, above: str, below: str) -> Tensor:
        one, two = self.measured[above], self.measured[below]
        nothing = (one < 0) | (two < 0) | (two == 0)
        return torch.where(nothing, -1.0, one / two)

    def _remarks(self) -> list[str]:
        skipped = [
            s for s, end in zip(self.steps, self.ends, strict=True) if end == "skipped"
        ]
        remarks = [f"steps {self.steps[0]} to {self.steps[-1]}"]
        if skipped:
            remarks.append(f"skipped by the scaler: {_some(skipped)}")
        broken = self.broken()
        if broken:
            step, names = next(iter(broken.items()))
            remarks.append(f"first value not finite: step {step}, {_some(names)}")
        if self.unseen():
            remarks.append(f"never seen: {_some(self.unseen())}")
        return remarks


@dataclass(frozen=True)
class Table:
    """Rows of text that print in columns."""

    head: list[str]
    rows: list[list[str]]
    remarks: list[str]

    def __repr__(self) -> str:
        """The columns, the names to the left and the numbers to the right."""
        lines = [self.head, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.head))]
        text = [
            "  ".join(
                cell.ljust(w) if i == 0 else cell.rjust(w)
                for i, (cell, w) in enumerate(zip(line, widths, strict=True))
            )
            for line in lines
        ]
        return "\n".join([*text, *self.remarks])


def _median(column: Tensor) -> str:
    recorded = column[~(column < 0)]
    return _short(recorded.nanmedian().item()) if len(recorded) else "-"


def _short(value: float) -> str:
    return "-" if value < 0 else f"{value:.3g}"


def _some(items: list[Any]) -> str:
    """The first few of a list, and how many more there are."""
    shown = ", ".join(str(item) for item in items[:3])
    return f"{shown} and {len(items) - 3} more" if len(items) > 3 else shown
