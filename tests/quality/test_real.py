"""Real short items that report a breach, annotated by us: who did what. Their text is no part of the project.

``real/breaches.jsonl`` names each item by its id in the folder of real news. Whoever annotated them had the rules'
answers in view, so that the figures may flatter; they watch for what real news asks and written stories do not.
"""

import gzip
import json
import os
from pathlib import Path

import pytest

from rules.evaluation import evaluate
from rules.rulebook import load_rulebook

ANNOTATIONS = Path(__file__).parent / "real" / "breaches.jsonl"


def test_who_did_what_is_told_of_real_items() -> None:
    folder = os.environ.get("EMBARGOWATCH_BACKGROUND")
    if not folder:
        pytest.skip("NO BACKGROUND NEWS: set EMBARGOWATCH_BACKGROUND to a folder of real news to read breaches in")
    told = {row["id"]: row for row in map(json.loads, ANNOTATIONS.read_text(encoding="utf-8").splitlines())}
    with gzip.open(Path(folder) / "current_events.dev.jsonl.gz", "rt", encoding="utf-8") as file:
        items = [item for item in map(json.loads, file) if item["id"] in told]
    assert len(items) == len(told)
    stories = []
    for item in items:
        parties = [{"name": party["canonical"], **party} for party in told[item["id"]]["parties"]]
        read = {"title": item["title"], "text": item["text"], "published": item["date"]}
        stories.append(told[item["id"]] | read | {"label": "breach", "parties": parties, "non_parties": []})
    report = evaluate(stories, load_rulebook())
    assert report.f1("party") >= 0.88
    assert report.f1("role") >= 0.8
    assert report.share("regime") >= 0.93
    assert report.share("kind") >= 0.95
    assert report.share("status") >= 0.93
