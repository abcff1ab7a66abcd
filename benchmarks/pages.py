"""What reading ordinary article pages in a process with limits costs, against reading them here, in turns of one run.

    python -m benchmarks.pages 60 5

60 pages of some 42 kB, as outlets send them: menus, scripts, styles, an article of 5,000 characters; 5 turns of each.
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from compliance.intake.article import PageText, read_page
from compliance.intake.page_reader import PageReader
from compliance.story import FeedDocument

_SENTENCE = (
    "Inspectors in the port of Rotterdam counted forty crates on the quay, and two were opened before the press. "
)
_LINK = "<li><a class='menu-item' style='color:#123' href='/section/{0}'>Section {0}</a></li>"


def a_page(number: int) -> FeedDocument:
    """Return an ordinary page, its words its own."""
    menu = "".join(_LINK.format(n) for n in range(120))
    paragraphs = "".join(f"<p class='text'>{_SENTENCE * 4}Number {number}, part {n}.</p>" for n in range(12))
    teasers = "".join(f"<div class='teaser'><h3>Other {n}</h3><p>{_SENTENCE}</p></div>" for n in range(60))
    html = (
        f"<html><head><title>Crates {number}</title><style>.hidden{{display:none}}</style>"
        f"<script>{'var a = 1; ' * 1_500}</script></head><body><nav><ul>{menu}</ul></nav>"
        f"<article><h1>Crates {number}</h1>{paragraphs}</article><aside>{teasers}</aside></body></html>"
    )
    url = f"https://news.example/{number}"
    return FeedDocument(url, url, 200, html.encode(), "", datetime(2026, 11, 20, tzinfo=UTC), "text/html")


def taken(pages: list[FeedDocument], read: Callable[[FeedDocument], PageText]) -> float:
    """Return the seconds that reading all pages takes."""
    started = time.perf_counter()
    for page in pages:
        assert read(page).text
    return time.perf_counter() - started


def main() -> None:
    """Print milliseconds a page of both ways, the median of the turns' ratios, and what starting the process takes."""
    number, turns = (*(int(word) for word in sys.argv[1:]), *(60, 5)[len(sys.argv) - 1 :])
    pages = [a_page(n) for n in range(number)]
    read_page(pages[0])
    with PageReader() as reader:
        start = taken(pages[:1], reader.read)
        rounds = [(taken(pages, read_page), taken(pages, reader.read)) for _ in range(turns)]
    here, there = (statistics.median(times) / number * 1_000 for times in zip(*rounds, strict=True))
    ratio = statistics.median(there / here for here, there in rounds)
    size = sum(len(page.body) for page in pages) / number / 1_000
    print(f"{number} pages of {size:.0f} kB, {turns} turns: {here:.1f} ms a page here, {there:.1f} ms in the process")
    print(f"ratio {ratio:.2f} (each turn: {', '.join(f'{t / h:.2f}' for h, t in rounds)}); first page {start:.2f} s")


if __name__ == "__main__":
    main()
