import hashlib
import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.intake.parser import MAX_ENTRIES, ParsedFeed, parse_feed
from compliance.story import FeedDocument, FeedState
from tests.factories import NOW


def document(body: bytes, content_type: str | None = "application/rss+xml") -> FeedDocument:
    digest = hashlib.sha256(body).hexdigest()
    url = "https://news.example/world/rss.xml"
    return FeedDocument(url, url, 200, body, digest, NOW, content_type)


def parse(body: bytes | str, content_type: str | None = "application/rss+xml") -> ParsedFeed:
    return parse_feed(document(body.encode() if isinstance(body, str) else body, content_type), now=NOW)


def rss(items: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>World</title>{items}</channel></rss>'


def item(title: str = "Shells shipped", date: str = "Fri, 20 Nov 2026 01:00:00 GMT", extra: str = "") -> str:
    return f"<item><title>{title}</title><pubDate>{date}</pubDate><link>/a/1</link>{extra}</item>"


def test_an_entry_is_read_whole() -> None:
    found = parse(
        rss(
            item(
                extra="<guid isPermaLink='false'>g1</guid>"
                "<description>&lt;p&gt;One&lt;/p&gt;Two &amp;amp; three</description>"
            )
        )
    )
    assert found.state is FeedState.OK
    entry = found.entries[0]
    assert (entry.title, entry.guid, entry.link) == ("Shells shipped", "g1", "https://news.example/a/1")
    assert entry.published == datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert entry.summary.split() == ["One", "Two", "&", "three"]


def test_an_atom_entry_is_read_with_its_content() -> None:
    found = parse(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><id>tag:x,1</id><title type="html">'
        "A &amp;lt;b&amp;gt; c</title><updated>2026-11-19T10:00:00+02:00</updated>"
        '<link href="https://x.example/1"/><content type="html">&lt;p&gt;Long&lt;/p&gt;</content></entry></feed>'
    )
    assert found.entries[0].content == "Long"
    assert found.entries[0].published == datetime(2026, 11, 19, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (rss(""), FeedState.EMPTY),
        ('<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title></feed>', FeedState.EMPTY),
        ("", FeedState.NOT_A_FEED),
        ("   \n", FeedState.NOT_A_FEED),
        ("<!doctype html><html><head><title>Sign in</title></head><body>x</body></html>", FeedState.NOT_A_FEED),
        ("<html><body><form action='/login'></form></body></html>", FeedState.NOT_A_FEED),
        ('{"error": "forbidden"}', FeedState.NOT_A_FEED),
        ("%PDF-1.7 nothing", FeedState.NOT_A_FEED),
        ("plain words", FeedState.NOT_A_FEED),
        ('<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></urlset>', FeedState.NOT_A_FEED),
        ('<?xml version="1.0"?><rss version="2.0"><channel><title>Cut he', FeedState.PARSE_ERROR),
    ],
)
def test_what_is_no_feed_is_told_from_an_empty_one(body: str, state: FeedState) -> None:
    found = parse(body)
    assert found.state is state, found
    assert found.state is FeedState.OK or found.reason


def test_a_feed_that_breaks_off_gives_the_entries_before_the_break() -> None:
    found = parse(rss(item("One") + item("Two"))[:-60])
    assert found.state is FeedState.OK and found.warnings
    assert [e.title for e in found.entries][:1] == ["One"]


WRONG = [
    "30 Feb 2026", "Fri, 30 Feb 2026 10:00:00 GMT", "2026-02-30", "2026-02-30T10:00:00Z", "Fri, 99 Nov 2026",
    "2026-13-01", "0000-00-00", "0000-00-00T00:00:00Z", "Mon, 01 Jan 0000 00:00:00 GMT", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "Mon, 01 Jan 9999 00:00:00 GMT", "1970-01-01", "Thu, 01 Jan 1970 00:00:00 GMT", "",
    "   ", "tomorrow", "now", "n/a", "-", "2030-01-01T00:00:00Z", "Mon, 20 Nov 2028 00:00:00 GMT", "2026",
    "2026-11", "Nov 2026", "November", "10:00:00", "20261399", "1732060800", "20/13/2026",
    "Fri, 20 Nov 2026 01:00:00 +99999",
]  # fmt: skip


