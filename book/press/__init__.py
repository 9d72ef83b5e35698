"""The press: sources are read once, and printed as notebooks and as pages."""
