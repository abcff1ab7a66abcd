"""The boolean alert on stories made by hand: all three must stand there, in the story or in one sentence."""

import pytest

from compliance.classifier.baseline import fires_in_sentence, fires_on_story
from compliance.classifier.reading import Reader, Reading
from rules.rulebook import load_rulebook

READER = Reader(load_rulebook())


def read(text: str, title: str = "The day in brief") -> Reading:
    return READER.read(title, text)


@pytest.mark.parametrize(
    "text",
    [
        "Customs men seized rifles on their way to the Houthis.",
        "Al-Shabaab is smuggling charcoal again.",
        "Diplomats accused North Korea of selling missiles.",
    ],
)
def test_target_goods_and_a_wrong_in_one_sentence_fire_both(text: str) -> None:
    assert fires_on_story(read(text))
    assert fires_in_sentence(read(text))


def test_the_three_in_three_sentences_fire_on_the_story_alone() -> None:
    reading = read("North Korea held a parade. Many rifles were shown. A court seized a villa in Rome.")
    assert fires_on_story(reading)
    assert not fires_in_sentence(reading)


@pytest.mark.parametrize(
    "text",
    [
        "Customs men seized rifles on their way to a farm in Kansas.",
        "Diplomats accused North Korea of bad manners.",
        "North Korea showed rifles at a parade.",
        "",
    ],
)
def test_two_of_the_three_fire_nothing(text: str) -> None:
    assert not fires_on_story(read(text))


def test_the_title_counts_as_a_sentence() -> None:
    reading = read("More follows.", title="Navy seizes rifles bound for the Houthis")
    assert fires_in_sentence(reading)
