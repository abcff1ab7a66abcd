"""Floors that a change may not fall below unnoticed. They belong to the corpus whose digest the model card names."""

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest

from compliance.classifier.corpus import load_corpus
from compliance.classifier.evaluation import evaluate
from compliance.classifier.model import load_model
from compliance.classifier.role_training import RoleTraining
from compliance.classifier.training import Training
from compliance.judging import Judges
from compliance.monitor import load_policy
from compliance.settings import Settings
from compliance.story import Story
from rules.evaluation import evaluate as evaluate_rules
from rules.rulebook import load_rulebook

BOOK = load_rulebook()
SETTINGS = Settings()


def test_held_out_folds_stay_above_the_floor(trained: Training) -> None:
    report = evaluate(trained.examples, trained.scores, trained.flagged, 0.02)
    assert report.average_precision_hard >= 0.98
    assert report.recall_at_review >= 0.925
    assert report.silent_recall_at_review >= 0.92
    assert report.flagged_by_type["ordinary"] <= 0.01


def test_the_rules_stay_above_the_floor(learnt_roles: RoleTraining) -> None:
    report = evaluate_rules([e.annotation for e in load_corpus()], BOOK, learnt_roles.held_out)
    assert report.f1("party") >= 0.84
    assert report.f1("role") >= 0.67
    assert report.share("regime") >= 0.965
    assert report.share("kind") >= 0.965
    assert report.share("status") >= 0.85
    assert report.f1("denied") >= 0.63
    assert report.false_violators <= 0.055


def test_ordinary_news_seldom_raises_an_alarm() -> None:
    """Real news that is no part of the project; a few of its items are true breaches that nobody has marked."""
    folder = os.environ.get("EMBARGOWATCH_BACKGROUND")
    if not folder:
        pytest.skip(
            "NO BACKGROUND NEWS: set EMBARGOWATCH_BACKGROUND to a folder of real news to measure false alarms on"
        )
    lines = (Path(folder) / "not_negative.jsonl").read_text(encoding="utf-8").splitlines()
    marked = {json.loads(line)["id"] for line in lines}
    model, policy = load_model(SETTINGS.model_path, BOOK), load_policy(SETTINGS.config / "screening.yml")
    for name, most in (("current_events.dev.jsonl.gz", 25), ("article_bias.dev.jsonl.gz", 80)):
        with gzip.open(Path(folder) / name, "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        told = [Story(r["id"], r["title"], r["text"]) for r in rows if r["id"] not in marked][::10]
        flagged = np.array([s.is_flagged for s in Judges(model, BOOK, policy).judge(told)])
        assert flagged.mean() * 10_000 <= most, name
