"""PDF by the print of Chromium or Chrome."""

import os
import shutil
import subprocess
from pathlib import Path

__all__ = ["browser", "print_pdf"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ELSEWHERE = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--no-pdf-header-footer",
)


def browser() -> str:
    """The browser that prints: `CHROMIUM` of the environment, or one on the path.

    Raises:
        RuntimeError: there is none.
    """
    named = os.environ.get("CHROMIUM")
    candidates = (named,) if named else (*NAMES, *ELSEWHERE)
    for name in candidates:
        found = shutil.which(name)
        if found:
            return found
    raise RuntimeError(
        "PDF needs Chromium or Chrome; on Debian or Ubuntu: apt install chromium; or "
        f"set CHROMIUM to the program, got {named or 'none on the path'}"
    )


def print_pdf(page: Path, pdf: Path, *, query: str = "") -> None:
    """Print a page, asked for by its address with `query` behind it.

    Raises:
        RuntimeError: the browser is missing or left no file.
    """
    pdf.unlink(missing_ok=True)
    address = page.resolve().as_uri() + (f"?{query}" if query else "")
    command = [browser(), *FLAGS, f"--print-to-pdf={pdf}", address]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300)
    if done.returncode or not pdf.exists():
        raise RuntimeError(f"{pdf.name} must be printed, got: {done.stderr[-300:]}")
