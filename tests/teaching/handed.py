"""What the tests of the grader share."""

from teaching.grading.child.wire import encode
from teaching.grading.sandbox import Limits
from teaching.grading.task import draws

SECRETS = ("first secret", "second secret", "a third one")
# Long enough for any right answer, short enough to wait for.
LIMITS = Limits(seconds=10.0, start=120.0)


def hard_coded(task, secret):
    """A function that knows the right answers to the hidden inputs of one secret."""
    answers = [
        encode(task.key(*case))
        for aspect in task.aspects
        for case in draws(aspect, secret=secret, grade_id=task.grade_id)
    ]
    return f"""\
answers = iter({answers})
def made(answer):
    if isinstance(answer, dict):
        return torch.tensor(answer["tensor"], dtype=torch.float64)
    return [made(one) for one in answer] if isinstance(answer, list) else answer
def {task.function}(*_):
    return made(next(answers))"""
