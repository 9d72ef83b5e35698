"""Keys: the functions that are asked, right answers, hidden inputs, known slips."""

from teaching.grading.keys import clipping, flight, gates, growth
from teaching.grading.task import Task

__all__ = ["KEYS"]

KEYS: dict[str, tuple[Task, ...]] = {
    "clipping": clipping.TASKS,
    "growth": growth.TASKS,
    "gates": gates.TASKS,
    "flight": flight.TASKS,
}
