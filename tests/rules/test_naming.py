"""Features found by number weigh what their names weigh: held on stories of the corpus, candidate by candidate."""

import math
from math import isclose

from compliance.classifier.corpus import load_corpus
from rules.denials import denial_features, read_denials
from rules.extraction import read_acts, read_parties, read_story, told_acts
from rules.linear import DENIES
from rules.naming import AllNames, Around, KnownNames
from rules.rulebook import load_rulebook
from rules.weights import ANSWERS

BOOK = load_rulebook()
STORIES = [example.story for example in load_corpus()][::60]


def test_what_is_found_by_number_is_what_is_named_and_has_a_weight() -> None:
    candidates = 0
    for story in STORIES:
        named = read_story(story.title, story.text, BOOK)
        found = read_parties(read_acts(story.title, story.text, BOOK), BOOK)
        assert found.candidates == named.candidates
        for told, spelled in zip(found.features, named.features, strict=True):
            candidates += 1
            names = BOOK.roles.names.names
            assert {names[n]: v for n, v in told.items()} == {
                n: v for n, v in spelled.items() if n in BOOK.roles.weights
            }
    assert candidates > 5 * len(STORIES)


def test_the_sums_are_those_of_the_names_own_weights() -> None:
    for story in STORIES[::4]:
        for features in read_story(story.title, story.text, BOOK).features:
            for at, answer in enumerate(ANSWERS):
                rows = [
                    (BOOK.roles.weights[name][at], value)
                    for name, value in features.items()
                    if name in BOOK.roles.weights
                ]
                total = BOOK.roles.biases[at] + math.fsum(weight * value for weight, value in rows)
                assert BOOK.roles.probability(answer, features) == 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def test_a_name_is_found_by_any_way_to_part_it() -> None:
    known = KnownNames(["in lead: new person: target", "L <new person>", "a b c", "lone"])
    assert known.of_sort(["in lead: new person", "lone"], "target") == [1]
    assert known.of_sort(["in lead"], "new person: target") == [1]
    assert known.under("L", ["<new person>", "x"]) == [2]
    assert known.plain(["lone", "nobody"]) == [4]
    rows = Around(each={"L": -1}, rows={"a {} {}": (-2, -1)})
    beside = known.beside(rows)
    assert beside.around(beside.marked(["b", "c", "<x>"]), 2) == [3]
    assert beside.around(beside.marked(["b", "<new person>", "<x>"]), 2) == [2]


def test_a_row_that_goes_beyond_the_edges_is_none() -> None:
    beside = AllNames().beside(Around(each={}, rows={"{} {}": (-2, -1), "{}": (1,)}, edges=(1, 1)))
    assert beside.around(beside.marked(["x"]), 0) == [">>"]


def test_denials_found_by_number_are_those_that_are_named_and_have_a_weight() -> None:
    weights, names, told = BOOK.story.weights[DENIES], BOOK.story.denial_names.names, 0
    for story in STORIES:
        read = read_parties(read_acts(story.title, story.text, BOOK), BOOK)
        parties = {party.canonical for party in told_acts(read, story.title, story.text, BOOK)[1]}
        given = (parties, read.candidates, read.clauses, read.stances)
        found = read_denials(*given, BOOK.story.denial_names)
        for sentences, spelled in zip(found, denial_features(*given), strict=True):
            told += len(sentences)
            for one, named in zip(sentences, spelled, strict=True):
                assert sorted(names[n] for n in one.features) == sorted(name for name in named if name in weights)
                assert isclose(BOOK.story.denies(one.features), BOOK.story.probability(DENIES, named), rel_tol=1e-9)
    assert told > len(STORIES)
