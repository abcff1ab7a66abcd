"""What the linter or the type checker is told to pass says why, on its own line."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("flows", "rules", "compliance", "benchmarks", "tests")
FILES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
# A mark, its codes, and whatever follows it on the line.
MARK = re.compile(r"#\s*(?:noqa|type:\s*ignore|nosec|pragma)\b(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|\[[^\]]*\])?")


def unexplained(text: str) -> list[int]:
    """Return the lines with a mark after which no word stands that could be a reason."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        marks = list(MARK.finditer(line))
        if marks and not re.search(r"[a-z]{2}", line[marks[-1].end() :]):
            found.append(number)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_mark_for_linter_or_type_checker_says_why(path: Path) -> None:
    assert unexplained(path.read_text(encoding="utf-8")) == []


def test_a_mark_without_a_reason_is_found() -> None:
    bare = (
        "x = 1  # " + "noqa: S105",
        "x = 1  # " + "type: ignore[arg-type]",
        "x  # " + "noqa",
        "x  # " + "noqa: S1, B2",
    )
    explained = ("x  # " + "noqa: S105  (no secret)", "x  # " + "type: ignore[x]  # it is untyped", "x = 1")
    assert unexplained("\n".join(bare)) == [1, 2, 3, 4] and unexplained("\n".join(explained)) == []
