"""English is never lost, and other languages are never taken for it."""

import gzip
import json
import os
from pathlib import Path

import pytest
import yaml

from compliance.classifier.corpus import load_corpus
from compliance.language import is_covered, language_of

FOREIGN = yaml.safe_load((Path(__file__).parent / "languages.yml").read_text(encoding="utf-8"))
# One English story in so many may be lost.
BAR = 2_000


def lost(told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The stories that would not be judged."""
    return [(title, text) for title, text in told if not is_covered(language_of(title, text))]


def test_the_paragraphs_are_of_a_dozen_languages_and_more() -> None:
    assert len(FOREIGN) >= 12


@pytest.mark.parametrize("language", sorted(FOREIGN))
def test_a_paragraph_in_another_language_is_known_for_what_it_is(language: str) -> None:
    for row in FOREIGN[language]:
        assert language_of(row["title"], row["text"]) in {language, "ary" if language == "ar" else language}
        assert not is_covered(language_of("", row["text"]))
        assert not is_covered(language_of("Ship held", row["text"]))


def test_no_english_story_of_the_corpus_is_lost() -> None:
    told = [(e.story.title, e.story.text) for e in load_corpus()]
    assert lost(told) == []
    assert lost([(title, "") for title, _ in told]) == []


def test_hardly_any_real_english_item_is_lost() -> None:
    folder = os.environ.get("EMBARGOWATCH_BACKGROUND")
    if not folder:
        pytest.skip("NO BACKGROUND NEWS: set EMBARGOWATCH_BACKGROUND to a folder of real news in English")
    for name in ("current_events.dev.jsonl.gz", "article_bias.dev.jsonl.gz"):
        with gzip.open(Path(folder) / name, "rt", encoding="utf-8") as file:
            told = [(row["title"], row["text"]) for row in map(json.loads, file)]
        assert len(lost(told)) * BAR <= len(told), name
        assert len(lost([(title, "") for title, _ in told])) * BAR <= len(told), name


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("", ""),
        ("\x00", "12 345"),
        ("\U0001f600" * 9, ""),
        ("Kim Jong Un in Wladiwostok", ""),
        ("Houthi", "Aden"),
        ("Marseille 2, Lyon 1", "Ligue 1"),
    ],
)
def test_what_is_too_little_to_tell_is_judged(title: str, text: str) -> None:
    assert language_of(title, text) == "und" and is_covered("und")


def test_a_few_signs_of_another_script_are_enough() -> None:
    assert [is_covered(language_of("", text)) for text in ("北韓的煤炭船", "Судно с углём", "سفينة أسلحة")] == [
        False
    ] * 3


def test_names_and_quotes_of_another_language_leave_a_story_english() -> None:
    text = "The ministry in Moscow said «груз законный» and called the report of the panel baseless, without more."
    assert language_of("Министерство", text) == "en"


def test_a_page_of_which_a_part_is_english_is_judged() -> None:
    french = FOREIGN["fr"][0]["text"]
    english = "The navy said it had seized the dhow with rifles that were meant for the rebels, who denied it. "
    assert language_of("Saisie", french + " " + english * 3) == "en"
    assert language_of("Seizure of the dhow, the navy said", french * 3) == "fr"
