"""What runs a student's code, in a process of its own that holds no key and no secret.

The grader copies this folder and the companion next to each other into an empty place
and starts it there; so nothing here may import the rest of the grader.
"""
