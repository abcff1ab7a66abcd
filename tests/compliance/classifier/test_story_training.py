"""The weights of a story's kinds, regimes, status, denials and wording, learnt anew on a few."""

from dataclasses import replace
from pathlib import Path

import pytest

from compliance.classifier.corpus import Example, load_corpus
from compliance.classifier.story_training import day_of, train_story
from rules.extraction import read_story, told_acts
from rules.linear import ANSWERS, load_story_weights, save_story_weights
from rules.rulebook import Rulebook, load_rulebook
from rules.wording import wording_features, wording_of

BOOK = load_rulebook()
CORPUS = load_corpus()
FEW = [e for e in CORPUS if e.label == "breach"][:24]


def test_equal_examples_give_equal_weights_that_the_rules_can_read(tmp_path: Path) -> None:
    learnt = train_story(FEW, BOOK, "few")
    assert learnt == train_story(FEW, BOOK, "few")
    assert set(learnt.biases) == set(learnt.weights) == set(ANSWERS)
    save_story_weights(learnt, tmp_path / "story.json")
    assert load_story_weights(tmp_path / "story.json") == learnt


def test_what_no_example_shows_is_never_answered() -> None:
    one = train_story(FEW[:1], BOOK, "one")
    assert all(one.probability(answer, {"word: rifles": 1.0}) < 0.01 for answer in ANSWERS if answer.startswith("kind"))


def test_wording_parts_reports_of_breaches_from_other_news() -> None:
    others = [e for e in CORPUS if e.label == "not_breach"][:24]
    learnt = train_story([*FEW, *others], BOOK, "few")
    book = replace(BOOK, story=learnt)
    told, other = ([wording_of(_said(e, book), book) for e in some] for some in (FEW, others))
    assert min(w.odds for w in told) > max(w.odds for w in other)
    assert all(w.terms == tuple(sorted(w.terms, key=lambda t: -abs(t[1]))) for w in told)


def _said(example: Example, book: Rulebook) -> dict[str, float]:
    story = example.story
    read = read_story(story.title, story.text, book, day_of(example))
    return wording_features(read.clauses, told_acts(read, story.title, story.text, book)[0], book)


@pytest.mark.parametrize("text", ["", "{}", '{"biases": {}, "weights": {}, "corpus": ""}', "[]"])
def test_a_file_that_training_did_not_write_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "story.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"story\.json"):
        load_story_weights(path)
