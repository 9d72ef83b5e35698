"""The teaching kit; a lecturer starts at ``teaching/README.md``."""
