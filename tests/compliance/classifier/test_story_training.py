"""The weights of a story's kinds, regimes, status and denials, learnt anew on a few breaches."""

from pathlib import Path

import pytest

from compliance.classifier.corpus import load_corpus
from compliance.classifier.story_training import train_story
from rules.linear import ANSWERS, load_story_weights, save_story_weights
from rules.rulebook import load_rulebook

BOOK = load_rulebook()
FEW = [e for e in load_corpus() if e.label == "breach"][:24]


def test_equal_examples_give_equal_weights_that_the_rules_can_read(tmp_path: Path) -> None:
    learnt = train_story(FEW, BOOK, "few")
    assert learnt == train_story(FEW, BOOK, "few")
    assert set(learnt.biases) == set(learnt.weights) == set(ANSWERS)
    save_story_weights(learnt, tmp_path / "story.json")
    assert load_story_weights(tmp_path / "story.json") == learnt


def test_what_no_example_shows_is_never_answered() -> None:
    one = train_story(FEW[:1], BOOK, "one")
    assert all(one.probability(answer, {"word: rifles": 1.0}) < 0.01 for answer in ANSWERS if answer.startswith("kind"))


@pytest.mark.parametrize("text", ["", "{}", '{"biases": {}, "weights": {}, "corpus": ""}', "[]"])
def test_a_file_that_training_did_not_write_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "story.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"story\.json"):
        load_story_weights(path)
