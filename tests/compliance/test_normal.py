"""The plain form that the judges read, and the way back to the text as given."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.judging import Judges
from compliance.monitor import load_policy, open_model, open_rulebook
from compliance.normal import normal
from compliance.settings import Settings
from compliance.story import Story
from tests.test_journey import ACT

PLAIN = Story("1", "North Korea shipped shells to Russia, experts find", ACT)


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def dressed(text: str) -> dict[str, str]:
    """The same words as somebody writes them who wants to be overlooked, or by accident."""
    return {
        "Cyrillic letters": text.replace("o", "о").replace("e", "е").replace("K", "К"),
        "Greek letters": text.replace("o", "ο").replace("N", "Ν"),
        "full width": wide(text),
        "bold letters": "".join(chr(0x1D400 + ord(c) - 65) if "A" <= c <= "Z" else c for c in text),
        "soft hyphens": text.replace("or", "o\u00adr"),
        "zero width": text.replace("ss", "s\u200bs").replace("th", "t\u2060h"),
        "direction": text.replace("Russia", "\u202dRussia\u202c"),
        "decomposed": unicodedata.normalize("NFD", text.replace("Korea", "Koréa")).replace("e\u0301", "e"),
        "NUL": text.replace(" shells", "\x00shells"),
    }


@pytest.fixture(scope="module")
def judges() -> Judges:
    settings, book = Settings(), open_rulebook()
    return Judges(open_model(settings, book), book, load_policy(settings.config / "screening.yml"))


@pytest.mark.parametrize("how", dressed("x"))
def test_a_dressed_up_story_has_the_judgement_of_the_plain_one(judges: Judges, how: str) -> None:
    odd = replace(PLAIN, title=dressed(PLAIN.title)[how], text=dressed(PLAIN.text)[how])
    plain, found = judges.judge([PLAIN, odd])
    assert found.score == plain.score and found.verdict is plain.verdict and found.is_flagged
    assert [p.canonical for p in found.extraction.parties] == [p.canonical for p in plain.extraction.parties]
    for party in found.extraction.parties:
        for evidence in party.evidence:
            # Every quote stands verbatim in the text as given, look-alikes and all.
            assert getattr(odd, evidence.field.value)[evidence.start : evidence.end] == evidence.quote


@pytest.mark.parametrize(
    "text", ["Путин заявил", "Αθήνα", "café in Zürich", "“quoted” – and dashed…", "١٢٣ شركة", "北朝鮮"]
)
def test_words_of_other_scripts_and_marks_stay_as_they_are(text: str) -> None:
    assert normal(text).text == text


ODD = st.text(
    alphabet=st.one_of(
        st.sampled_from("abcK оеАΝο\u0301\u200b\u00ad\u202e\x00ＡｂＣ𝐀𝐛ﬁ①.,é-"), st.characters(codec=None)
    ),
    max_size=60,
)


@given(ODD)
def test_the_plain_form_is_stable_and_leads_back(given_text: str) -> None:
    form = normal(given_text)
    assert normal(form.text).text == form.text
    start, end = form.span(0, len(form.text))
    assert 0 <= start <= end <= len(given_text)
    for at in range(len(form.text)):
        first, last = form.span(at, at + 1)
        assert 0 <= first < last <= len(given_text)
        # The stretch that a letter comes from has, in plain form, that letter in it.
        assert form.text[at] in normal(given_text[first:last]).text or form.origins is not None


@given(ODD, st.data())
def test_spans_follow_one_another_as_the_letters_do(given_text: str, data: st.DataObject) -> None:
    form = normal(given_text)
    if len(form.text) < 2:
        return
    cut = data.draw(st.integers(1, len(form.text) - 1))
    left, right = form.span(0, cut), form.span(cut, len(form.text))
    assert left[0] <= right[0] and left[1] <= right[1]
