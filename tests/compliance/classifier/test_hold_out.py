"""Holding out by other groups than events, on a small part of the corpus."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from compliance.classifier import training
from compliance.classifier.corpus import load_corpus
from compliance.classifier.folds import by_batch
from compliance.classifier.training import Calibration, hold_out
from rules.findings import Extraction
from rules.rulebook import load_rulebook

BOOK = load_rulebook()
# Four authors, enough of each for every vocabulary.
FEW = [e for e in load_corpus() if e.label != "grey" and e.batch in ("a1", "a2", "a6", "a7")][::2]
NOTHING = {e.story.id: Extraction() for e in FEW}


def test_no_part_of_a_model_saw_the_author_whom_it_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[set[str]] = []
    rows: dict[str, list[int]] = {"_fit_story": [], "_fit_joint": []}

    def watched(read: Sequence[Any], fit: Any = training._fit_scores) -> Any:
        fitted.append({r.example.batch for r in read})
        return fit(read)

    def counting(name: str) -> Any:
        fit = getattr(training, name)

        def counted(given: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> Any:
            rows[name].append(len(given))
            return fit(given, labels, weights)

        return counted

    monkeypatch.setattr(training, "_fit_scores", watched)
    for name in rows:
        monkeypatch.setattr(training, name, counting(name))
    splits = by_batch(FEW, 2)
    held = hold_out(FEW, NOTHING, BOOK, splits)
    assert held.examples == FEW
    for seen, (_, out) in zip(fitted, splits, strict=True):
        assert seen.isdisjoint({FEW[i].batch for i in out})
    seen_by_weights = [int(held.passed[fit].sum()) for fit, _ in splits]
    assert rows == {"_fit_story": seen_by_weights, "_fit_joint": seen_by_weights}
    assert np.isfinite(held.decisions).all()
    worth = held.decisions[held.passed & held.labels].mean() - held.decisions[held.passed & ~held.labels].mean()
    assert worth > 0.1


def test_what_the_gate_stops_gets_the_floor_and_the_rest_its_probability() -> None:
    scores = Calibration(2.0, -1.0, floor=0.001).scores(np.array([0.5, 3.0]), np.array([True, False]))
    assert scores == pytest.approx([0.5, 0.001])
