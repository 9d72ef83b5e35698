"""Assignments and their grader.

``master`` reads a master and makes notebooks of it, ``submission`` reads what comes
back, ``sandbox`` runs it in a child process, ``task`` compares, ``grade`` judges a
notebook, ``report`` writes. What a right answer is, ``keys`` alone knows.
"""
