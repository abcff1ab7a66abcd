"""Figures → a page of Markdown, the worst first."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from compliance.classifier.bootstrap import DRAWS
from compliance.classifier.evaluation import (
    AP,
    AP_HARD,
    HARD,
    PER_10_000,
    RECALL,
    RECALL_AT_90,
    SILENT,
    Measured,
    Row,
)
from compliance.classifier.schemes import Scheme

PAGE = "report.md"
_SUMMARY = (AP, AP_HARD, RECALL_AT_90, RECALL, SILENT, HARD, PER_10_000)
_PLOTS = (
    ("precision-recall.svg", "Precision against recall, with the boolean alert's two points"),
    ("reliability.svg", "Reliability: share of breaches against score, at the base rate"),
    ("scores.svg", "Scores of breaches, hard negatives and ordinary stories"),
)
_HOW_TO_READ = f"""\
Figures stand with their 95 % interval in brackets, from {DRAWS:,} draws of events with replacement; a share of none
or of all has exact binomial bounds over its events. *Flagged* is what an officer sees, *told at once* what raises an
alert: both weigh the score with what the rules found. *Score ≥ review* and *score ≥ alert* leave the rules aside.

The boolean alert, the baseline, is `target AND goods AND (illicit OR seized OR accused)` over the book's own names
and words; it has one setting and no graded score. Grey stories are not scored. Every table but the first of a section
has its worst line first; *events* is what a line rests on, and a line on few says little. A figure's stories and
events are the classifier's.
"""


def write_page(folder: Path, schemes: Sequence[Scheme], rules: Sequence[str], given: Mapping[str, str]) -> Path:
    """Write the page into the folder, the schemes in the order given, and return its path.

    ``given`` says what was measured: one line for each name. ``rules`` are the rules' figures as lines of text.
    """
    page = folder / PAGE
    page.write_text("\n".join(_page(schemes, rules, given)) + "\n", encoding="utf-8")
    return page


def _page(schemes: Sequence[Scheme], rules: Sequence[str], given: Mapping[str, str]) -> Iterator[str]:
    yield from ("# Evaluation report", "", _HOW_TO_READ)
    yield from _table(("measured", ""), [(name, told) for name, told in given.items()])
    if len(schemes) > 1:
        yield from ("## The classifier, worst first", "")
        words = range(1, len(schemes[0].measured.judged))
        head = (*(s.name for s in schemes), *(schemes[0].measured.judged[method].method for method in words))
        rows = [
            (name, *(_told(s, name) for s in schemes), *(_told(schemes[0], name, method) for method in words))
            for name in _SUMMARY
        ]
        yield from _table(("", *head), rows)
    for file, caption in _PLOTS:
        yield from (f"![{caption}]({file})", "")
    for scheme in schemes:
        yield from _section(scheme)
    if rules:
        yield from ("## Rules, on breaches", "")
        yield from _table(("", ""), [tuple(line.rsplit(" ", 1)) for line in rules])


def _section(scheme: Scheme) -> Iterator[str]:
    measured = scheme.measured
    yield from (f"## {scheme.name[0].upper()}{scheme.name[1:]}", "", scheme.says, "")
    yield from _figures("figure", measured, measured.main)
    for name, rows in measured.tables.items():
        what = "Negatives flagged" if name == "negative type" else "Breaches flagged"
        yield from (f"### {what}, by {name}", "")
        yield from _figures(name, measured, rows)
    yield from ("### Reliability at the base rate", "")
    bins = [(str(b.stories), f"{b.score:.5f}", _small(b.share.value, b.share.low, b.share.high))
            for b in measured.reliability]  # fmt: skip
    yield from _table(("stories", "mean score", "share of breaches"), bins)


def _figures(name: str, measured: Measured, rows: Sequence[Row]) -> Iterator[str]:
    lines = [
        (row.name, str(row.stories), str(row.events), *(str(e) if e else "–" for e in row.by_method)) for row in rows
    ]
    yield from _table((name, "stories", "events", *(j.method for j in measured.judged)), lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _told(scheme: Scheme, name: str, method: int = 0) -> str:
    return str(scheme.measured.figure(name, method) or "–")


def _small(value: float, low: float, high: float) -> str:
    return f"{value:.5f} [{low:.5f}, {high:.5f}]"
