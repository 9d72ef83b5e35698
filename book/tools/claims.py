"""Claim boxes: what the source says, our verdict, and how a box shows them.

A claim is a `prf:proposition` (proved) or a `prf:observation` (measured) with three
options of ours beside its label: `:audit:` its number in the audit of the source,
`:verdict:` one of `VERDICTS`, and `:says:` what the source says, in our words.
Two more are optional: `:judges:` the sentences of the source, and `:headline:` the
number of the check that stands for the claim.
"""

from typing import NamedTuple

from tools.directives import Directive, find_directives, replace_directives

__all__ = ["KINDS", "VERDICTS", "Claim", "claims", "verdict_line", "with_verdicts"]

KINDS = {
    "prf:proposition": {"en": "Proposition", "zh": "命题"},
    "prf:observation": {"en": "Observation", "zh": "观察"},
}
VERDICTS = {
    "true": {"en": "True", "zh": "成立"},
    "conditional": {"en": "Conditional", "zh": "有条件成立"},
    "imprecise": {"en": "Imprecise", "zh": "不精确"},
    "wrong": {"en": "Wrong as a general statement", "zh": "一般不成立"},
    "unsupported": {"en": "Unsupported", "zh": "缺乏依据"},
    "beyond": {"en": "Beyond the source", "zh": "原文未涉及"},
}
# The Chinese stop stands outside the stars, which would not close after it.
FOOT = {"en": ("**{}.**", " The source: {}"), "zh": ("**{}**。", "原文：{}")}


class Claim(NamedTuple):
    """A claim box of a source."""

    kind: str
    title: str
    label: str
    audit: str
    verdict: str
    says: str


def claims(text: str) -> list[Claim]:
    """The claim boxes of a MyST text, in order."""
    return [_claim(box) for box in find_directives(text) if box.name in KINDS]


def verdict_line(claim: Claim, language: str) -> str:
    """The last line of a claim box, in Markdown."""
    verdict, says = FOOT[language]
    line = verdict.format(VERDICTS[claim.verdict][language])
    return line + says.format(claim.says) if claim.says else line


def with_verdicts(text: str, language: str) -> str:
    """Turn the options of each claim box into a line at its foot."""

    def add(box: Directive) -> str:
        if box.name not in KINDS:
            return str(box)
        claim = _claim(box)
        line = verdict_line(claim, language)
        foot = f":::{{div}} verdict verdict-{claim.verdict}\n{line}\n:::"
        return str(
            box._replace(
                fence=":" * 4,
                options={"label": claim.label},
                body=f"{box.body}\n\n{foot}",
            )
        )

    return replace_directives(text, add)


def _claim(box: Directive) -> Claim:
    missing = {"label", "audit", "verdict"} - set(box.options)
    if missing or not box.title:
        want = ", ".join(sorted(missing)) or "a title"
        raise ValueError(f"claim box must have {want}, got {box.title!r}")
    if box.options["verdict"] not in VERDICTS:
        raise ValueError(
            f"verdict of {box.options['label']} must be one of "
            f"{', '.join(VERDICTS)}, got {box.options['verdict']!r}"
        )
    options = box.options
    says = options.get("says", "")
    return Claim(
        box.name,
        box.title,
        options["label"],
        options["audit"],
        options["verdict"],
        says,
    )
