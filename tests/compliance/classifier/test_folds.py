"""Every story is judged once, by a model that saw nothing of its event, its author or its regime."""

from collections import Counter
from collections.abc import Callable

import pytest

from compliance.classifier.corpus import Example, load_corpus
from compliance.classifier.folds import Splits, by_batch, by_event, by_regime
from tests.factories import example

CORPUS = [e for e in load_corpus() if e.label != "grey"]


@pytest.mark.parametrize("split", [by_event, by_batch, by_regime])
def test_every_story_is_judged_once_and_no_event_is_parted(split: Callable[[list[Example]], Splits]) -> None:
    splits = split(CORPUS)
    assert Counter(i for _, out in splits for i in out.tolist()) == Counter(range(len(CORPUS)))
    for fit, out in splits:
        assert {CORPUS[i].event for i in fit}.isdisjoint({CORPUS[i].event for i in out})


def test_an_author_is_judged_by_those_who_never_read_him() -> None:
    for fit, out in by_batch(CORPUS):
        assert {CORPUS[i].batch for i in fit}.isdisjoint({CORPUS[i].batch for i in out})


def test_a_regime_is_judged_by_those_who_never_heard_of_it() -> None:
    splits = by_regime(CORPUS)
    assert len(splits) == 12
    judged_under: Counter[str] = Counter()
    for fit, out in splits:
        learnt = {r for i in fit for r in CORPUS[i].regimes}
        for i in out:
            if CORPUS[i].label == "breach":
                unseen = set(CORPUS[i].regimes) - learnt
                assert unseen, CORPUS[i].story.id
                judged_under.update(unseen)
    assert set(judged_under) == {r for e in CORPUS for r in e.regimes}


def test_the_rarest_regimes_are_pooled_and_negatives_dealt_out_evenly() -> None:
    breaches = [example(f"{r}-{n}", regimes=[r]) for r, many in (("1718", 4), ("1970", 3), ("748", 1), ("841", 1))
                for n in range(many)]  # fmt: skip
    negatives = [example(f"n{n}", "not_breach") for n in range(9)]
    told = breaches + negatives
    splits = by_regime(told, most=3)
    judged = [{told[i].regimes for i in out if told[i].label == "breach"} for _, out in splits]
    assert judged == [{("1718",)}, {("1970",)}, {("748",), ("841",)}]
    assert [sum(told[i].label != "breach" for i in out) for _, out in splits] == [3, 3, 3]


def test_a_breach_under_two_regimes_teaches_neither_while_one_is_held_out() -> None:
    told = [
        example("both", regimes=["1718", "1970"]),
        *(example(f"k{n}", regimes=["1718"]) for n in range(3)),
        *(example(f"l{n}", regimes=["1970"]) for n in range(2)),
    ]
    (fit_1718, out_1718), (fit_1970, out_1970) = by_regime(told)
    assert 0 not in fit_1718 and 0 not in fit_1970
    assert 0 not in out_1718 and 0 in out_1970


def test_a_negative_that_shares_an_event_is_judged_with_it_or_left_out() -> None:
    told = [example("b", event="e"), example("n", "not_breach", event="e"), example("c", regimes=["1970"])]
    for fit, out in by_regime(told):
        assert not ({0, 1} & set(out.tolist()) and {0, 1} & set(fit.tolist()))
