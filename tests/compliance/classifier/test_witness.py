"""What the joint score rests on, and how the length of a story and the sort of a corpus story count."""

import pytest

from compliance.classifier.corpus import example_of, load_corpus
from compliance.classifier.features import STORY_NAMES
from compliance.classifier.witness import JOINT_NAMES, POOLED, joint_features, length_counts
from rules.extraction import extract
from rules.rulebook import load_rulebook
from tests.factories import classification

BOOK = load_rulebook()


@pytest.mark.parametrize(("length", "counts"), [(0, 0.0), (3_999, 0.0), (4_000, 0.0), (12_000, 1.0), (90_000, 1.0)])
def test_only_what_is_longer_than_a_report_counts_as_long(length: int, counts: float) -> None:
    assert length_counts(length) == pytest.approx(counts)


def test_length_counts_by_its_logarithm() -> None:
    assert length_counts(round(4_000 * 3**0.5)) == pytest.approx(0.5, abs=1e-3)
    lengths = [length_counts(n) for n in range(4_000, 13_000, 500)]
    assert lengths == sorted(lengths)


def test_the_features_stand_in_the_order_of_their_names() -> None:
    pooled = tuple(float(n) for n in range(len(STORY_NAMES)))
    found = extract("", "Iran shipped missiles to the Houthis, a panel of experts found.", None, BOOK)
    row = joint_features(classification(pooled=pooled, length=12_000), found, BOOK)
    told = dict(zip(JOINT_NAMES, row, strict=True))
    assert {name: told[name] for name in POOLED}.items() <= dict(zip(STORY_NAMES, pooled, strict=True)).items()
    assert told["long"] == 1.0
    assert told["supplier and recipient"] == told["a target takes part"] == 1.0
    assert told["likeliest party"] >= told["second likeliest party"] > 0
    assert told["wording"] == found.wording.odds


def test_common_sorts_of_news_count_for_several_stories_and_breaches_for_one() -> None:
    given = {"id": "x", "title": "t", "text": "t", "label": "not_breach"}
    common, rare = (example_of(given | {"negative_type": kind}).weight for kind in ("conflict_only", "lawful_arms"))
    assert common > rare == 1.0
    assert {e.weight for e in load_corpus() if e.label != "not_breach"} == {1.0}
