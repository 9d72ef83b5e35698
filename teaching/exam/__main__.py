"""`make exam SEED=2027`: paper and key as PDF, and the files for learning platforms."""

import argparse
import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from press.paths import ROOT
from press.printer import print_pdf
from teaching.exam.bank import templates
from teaching.exam.formulas import mathml, typeset
from teaching.exam.moodle import moodle_xml
from teaching.exam.pages import RULES, key_page, paper_page
from teaching.exam.paper import Paper, compose
from teaching.exam.qti import qti_package
from teaching.exam.question import KINDS, Question

__all__ = ["fingerprint", "main", "write_bank", "write_paper"]

OUT = ROOT / "_build" / "exam"


def fingerprint(seed: str) -> str:
    """What stands on the paper in place of the seed: six letters and digits.

    Example:
        >>> fingerprint("2027") == fingerprint("2028")
        False
    """
    return hashlib.sha256(seed.encode("utf-8")).hexdigest()[:6]


def write_paper(paper: Paper, folder: Path, *, pdf: bool) -> list[Path]:
    """Write pages, exports and, if asked, the PDF; return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = fingerprint(paper.seed)
    formula = typeset(paper.questions, RULES)
    pages = {"paper": paper_page, "key": key_page}
    made: list[Path] = []
    for name, page in pages.items():
        html = folder / f"{name}.html"
        html.write_text(page(paper, formula, mark), "utf-8")
        made.append(html)
    made += _exports(folder, "paper", {f"Paper {mark}": paper.questions})
    for html in made[:2] if pdf else ():
        print_pdf(html, html.with_suffix(".pdf"))
        made.append(html.with_suffix(".pdf"))
    return made


def write_bank(seed: str, variants: int, folder: Path) -> list[Path]:
    """Write every question with several sets of numbers, a category each."""
    folder.mkdir(parents=True, exist_ok=True)
    seeds = [f"{seed}/{index}" for index in range(variants)]
    return _exports(
        folder, "bank", {one.id: [one.draw(s) for s in seeds] for one in templates()}
    )


def _exports(
    folder: Path, name: str, categories: Mapping[str, Sequence[Question]]
) -> list[Path]:
    questions = [question for group in categories.values() for question in group]
    moodle, qti = folder / f"{name}-moodle.xml", folder / f"{name}-qti.zip"
    moodle.write_text(moodle_xml(categories), "utf-8")
    formula = mathml(typeset(questions))
    qti.write_bytes(qti_package("Exploding gradients", questions, formula))
    return [moodle, qti]


def main() -> None:
    """Read the command line, write the files, say where they are."""
    parser = argparse.ArgumentParser(prog="make exam", description=__doc__)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--minutes", type=int, default=90)
    parser.add_argument("--questions", type=int, default=0)
    parser.add_argument("--chapters", nargs="*", default=[])
    parser.add_argument("--bank", type=int, default=0, metavar="VARIANTS")
    parser.add_argument("--no-pdf", action="store_true")
    told = parser.parse_args()
    folder = OUT / fingerprint(told.seed)
    try:
        paper = compose(
            told.seed,
            minutes=told.minutes,
            count=told.questions,
            chapters=told.chapters,
        )
        made = write_paper(paper, folder, pdf=not told.no_pdf)
        made += write_bank(told.seed, told.bank, folder) if told.bank else []
    except (RuntimeError, ValueError) as error:
        sys.exit(f"make exam: {error}")
    by_kind = ", ".join(f"{kind} {paper.marks(kind)}" for kind in KINDS)
    print(f"{len(paper.questions)} questions, {paper.minutes} marks: {by_kind}")
    print("\n".join(str(path.relative_to(ROOT)) for path in made))


if __name__ == "__main__":
    main()
