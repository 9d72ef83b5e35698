"""The keys of the exam bank once more, each by another way: one module a chapter.

A function has the name of its question and gets the drawn numbers.  It returns the
number or the name of the right option; for a program to mend it gets the mended
programs, run in a namespace each, and returns the options that do what is asked.
"""
