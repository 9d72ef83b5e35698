"""What a lecturer needs beside the book: an exam bank, assignments, slides."""
