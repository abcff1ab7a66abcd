"""The text of an article: from the feed's own entry, or from its page by trafilatura's extractor."""

import re

import trafilatura

from compliance.intake.text import clean_text
from compliance.story import Entry, FeedDocument, TextQuality

# The cost of extraction grows with the page, and an article page is rarely over 1 MB.
MAX_PAGE = 3_000_000
_TEASER = 350
_PAYWALL = re.compile(
    r"\b(?:subscribe(?:rs)? (?:now|to (?:read|continue|keep reading))|already a subscriber|to continue reading|"
    r"sign in to (?:read|continue)|this article is for subscribers|register to (?:read|continue))\b",
    re.IGNORECASE,
)
_BOILERPLATE = re.compile(
    r"\b(?:cookies?|privacy policy|terms of (?:use|service)|enable javascript|are you a robot|access denied)\b",
    re.IGNORECASE,
)


def story_text(entry: Entry) -> str:
    """Return the fuller of the entry's content and summary; the title alone stands in where both are empty."""
    return max(entry.content, entry.summary, key=len) or entry.title


def read_page(document: FeedDocument) -> tuple[str, TextQuality]:
    """Return the article text of a page and how much of an article it is. Menus, cookie and related texts are left out.

    A page that is no HTML, too large, or without an article gives an empty text marked as boilerplate.
    """
    kind = (document.content_type or "text/html").lower()
    if len(document.body) > MAX_PAGE or not ("html" in kind or "xml" in kind or "text" in kind):
        return "", TextQuality.BOILERPLATE
    try:
        extracted = trafilatura.extract(
            document.body,
            url=document.final_url,
            include_comments=False,
            include_tables=False,
            include_links=False,
            favor_precision=True,
            deduplicate=False,
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        extracted = None
    text = clean_text(extracted or "")
    return text, quality_of(text)


def quality_of(text: str) -> TextQuality:
    """Return whether a text is an article, the start of one, a paywall's notice or a page's boilerplate."""
    if not text:
        return TextQuality.BOILERPLATE
    if len(text) < 2_000 and _PAYWALL.search(text):
        return TextQuality.PAYWALL
    if len(text) < 600 and len(_BOILERPLATE.findall(text)) >= 2:
        return TextQuality.BOILERPLATE
    return TextQuality.TEASER if len(text) < _TEASER else TextQuality.FULL
