from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compliance.intake.fingerprint import canonical_url, fingerprint
from compliance.story import Entry

ENTRY = Entry("Shells shipped", "https://news.example/a/1", "tag:news.example,2026:1", "s", "", None)


def test_an_edited_text_title_or_date_is_the_same_story() -> None:
    edited = replace(ENTRY, title="Shells shipped, say inspectors", summary="other", content="more")
    assert fingerprint("f", edited) == fingerprint("f", ENTRY)


def test_different_entries_that_share_a_guid_stay_apart() -> None:
    assert fingerprint("f", replace(ENTRY, link="https://news.example/a/2")) != fingerprint("f", ENTRY)


def test_the_same_article_in_two_feeds_of_one_outlet_is_one_story() -> None:
    by_link = replace(ENTRY, guid="https://news.example/a/1")
    assert fingerprint("world", by_link) == fingerprint("asia", replace(by_link, guid=None))


def test_entries_without_guid_and_link_go_by_their_title() -> None:
    bare = replace(ENTRY, guid=None, link=None)
    assert fingerprint("f", bare) == fingerprint("f", replace(bare, title="SHELLS  shipped"))
    assert fingerprint("f", bare) != fingerprint("f", replace(bare, title="Rain"))
    assert fingerprint("f", bare) != fingerprint("g", bare)


@pytest.mark.parametrize(
    "url",
    [
        "http://news.example/a/1",
        "https://www.news.example/a/1/",
        "https://m.news.example/a/1",
        "https://news.example:443/a/1#top",
        "https://NEWS.example/a/1?utm_source=rss&utm_medium=x&fbclid=1",
        "https://news.example/a/1/amp/",
        "https://news.example/a/1.amp.html",
    ],
)
def test_the_many_addresses_of_an_article_are_one(url: str) -> None:
    assert canonical_url(url) == "https://news.example/a/1"


def test_parameters_that_choose_the_article_are_kept_in_one_order() -> None:
    assert canonical_url("https://x.example/r?id=7&b=2") == canonical_url("https://x.example/r?b=2&id=7")
    assert canonical_url("https://x.example/r?id=7") != canonical_url("https://x.example/r?id=8")


@given(st.one_of(st.text(max_size=80), st.text(alphabet="/amp.w m?=&#%;:@[]%2f", max_size=40)))
@example("/")
@example("/amp/amp/")
@example(" #")
def test_any_text_has_a_canonical_form_that_stays(text: str) -> None:
    once = canonical_url("http://x.example/" + text)
    assert canonical_url(once) == once
