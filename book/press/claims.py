"""Claim boxes: what the source says, our verdict, and how a box shows them.

A claim is a `prf:proposition` (proved) or a `prf:observation` (measured) with options
of ours beside its label: `:audit:` its number in the audit of the source, `:verdict:`
one of `VERDICTS`, `:says:` what the source says, in our words, `:judges:` the sentences
of the source on which the verdict is passed, and `:headline:` which of its printed
lines stands for it where there is room for one only.
"""

import re
from typing import NamedTuple

from press.markup import Block, Place

__all__ = ["KINDS", "VERDICTS", "Claim", "claim", "verdict_line", "with_verdict"]

KINDS = {
    "prf:proposition": {"en": "Proposition", "zh": "命题"},
    "prf:observation": {"en": "Observation", "zh": "观察"},
}
VERDICTS = {
    "true": {"en": "True", "zh": "成立"},
    "conditional": {"en": "Conditional", "zh": "有条件成立"},
    "imprecise": {"en": "Imprecise", "zh": "不够精确"},
    "wrong": {"en": "Wrong as a general statement", "zh": "不普遍成立"},
    "unsupported": {"en": "Unsupported", "zh": "缺乏依据"},
    "beyond": {"en": "Beyond the source", "zh": "原文未涉及"},
}
# The Chinese stop stands outside the stars, which would not close after it.
FOOT = {"en": ("**{}.**", " The source: {}"), "zh": ("**{}**。", "原文：{}")}
SENTENCE = re.compile(r"S\d+")


class Claim(NamedTuple):
    """A claim box of a source."""

    kind: str
    title: str
    label: str
    audit: str
    verdict: str
    says: str
    judges: tuple[str, ...]
    """Sentences of the source, `S13`."""
    headline: int
    """Which of its check lines stands for it, from 1."""
    statement: str
    """The box without its options, in MyST."""
    place: Place


def claim(box: Block) -> Claim:
    """What a claim box says of itself."""
    options, place = box.options, box.place
    missing = {"label", "audit", "verdict"} - set(options)
    if missing or not box.title:
        want = ", ".join(sorted(missing)) or "a title"
        raise ValueError(f"{place}: claim box must have {want}, got {box.title!r}")
    if options["verdict"] not in VERDICTS:
        raise ValueError(
            f"{place}: verdict of {options['label']} must be one of "
            f"{', '.join(VERDICTS)}, got {options['verdict']!r}"
        )
    headline = options.get("headline", "1")
    if not headline.isdigit() or headline == "0":
        raise ValueError(
            f"{place}: headline of {options['label']} must count from 1, "
            f"got {headline!r}"
        )
    judges = tuple(re.split(r",\s*", options["judges"])) if "judges" in options else ()
    for sentence in judges:
        if not SENTENCE.fullmatch(sentence):
            raise ValueError(
                f"{place}: judges of {options['label']} must be sentences like S13, "
                f"got {sentence!r}"
            )
    return Claim(
        box.name,
        box.title,
        options["label"],
        options["audit"],
        options["verdict"],
        options.get("says", ""),
        judges,
        int(headline),
        box.body,
        place,
    )


def verdict_line(claim: Claim, language: str) -> str:
    """The last line of a claim box, in Markdown."""
    verdict, says = FOOT[language]
    line = verdict.format(VERDICTS[claim.verdict][language])
    return line + says.format(claim.says) if claim.says else line


def with_verdict(box: Block, language: str) -> str:
    """A claim box in MyST, its options turned into a line at its foot."""
    read = claim(box)
    line = verdict_line(read, language)
    foot = f":::{{div}} verdict verdict-{read.verdict}\n{line}\n:::"
    return str(
        box._replace(
            text="::::",
            options={"label": read.label},
            body=f"{box.body}\n\n{foot}",
        )
    )
