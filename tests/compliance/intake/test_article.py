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


LIE = "Pyongyang shipped shells."
HIDDEN = (
    f'<div style="display: none">{LIE}</div>',
    f'<span style="visibility:hidden">{LIE}</span>',
    f"<p hidden>{LIE}</p>",
    f'<p aria-hidden=" TRUE ">{LIE}</p>',
    f'<p style="font-size:0px">{LIE}</p>',
    f'<p style="font-size:.01em">{LIE}</p>',
    f'<p style="font: 0/0 a">{LIE}</p>',
    f'<p style="opacity:0.0">{LIE}</p>',
    f'<p style="color: transparent">{LIE}</p>',
    f'<p style="color:rgba(0, 0, 0, 0)">{LIE}</p>',
    f'<p style="position:absolute;left:-9999px">{LIE}</p>',
    f'<p style="text-indent:-9999em">{LIE}</p>',
    f'<p style="height:0;overflow:hidden">{LIE}</p>',
    f'<p style="position:absolute;clip:rect(0,0,0,0)">{LIE}</p>',
    f'<p style="transform: scale(0)">{LIE}</p>',
    f'<p style="DISPLAY:/* x */none !important">{LIE}</p>',
    f'<p style="d\\69 splay:none">{LIE}</p>',
    f'<p style="display:block;display:none">{LIE}</p>',
    f'<p style="color:#fff">{LIE}</p>',
    f'<p><font color="WHITE">{LIE}</font></p>',
    f'<div style="background:#000"><p style="color:rgb(4, 4, 4)">{LIE}</p></div>',
    f'<table><tr><td bgcolor="#cc0000"><span style="color:#c00">{LIE}</span></td></tr></table>',
    f"<style>.x1, .x2 {{display:none}}</style><p class='a x2'>{LIE}</p>",
    f"<style>@media print {{.a {{display:none}}}} p#x3 {{font-size:0}}</style><p id='x3'>{LIE}</p>",
    f"<template><p>{LIE}</p></template>",
    f"<noscript><p>{LIE}</p></noscript>",
    f"<dialog><p>{LIE}</p></dialog>",
    f"<video><p>{LIE}</p></video>",
    f'<iframe srcdoc="{LIE}"></iframe>',
)


@pytest.mark.parametrize("part", HIDDEN)
def test_what_a_reader_does_not_see_is_not_judged(part: str) -> None:
    told = "".join(f"<p>{PARAGRAPH}{i}</p>{part if i == 4 else ''}" for i in range(8))
    found = read_page(page(told))
    assert "Pyongyang" not in found.text and found.text.count("Inspectors in the port") == 8
    assert any("hidden" in note for note in found.notes)


SHOWN = (
    f'<p style="color:#fff;background:#123">{LIE}</p>',
    f'<div style="background:url(dark.png)"><p style="color:white">{LIE}</p></div>',
    f'<div style="color:#fff"><p style="background-color:black">{LIE}</p></div>',
    f'<p style="font-size:0.9em;opacity:0.9;font:bold 12px/1.5 arial">{LIE}</p>',
    f'<p style="margin:0;height:0;text-indent:-1em">{LIE}</p>',
    f'<p style="color:inherit;background:none">{LIE}</p>',
    f'<p aria-hidden="false">{LIE}</p>',
    f"<style>.a {{display:none}} .a {{display:block}} .b .c {{display:none}}</style><p class='a c'>{LIE}</p>",
    f"<style>@media print {{.a {{display:none}}}} article {{display:none}}</style><p class='a'>{LIE}</p>",
)


@pytest.mark.parametrize("part", SHOWN)
def test_what_a_reader_does_see_is_kept(part: str) -> None:
    told = "".join(f"<p>{PARAGRAPH}{i}</p>{part if i == 4 else ''}" for i in range(8))
    assert "Pyongyang shipped" in read_page(page(told)).text


def test_a_page_that_hides_all_of_itself_until_a_script_runs_is_read() -> None:
    told = "".join(f"<p>{PARAGRAPH}{i}</p>" for i in range(8))
    hiding = "<style>.js-wait {opacity: 0}</style>"
    body = f"<body class='js-wait' hidden>{hiding}<article class='js-wait'>{told}</article></body>"
    html = f"<html class='js-wait'>{body}</html>"
    document = FeedDocument("https://n.example/1", "https://n.example/1", 200, html.encode(), "d", NOW, "text/html")
    assert read_page(document).text.count("Inspectors in the port") == 8


def test_an_article_that_declares_itself_closed_is_a_paywall() -> None:
    closed = '<script type="application/ld+json">{"isAccessibleForFree": false}</script>'
    assert read_page(page(f"{closed}<p>{PARAGRAPH * 4}</p>")).quality is TextQuality.PAYWALL


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
