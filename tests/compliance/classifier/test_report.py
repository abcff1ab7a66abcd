"""The report, the plots and the card, from a few stories."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from compliance.classifier import evaluation as ev
from compliance.classifier.card import completed
from compliance.classifier.judged import Judged
from compliance.classifier.report import write_page
from compliance.classifier.schemes import Scheme, worst_first
from compliance.settings import Settings
from tests.factories import example

EXAMPLES = [
    *(example(f"b{n}", regimes=["1718" if n % 2 else "1970"]) for n in range(12)),
    *(example(f"h{n}", "not_breach", negative_type="policy") for n in range(8)),
    *(example(f"o{n}", "not_breach") for n in range(20)),
]


def scheme(name: str, noise: float) -> Scheme:
    random = np.random.default_rng(5)
    labels = np.array([e.label == "breach" for e in EXAMPLES])
    scores = np.clip(labels * 0.6 + 0.2 + noise * random.normal(size=len(labels)), 0.001, 0.99)
    words = labels & (random.uniform(size=len(labels)) < 0.7)
    graded = Judged("classifier", scores, {"flagged": scores > 0.5, "told at once": scores > 0.7}, is_graded=True)
    boolean = Judged("boolean, whole story", words.astype(float), {"flagged": words}, is_graded=False)
    return Scheme(name, f"How {name} was done.", ev.measure(EXAMPLES, [graded, boolean], 0.02, draws=50))


GOOD, BAD = scheme("held out by event", 0.05), scheme("held out by author batch", 0.5)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    given = {"stories": "forty of them"}
    return write_page(folder, worst_first([GOOD, BAD]), ["party F1 0.743"], given).read_text(encoding="utf-8")


def test_the_worst_way_of_holding_out_comes_first(page: str) -> None:
    assert worst_first([GOOD, BAD]) == [BAD, GOOD]
    assert page.index("## Held out by author batch") < page.index("## Held out by event")
    assert "|  | held out by author batch | held out by event | boolean, whole story |" in page


def test_every_figure_stands_with_its_interval_and_the_baseline_beside_it(page: str) -> None:
    rows = re.findall(r"^\| recall of flagged \| 12 \| 12 \|(.*)\|$", page, re.MULTILINE)
    assert len(rows) == 2
    for row in rows:
        assert re.fullmatch(r"( \d\.\d{3} \[\d\.\d{3}, \d\.\d{3}\] \|?){2}", row)
    assert "| party F1 | 0.743 |" in page
    assert "| stories | forty of them |" in page


def test_every_line_of_a_table_has_as_many_cells_as_its_head(page: str) -> None:
    for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_the_plots_the_page_shows_are_drawn_with_their_words_and_come_out_equal_twice(tmp_path: Path) -> None:
    plots = pytest.importorskip("compliance.classifier.plots")
    page = write_page(tmp_path, [GOOD, BAD], [], {}).read_text(encoding="utf-8")
    drawn = plots.draw_all(tmp_path, [GOOD, BAD], 0.1, 0.5)
    assert [p.name for p in drawn] == re.findall(r"\]\((.*\.svg)\)", page)
    before = [p.read_bytes() for p in drawn]
    assert [p.read_bytes() for p in plots.draw_all(tmp_path, [GOOD, BAD], 0.1, 0.5)] == before
    for body in before:
        assert ElementTree.fromstring(body).tag.endswith("svg")


def test_the_curves_and_points_stand_where_the_figures_say() -> None:
    plots = pytest.importorskip("compliance.classifier.plots")
    axes = plots.draw_curves([GOOD]).axes[0]
    points = [tuple(float(v[0]) for v in c.lines[0].get_data()) for c in axes.containers]
    told = [tuple(GOOD.measured.figure(n, m).value for n in (ev.RECALL, ev.PRECISION)) for m in (0, 1)]
    assert points == told


def test_a_card_carries_the_figures_of_classifier_and_baseline_with_intervals() -> None:
    card = completed({"name": "classifier", "thresholds": {"review": 0.1}}, GOOD, rules_version="rules-1")
    assert json.loads(json.dumps(card)) == card
    recall = GOOD.measured.figure(ev.RECALL)
    assert recall
    bounds = {"value": recall.value, "low": recall.low, "high": recall.high}
    assert card["figures"]["classifier"][ev.RECALL] == pytest.approx(bounds, abs=1e-4)
    assert ev.RECALL in card["figures"]["boolean, whole story"]
    assert ev.CALIBRATION not in card["figures"]["boolean, whole story"]
    assert card["figures"]["events"] == 40
    assert card["versions"]["rules"] == "rules-1"
    assert card["thresholds"] == {"review": 0.1}
    assert card["intended_use"] and card["limits"]


def test_the_shipped_card_has_an_interval_at_every_figure() -> None:
    card = json.loads((Settings().model_path / "model-card.json").read_text(encoding="utf-8"))
    if "figures" not in card:
        pytest.skip("THE SHIPPED CARD HAS NO FIGURES YET: embargowatch model train writes them")
    for told in card["figures"]["classifier"].values():
        assert told["low"] <= told["value"] <= told["high"]
