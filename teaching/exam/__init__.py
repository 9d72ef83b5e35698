"""An exam bank: questions with computed keys, papers as PDF, exports for platforms."""

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.bank import draw, template, templates
from teaching.exam.paper import Paper, compose
from teaching.exam.question import Draw, Item, Question, Template, Topic

__all__ = [
    "Choice",
    "Draw",
    "Item",
    "Mistake",
    "Number",
    "Paper",
    "Point",
    "Question",
    "Template",
    "Topic",
    "Written",
    "compose",
    "draw",
    "template",
    "templates",
]
