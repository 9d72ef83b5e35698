"""Derivations and programs to mend, one module a chapter."""
