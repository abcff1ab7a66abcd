import re

import pytest

from compliance.classifier.corpus import load_corpus
from rules import denials, mentions, status
from rules.acts import clauses_of
from rules.clauses import encoded, marks_of
from rules.frames import find_frames, worth_trying
from rules.rulebook import load_rulebook
from rules.sieve import Sieve, needed_in

STORIES = [example.story for example in load_corpus()][::30]
PATTERNS = {"status": status._PATTERNS, "denials": denials._PATTERNS, "mentions": mentions._FORMS}


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("rifles?|shells", {"rifle", "rifles", "shells"}),
        (r"\bcourt\b", {"court"}),
        (r"seiz\w+", {"seiz"}),
        (r"(?:\w+ ){2,3}panel", {"panel"}),
        (r"no (?:truth|proof)", {"no truth", "no proof"}),
        (r"\w+(?= (?:jet|plane)\b)", {" jet", " plane"}),
        (r"(?<!not )guilty", {"guilty"}),
        (r"[a-z]+\d", set()),
        (r"rifles|\d+", set()),
        ("(?:arms)?", set()),
    ],
)
def test_what_a_pattern_needs(pattern: str, needed: set[str]) -> None:
    assert needed_in(re.compile(pattern)) == needed


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_that_matches_is_passed_over(name: str) -> None:
    patterns = PATTERNS[name]
    sieve = Sieve(patterns)
    ruled_out = 0
    for story in STORIES:
        text = story.text.lower() if name == "status" else story.text
        for line in (text, *text.split(". ")):
            possible = sieve.possible(line)
            matching = {name for name, pattern in patterns.items() if pattern.search(line)}
            assert matching <= possible
            ruled_out += len(patterns) - len(possible)
    assert ruled_out > 2 * len(STORIES)


def test_letters_that_count_as_others_without_case_are_found() -> None:
    sieve = Sieve({"says": re.compile("says", re.IGNORECASE), "is": re.compile("it is", re.IGNORECASE)})
    for text in ("SAYS", "ſayſ", "IT İS", "ıt ıs"):
        assert any(re.search(p, text, re.IGNORECASE) for p in ("says", "it is"))
        assert sieve.possible(text)
    assert not sieve.possible("said he")


def test_no_frame_that_a_clause_holds_is_passed_over() -> None:
    book = load_rulebook()
    hits = 0
    for story in STORIES:
        for _, clause in clauses_of(story.title, story.text, book):
            tried = worth_trying(marks_of(clause), len(clause.parties), book.frames)
            assert find_frames(encoded(clause), tried) == find_frames(encoded(clause), book.frames)
            hits += len(tried)
    assert hits
