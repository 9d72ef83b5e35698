"""Keys: a module a task, with the right answer, the hidden inputs, the known slips."""

from teaching.grading.keys import (
    clipping_blocks,
    clipping_cliff,
    clipping_soft,
    flight_doctor,
    flight_repair,
    flight_sign,
    gates_branches,
    gates_groups,
    gates_jacobian,
    growth_costates,
    growth_decay,
    growth_rate,
)
from teaching.grading.task import Task

__all__ = ["KEYS"]

KEYS: dict[str, tuple[Task, ...]] = {
    "clipping": (
        clipping_cliff.TASK,
        clipping_blocks.TASK,
        clipping_soft.TASK,
    ),
    "growth": (
        growth_decay.TASK,
        growth_rate.TASK,
        growth_costates.TASK,
    ),
    "gates": (
        gates_jacobian.TASK,
        gates_branches.TASK,
        gates_groups.TASK,
    ),
    "flight": (
        flight_sign.TASK,
        flight_doctor.TASK,
        flight_repair.TASK,
    ),
}
