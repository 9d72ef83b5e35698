"""What the tests of the grader share."""

from teaching.grading.sandbox import Limits

SECRETS = ("first secret", "second secret", "a third one")
# Long enough for any right answer, short enough to wait for.
LIMITS = Limits(seconds=10.0, start=120.0)
