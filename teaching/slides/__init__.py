"""Lecture decks made from the book: figures, questions and claims by their labels."""
