"""The README: its example runs, and every file it points to exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_examples_run_and_their_comments_are_true(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    for example in re.findall(r"^```python\n(.*?)^```", README, re.M | re.S):
        exec(example, names)
    assert "steps 0 to 19" in capsys.readouterr().out
    assert (tmp_path / "flight.html").exists()
    # torch's default weights have variance 1/(3n): a tanh layer shrinks by 3**-0.5.
    assert -0.7 < names["rate"].item() < -0.5


def test_every_file_it_points_to_exists():
    links = re.findall(r"\]\(([^):]+)\)", README)
    assert len(links) > 15
    assert all((ROOT / link).exists() for link in links)


def test_it_names_every_chapter():
    chapters = {path.name for path in (ROOT / "book" / "en").glob("*.ipynb")}
    assert chapters == set(re.findall(r"\(book/en/([\w-]+\.ipynb)\)", README))
