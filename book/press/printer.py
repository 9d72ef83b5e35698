"""PDF by the print of Chromium or Chrome."""

import os
import shutil
import subprocess
from pathlib import Path

__all__ = ["browser", "print_pdf"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ELSEWHERE = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--force-prefers-reduced-motion"),
    *("--no-pdf-header-footer", "--generate-pdf-document-outline"),
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
        "PDF needs Chromium or Chrome; on Debian or Ubuntu: apt install chromium "
        "fonts-noto-cjk; or set CHROMIUM to the program, "
        f"got {named or 'none on the path'}"
    )


def print_pdf(page: Path, pdf: Path, *, query: str = "", seconds: int = 300) -> None:
    """Print a page, when its scripts have had 20 seconds of their own time.

    Args:
        page: The HTML file.
        pdf: The file to write; an older one is removed first.
        query: What stands behind the question mark of its address.
        seconds: When to give up.

    Raises:
        RuntimeError: the browser is missing or left no file.
        TimeoutExpired: it took too long.
    """
    pdf.unlink(missing_ok=True)
    command = [browser(), *FLAGS, "--virtual-time-budget=20000"]
    address = page.resolve().as_uri() + (f"?{query}" if query else "")
    done = subprocess.run(
        [*command, f"--print-to-pdf={pdf}", address],
        capture_output=True,
        encoding="utf-8",
        timeout=seconds,
    )
    if done.returncode or not pdf.exists():
        raise RuntimeError(f"{pdf.name} must be printed, got: {done.stderr[-300:]}")
