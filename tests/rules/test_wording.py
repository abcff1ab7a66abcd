"""What of a story's wording is told to an officer, and how it adds up."""

from dataclasses import replace

from rules.linear import WORDED
from rules.rulebook import Rulebook, load_rulebook
from rules.wording import wording_of

BOOK = load_rulebook()


def weighed(**weights: float) -> Rulebook:
    named = {name.replace("__", ": "): by for name, by in weights.items()}
    story = replace(
        BOOK.story,
        weights={**BOOK.story.weights, WORDED: named},
        biases={**BOOK.story.biases, WORDED: 0.5},
    )
    return replace(BOOK, story=story)


def test_a_word_of_the_act_and_around_it_is_told_once_with_the_weight_of_both() -> None:
    book = weighed(act__smuggled=1.0, around__smuggled=0.5, act__the=2.0, around__rain=-0.25)
    told = wording_of({"act: smuggled": 1.0, "around: smuggled": 1.0, "act: the": 1.0, "around: rain": 1.0}, book)
    assert told.odds == 0.5 + 1.0 + 0.5 + 2.0 - 0.25
    assert told.terms == (("smuggled", 1.5), ("rain", -0.25))


def test_what_many_words_add_up_to_is_bounded() -> None:
    book = weighed(act__smuggled=40.0)
    assert wording_of({"act: smuggled": 1.0}, book).odds == 6.0
    assert wording_of({}, book).odds == 0.5