@pytest.mark.parametrize("date", WRONG, ids=repr)
def test_a_date_is_never_invented(date: str) -> None:
    (entry,) = parse(rss(item(date=date))).entries
    assert entry.published is None or (date.startswith("Fri, 20") and entry.published.date() == NOW.date())


@pytest.mark.parametrize(
    ("date", "hour"),
    [
        ("Fri, 20 Nov 2026 01:00:00 GMT", 1),
        ("Fri, 20 Nov 26 01:00:00 GMT", 1),
        ("20 Nov 2026 01:00 +0000", 1),
        ("2026-11-20T01:00:00Z", 1),
        ("2026-11-20 01:00:00", 1),
        ("2026-11-20T03:30:00+02:30", 1),
        ("Thu, 19 Nov 2026 20:00:00 EST", 1),
        ("2026-11-20", 0),
        ("2026-324", 0),
    ],
)
def test_a_date_that_is_stated_is_read(date: str, hour: int) -> None:
    (entry,) = parse(rss(item(date=date))).entries
    assert entry.published == datetime(2026, 11, 20, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("declared", "link", "resolved"),
    [
        ("", "/a", "https://news.example/a"),
        ("", "a", "https://news.example/world/a"),
        ("", "//cdn.example/a", "https://cdn.example/a"),
        ("", "?p=1", "https://news.example/world/rss.xml?p=1"),
        ("", "http://x.example/a#b", "http://x.example/a#b"),
        ("", "  http://x.example/a\n", "http://x.example/a"),
        ("https://base.example/d/", "a", "https://base.example/d/a"),
        ("https://base.example/d/", "/a", "https://base.example/a"),
        ("/sub/", "a", "https://news.example/sub/a"),
        ("javascript:x", "a", "https://news.example/world/a"),
        ("file:///etc/", "passwd", None),
        ("https://u:p@base.example/", "a", None),
        ("https://base.example/", "javascript:alert(1)", None),
        ("", "https://x.example:99999999/", None),
        ("", "http://[::1", None),
        ("", "https://x.example/" + "a" * 3_000, None),
    ],
)
def test_a_link_is_resolved_on_the_declared_base_and_the_final_address(
    declared: str, link: str, resolved: str | None
) -> None:
    base = f' xml:base="{declared}"' if declared else ""
    found = parse(
        f'<feed xmlns="http://www.w3.org/2005/Atom"{base}><title>A</title><entry><title>t</title><id>1</id>'
        f'<link href="{link}"/></entry></feed>'
    )
    assert found.entries[0].link == resolved and (found.entries[0].guid or "").endswith("1")


TITLES = {
    "utf-8": "Żółć – Köln", "utf-8-sig": "Żółć – Köln", "utf-16": "Оружие", "utf-16-le": "Оружие",
    "utf-16-be": "Оружие", "utf-32": "무기", "iso-8859-1": "Zürich", "iso-8859-2": "Łódź", "windows-1252": "Zürich – €",
    "windows-1251": "Оружие", "koi8-r": "Оружие", "shift_jis": "武器輸出", "euc-jp": "武器輸出",
    "euc-kr": "무기 수출", "gb2312": "武器出口",
    "gb18030": "武器出口", "big5": "武器出口", "iso-8859-9": "İstanbul", "windows-1256": "سلاح", "iso-8859-8": "נשק",
}  # fmt: skip


@pytest.mark.parametrize("where", ["declaration", "header"])
@pytest.mark.parametrize("charset", TITLES)
def test_a_title_is_exact_in_whatever_charset_is_declared(charset: str, where: str) -> None:
    name = charset.removesuffix("-sig")
    head = f'<?xml version="1.0" encoding="{name}"?>' if where == "declaration" else ""
    text = head + rss(item(TITLES[charset]) + item("Two")).partition("?>")[2]
    kind = "application/xml" if where == "declaration" else f"application/xml; charset={name}"
    found = parse(text.encode(charset), kind)
    assert [e.title for e in found.entries] == [TITLES[charset], "Two"]


