"""Tables on a few stories whose figures one can count."""

import numpy as np
import pytest

from compliance.classifier import evaluation as ev
from compliance.classifier.breakdown import breakdowns, length_band
from compliance.classifier.evaluation import Judged, measure
from compliance.classifier.judged import judged_by_classifier, judged_by_words
from compliance.classifier.reading import Reader
from compliance.screening import screen
from rules.findings import Extraction
from rules.rulebook import load_rulebook
from tests.factories import POLICY, classification, example, extraction

LAW = "The U.N. panel named a ship."
EXAMPLES = [
    example("1", regimes=["1718"], text=LAW),
    example("2", regimes=["1718"]),
    example("3", regimes=["1970"], kinds=["finance", "arms"]),
    example("4", regimes=["1970"]),
    example("5", "not_breach", negative_type="policy"),
    example("6", "not_breach", negative_type="policy"),
    example("7", "not_breach", negative_type="diplomacy"),
    *(example(str(n), "not_breach") for n in range(8, 18)),
]
SCORES = np.array([0.9, 0.8, 0.7, 0.1, 0.75, 0.2, 0.1, *np.linspace(0.01, 0.05, 10)])
FLAGGED = SCORES > 0.6
CLASSIFIER = Judged("classifier", SCORES, {"flagged": FLAGGED}, is_graded=True)
WORDS = Judged("words", FLAGGED.astype(float), {"flagged": FLAGGED}, is_graded=False)
MEASURED = measure(EXAMPLES, [CLASSIFIER, WORDS], 0.02, draws=200)


def value(name: str, method: int = 0) -> float:
    figure = MEASURED.figure(name, method)
    assert figure
    return figure.value


def test_the_main_figures_are_what_one_counts() -> None:
    assert value(ev.RECALL) == 3 / 4
    assert value(ev.PRECISION) == 3 / 4
    assert value(ev.SILENT) == pytest.approx(2 / 3)
    assert value(ev.HARD) == pytest.approx(1 / 3)
    assert value(ev.PER_10_000) == 0
    assert value(ev.RECALL_AT_90) == 2 / 4


def test_every_interval_holds_its_figure() -> None:
    rows = [*MEASURED.main, *(row for rows in MEASURED.tables.values() for row in rows)]
    figures = [f for row in rows for f in row.by_method if f]
    assert len(figures) > 30
    assert all(f.low <= f.value <= f.high for f in figures)
    assert any(f.low < f.value < f.high for f in figures)


def test_the_worst_line_comes_first_recall_low_and_false_alarms_high() -> None:
    assert [(r.name, r.first) for r in MEASURED.tables["regime"]] == [("1970", 0.5), ("1718", 1.0)]
    assert [r.name for r in MEASURED.tables["kind"]] == ["arms", "finance"]
    types = MEASURED.tables["negative type"]
    assert [(r.name, r.first) for r in types] == [("policy", 0.5), ("diplomacy", 0), ("ordinary", 0)]


def test_a_method_without_graded_scores_has_no_calibration_error() -> None:
    assert MEASURED.figure(ev.CALIBRATION, 1) is None
    assert value(ev.RECALL, 1) == value(ev.RECALL)
    assert value(ev.AP, 1) < value(ev.AP)


def test_a_line_names_the_stories_and_events_it_rests_on() -> None:
    twice = [example("1", event="e"), example("2", event="e"), example("3", "not_breach")]
    judged = Judged("classifier", np.array([0.9, 0.8, 0.1]), {"flagged": np.array([True, True, False])}, True)
    row = next(r for r in measure(twice, [judged], 0.02, draws=20).main if r.name == ev.RECALL)
    assert (row.stories, row.events) == (2, 1)


def test_a_grey_story_is_refused() -> None:
    one = Judged("classifier", np.array([0.9]), {"flagged": np.array([True])}, True)
    with pytest.raises(ValueError, match="grey"):
        measure([example("1", "grey")], [one], 0.02)


@pytest.mark.parametrize("label", ["breach", "not_breach"])
def test_stories_of_one_label_have_the_figures_that_they_can(label: str) -> None:
    told = [example(str(n), label) for n in range(3)]
    one = Judged("classifier", np.array([0.9, 0.5, 0.1]), {"flagged": np.array([True, False, False])}, True)
    measured = measure(told, [one], 0.02, draws=20)
    known = {r.name for r in measured.main if r.by_method[0] and not np.isnan(r.by_method[0].value)}
    assert (ev.RECALL in known) == (label == "breach")
    assert (ev.PER_10_000 in known) == (label == "not_breach")


def test_the_text_report_holds_a_line_for_each_figure_and_method() -> None:
    lines = MEASURED.lines()
    assert lines[0] == "17 stories"
    assert any(line.startswith("recall of flagged ") and line.count("0.750 [") == 2 for line in lines)
    assert any(line.startswith("flagged, policy") for line in lines)


def test_verdicts_and_both_thresholds_are_told_apart() -> None:
    given = [(0.9, extraction()), (0.5, extraction()), (0.5, Extraction()), (0.1, extraction())]
    judged = judged_by_classifier([screen(classification(s), e, POLICY) for s, e in given], POLICY)
    assert judged.flags["flagged"].tolist() == [True, True, True, False]
    assert judged.flags["told at once"].tolist() == [True, False, False, False]
    assert judged.flags["score ≥ review"].tolist() == [True, True, True, False]
    assert judged.flags["score ≥ alert"].tolist() == [True, False, False, False]


def test_the_boolean_alert_is_judged_over_story_and_sentence() -> None:
    reader = Reader(load_rulebook())
    apart = "The Houthis met. Rifles rust. A villa was seized."
    texts = ("Customs men seized rifles bound for the Houthis.", apart, "")
    whole, sentence = judged_by_words([reader.read("", text) for text in texts])
    assert whole.flagged.tolist() == [True, True, False]
    assert sentence.flagged.tolist() == [True, False, False]
    assert whole.scores.tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("words", "band"), [(49, "under 50 words"), (50, "50 to 149"), (1_000, "1,000 and more"), (999, "500 to 999")]
)
def test_a_length_band_begins_at_its_least(words: int, band: str) -> None:
    assert length_band(example("1", title="one", text=" word" * (words - 1))) == band


def test_what_a_file_does_not_give_makes_no_table_or_a_line_that_says_so() -> None:
    told = [example("1", style=None, batch=""), example("2", style="radio", batch=""), example("3", "not_breach")]
    named = {b.name: set(b.groups) for b in breakdowns(told)}
    assert named["style"] == {"not given", "radio"}
    assert "author batch" not in named
