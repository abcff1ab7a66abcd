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
