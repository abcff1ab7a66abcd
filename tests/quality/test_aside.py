"""Stories that nothing has learnt from: written apart, kept aside, judged by the shipped model and rules.

They are no part of the corpus and must never be: what is tuned by looking at them is measured by nothing any more.
"""

from pathlib import Path

import numpy as np
import pytest

from compliance.classifier.checking.content import denial_faults, law_findings, quote_faults
from compliance.classifier.checking.grid import load_grid
from compliance.classifier.checking.overlap import overlaps
from compliance.classifier.checking.record import read_records
from compliance.classifier.corpus import FOLDER, load_corpus
from compliance.classifier.evaluation import evaluate
from compliance.classifier.judged import is_hard, labels_of
from compliance.judging import Judges
from compliance.monitor import load_policy, open_model
from compliance.screening import Screening
from compliance.settings import Settings
from rules.evaluation import evaluate as evaluate_rules
from rules.rulebook import load_rulebook

ASIDE = Path(__file__).parent / "aside"
BOOK = load_rulebook()
SETTINGS = Settings()
EXAMPLES = [example for example in load_corpus(ASIDE) if example.label != "grey"]


@pytest.fixture(scope="module")
def judged() -> list[Screening]:
    judges = Judges(open_model(SETTINGS, BOOK), BOOK, load_policy(SETTINGS.config / "screening.yml"))
    return judges.judge([example.story for example in EXAMPLES], extract_all=True)


def test_what_lies_aside_keeps_the_rules_of_the_corpus() -> None:
    records, faults = read_records(ASIDE, load_grid(FOLDER))
    for record in records:
        faults += [*quote_faults(record), *denial_faults(record, BOOK), *law_findings(record, BOOK)[0]]
    assert faults == []


def test_no_story_aside_is_one_of_the_corpus() -> None:
    corpus, aside = load_corpus(), load_corpus(ASIDE)
    assert {e.batch for e in corpus}.isdisjoint(e.batch for e in aside)
    texts = [f"{e.story.title} {e.story.text}" for e in (*corpus, *aside)]
    found = overlaps(texts, [e.event for e in (*corpus, *aside)], load_grid(FOLDER).limits.overlap)
    assert [o for o in found if max(o.story, o.other) >= len(corpus)] == []


def test_the_classifier_stays_above_the_floor_on_what_it_never_saw(judged: list[Screening]) -> None:
    scores = np.array([s.score or 0.0 for s in judged])
    flagged = np.array([s.is_flagged for s in judged])
    report = evaluate(EXAMPLES, scores, flagged, 0.02)
    assert report.average_precision_hard >= 0.99
    assert flagged[labels_of(EXAMPLES)].mean() >= 0.97
    assert flagged[is_hard(EXAMPLES)].mean() <= 0.03


def test_the_rules_stay_above_the_floor_on_what_they_never_saw(judged: list[Screening]) -> None:
    found = {e.story.id: s.extraction for e, s in zip(EXAMPLES, judged, strict=True)}
    report = evaluate_rules([e.annotation for e in EXAMPLES], BOOK, found)
    assert report.f1("party") >= 0.875
    assert report.f1("role") >= 0.745
    assert report.share("regime") >= 0.96
    assert report.share("kind") >= 0.98
    assert report.share("status") >= 0.89
    assert report.false_violators <= 0.05
