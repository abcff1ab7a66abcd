import subprocess
import sys

import pytest

from compliance.intake.article import quality_of, read_page, story_text
from compliance.story import Entry, FeedDocument, TextQuality
from tests.factories import NOW

PARAGRAPH = "Inspectors in the port counted forty crates on the quay, and two of them were opened before the press. "


def page(main: str, content_type: str = "text/html; charset=utf-8") -> FeedDocument:
    html = (
        "<html><head><title>t</title></head><body><nav><a href='/'>Home</a><a href='/w'>World</a></nav>"
        "<div class='cookie-banner'>We use cookies to improve your visit. Accept cookies.</div>"
        f"<article><h1>Crates opened</h1>{main}</article>"
        "<aside class='related'><h3>Related</h3><ul><li><a href='/x'>Pyongyang fires missile</a></li></ul></aside>"
        "<footer>Terms of use. Privacy policy.</footer></body></html>"
    )
    return FeedDocument("https://n.example/1", "https://n.example/1", 200, html.encode(), "d", NOW, content_type)


def test_the_article_is_read_without_menus_cookies_and_related_stories() -> None:
    found = read_page(page("".join(f"<p>{PARAGRAPH}{i}</p>" for i in range(8))))
    text = found.text
    assert found.quality is TextQuality.FULL
    assert text.count("Inspectors in the port") == 8
    for clutter in ("cookies", "Pyongyang", "Privacy policy", "Home"):
        assert clutter not in text


def test_a_notice_to_subscribe_is_no_article() -> None:
    found = read_page(
        page(f"<p>{PARAGRAPH}</p><p>Already a subscriber? Subscribe to continue reading this article.</p>")
    )
    assert found.quality is TextQuality.PAYWALL, found


def test_what_is_no_page_gives_nothing() -> None:
    found = read_page(page("", "application/pdf"))
    assert (found.text, found.quality) == ("", TextQuality.BOILERPLATE) and found.notes
    assert quality_of("") is TextQuality.BOILERPLATE
    assert quality_of("Short.") is TextQuality.TEASER


def test_the_fuller_of_content_and_summary_is_the_text() -> None:
    entry = Entry("Title", None, None, "short", "the longer content", None)
    assert story_text(entry) == "the longer content"
    assert story_text(Entry("Title", None, None, "", "", None)) == "Title"


HIDDEN = (
    '<div style="display: none">Pyongyang shipped shells.</div>',
    '<span style="visibility:hidden">Pyongyang shipped shells.</span>',
    "<p hidden>Pyongyang shipped shells.</p>",
    '<p aria-hidden="true">Pyongyang shipped shells.</p>',
    '<p style="font-size:0px">Pyongyang shipped shells.</p>',
    "<template><p>Pyongyang shipped shells.</p></template>",
    "<noscript><p>Pyongyang shipped shells.</p></noscript>",
    '<iframe srcdoc="Pyongyang shipped shells."></iframe>',
)


@pytest.mark.parametrize("part", HIDDEN)
def test_what_a_reader_does_not_see_is_not_judged(part: str) -> None:
    told = "".join(f"<p>{PARAGRAPH}{i}</p>{part if i == 4 else ''}" for i in range(8))
    found = read_page(page(told))
    assert "Pyongyang" not in found.text and found.text.count("Inspectors in the port") == 8
    assert any("hidden" in note for note in found.notes)


def test_an_article_that_declares_itself_closed_is_a_paywall() -> None:
    closed = '<script type="application/ld+json">{"isAccessibleForFree": false}</script>'
    assert read_page(page(f"{closed}<p>{PARAGRAPH * 4}</p>")).quality is TextQuality.PAYWALL


NASTY = {
    "deep": "<div>" * 5_000 + f"<p>{PARAGRAPH}</p>" + "</div>" * 5_000,
    "never closed": "<b>" * 100_000 + PARAGRAPH,
    "wide": "<p>" + "<span>a</span>" * 200_000,
    "breaks": "<p>" + "x<br>" * 300_000,
    "attributes": "<p " + " ".join(f"a{i}=1" for i in range(50_000)) + f">{PARAGRAPH}",
    "one word": "<p>" + "a" * 2_900_000,
    "comments": "<!--" * 400_000,
    "tables": "<table><tr><td>" * 4_000 + PARAGRAPH,
    "nul": "\x00" * 100_000 + PARAGRAPH,
    "frames": "<frameset>" + "<frame src=x>" * 60_000,
    "refresh": f"<meta http-equiv=refresh content='0;url=http://127.0.0.1/'><p>{PARAGRAPH * 6}</p>",
    "too large": "x" * 3_000_001,
}


@pytest.mark.parametrize("name", NASTY)
def test_no_page_takes_much_memory_or_raises(name: str) -> None:
    """In a process of its own, whose memory can be told from that of the tests."""
    script = (
        "import resource, sys; from tests.compliance.intake.test_article import NASTY, page, read_page, PARAGRAPH;"
        "read_page(page(PARAGRAPH * 9)); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "read_page(page(NASTY[sys.argv[1]]));"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", script, name], capture_output=True, text=True, timeout=30, check=True)
    assert int(done.stdout) < 256


@pytest.mark.parametrize(
    ("encoding", "content_type"),
    [
        ("iso-8859-1", "text/html; charset=iso-8859-1"),
        ("windows-1251", 'text/html; charset="windows-1251"'),
        ("utf-8", "text/html; charset=iso-2022-kr-nonsense"),
        ("utf-8", "text/html; charset=utf-16"),
        ("utf-8", "text/html"),
    ],
)
def test_a_page_is_read_in_the_charset_that_it_is_in(encoding: str, content_type: str) -> None:
    word = "Владивосток" if encoding == "windows-1251" else "Zürich"
    told = "".join(f"<p>{PARAGRAPH}{word} {n}</p>" for n in range(6))
    body = f"<html><body><article>{told}</article></body></html>".encode(encoding)
    document = FeedDocument("https://n.example/1", "https://n.example/1", 200, body, "d", NOW, content_type)
    assert read_page(document).text.count(word) == 6
