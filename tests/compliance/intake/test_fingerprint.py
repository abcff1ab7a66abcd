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
        "https://news.example/a/1?amp=1",
        "https://amp.news.example/a/1",
        "https://news-example.cdn.ampproject.org/c/s/news.example/a/1",
        "https://news-example.cdn.ampproject.org/v/s/m.news.example/a/1/amp?amp_js_v=0.1&usqp=mq331",
        "https://www.google.com/amp/s/news.example/a/1",
        "https://www.google.com/url?q=https%3A%2F%2Fnews.example%2Fa%2F1&sa=t",
        "HTTPS://www.news.example./a/1?ref=home&utm_campaign=x",
    ],
)
def test_the_many_addresses_of_an_article_are_one(url: str) -> None:
    assert canonical_url(url) == "https://news.example/a/1"


def test_parameters_that_choose_the_article_are_kept_in_one_order() -> None:
    assert canonical_url("https://x.example/r?id=7&b=2") == canonical_url("https://x.example/r?b=2&id=7")
    assert canonical_url("https://x.example/r?id=7") != canonical_url("https://x.example/r?id=8")


URLS = st.builds(
    lambda scheme, host, path, query, tail: f"{scheme}://{host}/{path}{query}{tail}",
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(["news.example", "www.News.example", "m.news.example:443", "amp.x.example", "x.cdn.ampproject.org",
                     "www.google.com", "[::1]", "bücher.example", "news.example:8080", "", "news.example."]),
    st.text(alphabet="abc/.-_%2f~ é", max_size=24),
    st.sampled_from(["", "?", "?id=7&utm_source=x", "?b=2&a=1&a=0", "?q=https%3A%2F%2Fx.example%2Fa", "?amp",
                     "?%zz=&=&"]),
    st.sampled_from(["", "#top", "/amp", "/amp/", ".amp", "?outputType=amp"]),
)  # fmt: skip


@given(URLS)
@example("https://www.google.com/url?q=https://www.google.com/url?q=https://x.example/a")
def test_a_canonical_address_stays_is_https_and_carries_no_tracking(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once
    assert once.startswith("https://") or once == url.strip()
    assert "utm_" not in once and "#" not in once.partition("?")[0]


@given(st.text(alphabet="abcdefgh-", min_size=1, max_size=12), st.text(alphabet="abcdefgh-", min_size=1, max_size=12))
def test_two_articles_are_never_given_one_address(one: str, other: str) -> None:
    addresses = {canonical_url(f"https://news.example/2026/{slug}.html?id=7") for slug in (one, other)}
    assert len(addresses) == len({one, other})


@given(st.one_of(st.text(max_size=80), st.text(alphabet="/amp.w m?=&#%;:@[]%2f", max_size=40)))
@example("/")
@example("/amp/amp/")
@example(" #")
def test_any_text_has_a_canonical_form_that_stays(text: str) -> None:
    once = canonical_url("http://x.example/" + text)
    assert canonical_url(once) == once
