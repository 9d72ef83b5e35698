"""Questions with a number or a choice for an answer, one module a chapter."""
