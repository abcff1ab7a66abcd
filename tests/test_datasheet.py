"""The datasheet's figures are those of the files."""

import re
from pathlib import Path

from compliance.classifier.corpus import load_corpus
from compliance.classifier.judged import is_silent

PAGE = Path(__file__).parent.parent / "docs" / "datasheet.md"


def told() -> dict[str, str]:
    """The rows of the table of figures."""
    rows = re.findall(r"^\| ([a-zA-Z ,]+) \| ([\d,-]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(rows)


def test_the_figures_on_the_page_are_those_of_the_corpus() -> None:
    examples = load_corpus()
    breaches = [e for e in examples if e.label == "breach"]
    negatives = [e for e in examples if e.label == "not_breach"]
    hard = [e for e in negatives if e.negative_type != "ordinary"]
    days = sorted(e.annotation["published"] for e in examples)
    counts = {
        "stories": len(examples),
        "words": sum(len(f"{e.story.title} {e.story.text}".split()) for e in examples),
        "author batches": len({e.batch for e in examples}),
        "events": len({e.event for e in examples}),
        "breaches": len(breaches),
        "breaches that name no UN, sanction, embargo or resolution": sum(map(is_silent, breaches)),
        "regimes with a breach": len({r for e in breaches for r in e.regimes}),
        "near misses": len(hard),
        "types of near misses": len({e.negative_type for e in hard}),
        "ordinary stories": len(negatives) - len(hard),
        "grey stories": sum(e.label == "grey" for e in examples),
        "minimal pairs": sum(e.annotation["twin_of"] is not None for e in examples),
        "alleged violators": sum(len(e.annotation["parties"]) for e in examples),
        "others named": sum(len(e.annotation["non_parties"]) for e in examples),
    }
    assert told() == {k: f"{n:,}" for k, n in counts.items()} | {"first day": days[0], "last day": days[-1]}


def test_the_page_says_what_the_corpus_must_not_be_used_for() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert "It attaches invented acts to some real names." in page
    for heading in ("Motivation", "Composition", "Collection", "Preprocessing and labelling", "Uses", "Distribution",
                    "Maintenance"):  # fmt: skip
        assert f"## {heading} " in page
