"""Charts as geometry, for templates to draw as SVG with classes: no script, no inline style. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import combining, east_asian_width

WIDTH, LABEL, ROW, GAP = 420, 168, 22, 6
# Letters of a bar's label that have room beside it; those of Chinese, Japanese and Korean take twice as much.
_LETTERS = 20
HEIGHT = 180


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with its label and number; lengths in the units of the view box."""

    label: str
    number: int
    x: float
    y: float
    width: float
    height: float

    @property
    def short(self) -> str:
        """The label, cut where it would run out of the picture."""
        if _room(self.label) <= _LETTERS:
            return self.label
        kept = self.label
        while _room(kept) > _LETTERS - 1:
            kept = kept[:-1]
        return f"{kept.rstrip()}…"


def _room(text: str) -> int:
    return sum(2 if east_asian_width(c) in "WF" else 0 if combining(c) else 1 for c in text)


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars in a view box; ``sums_up`` says in words what a chart shows at a glance."""

    title: str
    sums_up: str
    bars: tuple[Bar, ...]
    width: float
    height: float


def bars(title: str, counts: Sequence[tuple[str, int]]) -> Chart:
    """Return a chart of lying bars, one a row, in the order given."""
    most = max((n for _, n in counts), default=0) or 1
    room = WIDTH - LABEL - 48
    drawn = tuple(
        Bar(label, n, LABEL, i * (ROW + GAP), round(room * n / most, 1), ROW) for i, (label, n) in enumerate(counts)
    )
    return Chart(title, _summed(counts), drawn, WIDTH, max(len(counts) * (ROW + GAP), 1))


def columns(title: str, counts: Sequence[tuple[str, int]]) -> Chart:
    """Return a chart of standing columns, in the order given."""
    most = max((n for _, n in counts), default=0) or 1
    step = WIDTH / max(len(counts), 1)
    drawn = []
    for i, (label, n) in enumerate(counts):
        height = round((HEIGHT - 44) * n / most, 1)
        drawn.append(
            Bar(label, n, round(i * step + step * 0.12, 1), HEIGHT - 24 - height, round(step * 0.76, 1), height)
        )
    return Chart(title, _summed(counts), tuple(drawn), WIDTH, HEIGHT)


def _summed(counts: Sequence[tuple[str, int]]) -> str:
    if not any(n for _, n in counts):
        return "Nothing to show."
    label, n = max(counts, key=lambda pair: pair[1])
    return f"{len(counts)} bars; the longest is {label} with {n}."
