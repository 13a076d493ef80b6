"""The pages: where they are, their tables, and their blocks of code."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPERATORS = ROOT / "docs" / "operators"


def all_pages() -> list[Path]:
    """Return every Markdown page of the checkout."""
    places = ("*.md", "docs/**/*.md", "deploy/**/*.md", "plugins/**/*.md", "services/**/*.md", "proto/**/*.md")
    return sorted({page for place in places for page in ROOT.glob(place)})


def name_of(page: Path) -> str:
    """Return a page's path in the checkout."""
    return str(page.relative_to(ROOT))


def section(page: Path, heading: str) -> str:
    """Return the text under a heading of level two, up to the next."""
    for part in page.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = part.partition("\n")
        if title.strip("`") == heading:
            return text
    raise AssertionError(f"{name_of(page)} has no section {heading!r}")


def rows(text: str) -> list[list[str]]:
    """Return the cells of all table rows whose first cell is code, without the backticks of that cell."""
    found = []
    for line in text.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
            found.append([cells[0].strip("`"), *cells[1:]])
    return found


def blocks(text: str, language: str) -> list[str]:
    """Return the blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
