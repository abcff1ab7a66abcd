import numpy as np
from sklearn.linear_model import LogisticRegression

from compliance.classifier.phrases import Phrases, fit_phrases, phrases_of
from compliance.classifier.reading import Reader
from rules.rulebook import load_rulebook

READER = Reader(load_rulebook())


def test_a_phrase_is_a_word_or_two_of_which_one_says_something() -> None:
    found = phrases_of("the dhow was carrying _g_arms_ to _target_")
    assert {"dhow", "_g_arms_", "_target_", "dhow was", "was carrying", "dhow _ carrying", "carrying _ to"} <= found
    assert "_g_arms_ _ _target_" in found and "to _target_" in found and "^ _ dhow" in found
    assert "the" not in found and "^ the" not in found and "was" not in found


def test_names_and_goods_are_told_by_what_they_are() -> None:
    one = READER.read("", "Iran shipped rifles to the Houthis, two firms said.")
    other = READER.read("", "North Korea shipped mortars to the Islamic State, two firms said.")
    assert one.phrased == other.phrased and "_g_arms_" in one.phrased[1]
    assert "rifles" in one.words[1]


def test_what_stands_far_behind_moves_no_score_by_phrases() -> None:
    told = ["Iran shipped rifles to the Houthis.", "The dhow left at night.", "Crates of mortars lay on the deck."]
    others = ["The club won again.", "A bridge was opened.", "It rained for days."]
    texts = [f"{a} {b}" for a in told for b in told] + [f"{a} {b}" for a in others for b in others]
    readings = [READER.read("", text) for text in texts]
    labels = np.repeat([True, False], len(texts) // 2)
    phrases = fit_phrases(readings, lambda rows: LogisticRegression().fit(rows, labels))
    scores = phrases.decide(readings, [np.array([1.0])] * len(readings))
    assert scores[labels].min() > scores[~labels].max()
    short = " ".join(told)
    long = short + " The club won again." * 40
    first, second = (READER.read("", text) for text in (short, long))
    windows = [np.array([1.0]), np.array([1.0] + [0.0] * 39)]
    near = phrases.decide([first, second], windows)
    longer = phrases.decide([READER.read("", long + " The dhow left at night." * 9)], windows[1:])
    assert near[1] == longer[0]
    assert phrases.decide([], []).shape == (0,)


def test_columns_are_in_alphabetical_order_whatever_the_order_of_stories() -> None:
    readings = [READER.read("", "Iran shipped rifles to the Houthis.")] * 3 + [READER.read("", "It rained here.")] * 3
    labels = [True] * 3 + [False] * 3
    one = fit_phrases(readings, lambda rows: LogisticRegression().fit(rows, labels))
    other = fit_phrases(readings[::-1], lambda rows: LogisticRegression().fit(rows, labels[::-1]))
    assert one.names == other.names == [*sorted(one.whole), *sorted(one.opening)]


def test_phrases_come_back_from_the_plain_values_that_the_artefact_holds() -> None:
    phrases = fit_phrases([READER.read("", "Iran shipped rifles to the Houthis.")] * 3, lambda rows: rows.shape)
    assert Phrases.of_plain(phrases.as_plain()) == phrases