BROKEN = [b"a\xff\xfeb", b"a\xe2\x82b", b"\x80\x81", b"a\x00b", b"a\x1b[31mb", b"\xed\xa0\x80", b"&#0;", b"&#xD800;",
          b"&#x110000;",
          b"&#27;[2J", b"&#xd83d;&#xde00;", b"&#99999999999;", b"&#x;"]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN)
def test_broken_bytes_cost_a_character_and_no_item(broken: bytes) -> None:
    body = rss(item("R") + item("Two")).encode().replace(b">R<", b">" + broken + b"<")
    first, second = parse(body, "application/xml").entries
    assert second.title == "Two"
    for text in (first.title, first.summary):
        text.encode("utf-8")
        assert not any(c < " " or "\x7f" <= c <= "\x9f" for c in text)


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://x/y", "http://", "//", "http://u:p@x/",
     "vbscript:x", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "\\\\x\\y"],
)  # fmt: skip
def test_only_web_links_are_kept(link: str) -> None:
    found = parse(rss(f"<item><title>x</title><link><![CDATA[{link}]]></link></item>")).entries[0].link
    assert found is None or found.startswith(("https://news.example/", "http://x"))
    assert found is None or ":" not in found.removeprefix("https://").removeprefix("http://")


def test_markup_scripts_and_hidden_characters_become_plain_text() -> None:
    nasty = "<![CDATA[<b>A</b><script>alert(1)</script> \u202eB\u202c\u200b&#x202e; <img src=x onerror=y>C\x85D]]>"
    entry = parse(rss(f"<item><title>{nasty}</title><description>{nasty}</description></item>")).entries[0]
    for text in (entry.title, entry.summary):
        assert "<" not in text and "alert" not in text
        assert not any(c in text for c in "\u202e\u202c\u200b\x85")


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(12)
) + "]>"  # fmt: skip
EXTERNAL = '<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>'


@pytest.mark.parametrize(("doctype", "entity"), [(BOMB, "&m;"), (EXTERNAL, "&xxe;")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_never_expanded_and_neighbours_are_kept(doctype: str, entity: str, encoding: str) -> None:
    body = (
        f'<?xml version="1.0" encoding="{encoding}"?>'
        + doctype
        + rss(item("Good") + item(f"Bad {entity}")).partition("?>")[2]
    )
    started = time.monotonic()
    found = parse(body.encode(encoding), "application/xml")
    assert time.monotonic() - started < 5
    assert any(e.title == "Good" for e in found.entries)
    assert not any("root:" in e.title or len(e.title) > 100 for e in found.entries)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (
            rss(item("Zürich – Köln")).replace("?>", ' encoding="iso-8859-1"?>').replace("–", "-").encode("latin-1"),
            "text/xml",
        ),
        (rss(item("Zürich – Köln")).encode("utf-8"), "application/rss+xml; charset=utf-8"),
        (rss(item("Zürich – Köln")).replace("?>", ' encoding="windows-1252"?>').encode("cp1252"), None),
        (rss(item("Zürich – Köln")).encode("utf-16"), "application/xml"),
    ],
)
def test_the_declared_charset_is_read(body: bytes, content_type: str | None) -> None:
    assert parse(body, content_type).entries[0].title.replace("-", "–") == "Zürich – Köln"


def test_many_entries_are_capped_and_the_cap_is_told() -> None:
    found = parse(rss("".join(f"<item><title>t{i}</title></item>" for i in range(MAX_ENTRIES + 5))))
    assert len(found.entries) == MAX_ENTRIES
    assert any("only the first" in w for w in found.warnings)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_give_a_state_and_storable_text(body: bytes) -> None:
    found = parse(body)
    json.dumps([e.title + e.summary + e.content for e in found.entries]).encode()
    assert found.entries or found.reason


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200))
def test_any_title_and_summary_come_out_clean(title: str, summary: str) -> None:
    from html import escape

    body = rss(f"<item><title>{escape(title)}</title><description>{escape(summary)}</description></item>")
    for entry in parse(body.encode("utf-8", "surrogatepass")).entries:
        for text in (entry.title, entry.summary):
            text.encode("utf-8")
            assert "\x00" not in text and not any("\u202a" <= c <= "\u202e" for c in text)
