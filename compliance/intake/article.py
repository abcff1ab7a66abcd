"""The text of an article: from the feed's own entry, or from its page by trafilatura's extractor."""

import re
from dataclasses import dataclass
from typing import Any

import trafilatura
from lxml.etree import LxmlError

from compliance.intake.text import clean_text, mended
from compliance.story import Entry, FeedDocument, TextQuality

# The cost of extraction grows with the page, and an article page is rarely over 1 MB.
MAX_PAGE = 3_000_000
EXTRACTOR = f"trafilatura {trafilatura.__version__}"
_UNSEEN = frozenset({"template", "noscript", "iframe", "object", "embed"})
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])",
    re.IGNORECASE,
)
_NOT_FREE = re.compile(rb"isAccessibleForFree[\"']?\s*:\s*[\"']?false", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True)
class PageText:
    """The article of a page, how much of one it is, and what was mended or left out."""

    text: str
    quality: TextQuality
    notes: tuple[str, ...] = ()


def read_page(document: FeedDocument) -> PageText:
    """Return the article of a page. Menus, cookie and related texts, and what a reader cannot see are left out.

    A page that is no HTML, too large, or without an article gives an empty text marked as boilerplate.
    """
    kind = (document.content_type or "text/html").lower()
    if len(document.body) > MAX_PAGE or not ("html" in kind or "xml" in kind or "text" in kind):
        return PageText("", TextQuality.BOILERPLATE, ("the page is no article: wrong kind or too large",))
    try:
        raw, hidden = _extracted(document)
    except (ValueError, TypeError, AttributeError, RecursionError, LxmlError):
        return PageText("", TextQuality.BOILERPLATE, ("the page broke the extractor",))
    text = clean_text(raw)
    quality = TextQuality.PAYWALL if _says_it_is_not_free(document.body) and len(text) < 2_000 else quality_of(text)
    return PageText(text, quality, (*mended(raw), *([f"{hidden} hidden parts left out"] if hidden else [])))


def _extracted(document: FeedDocument) -> tuple[str, int]:
    """Return the article as the extractor sees it, and how many hidden parts it was not shown."""
    tree = trafilatura.load_html(document.body)
    if tree is None:
        return "", 0
    hidden = _drop_hidden(tree)
    extracted = trafilatura.extract(
        tree,
        url=document.final_url,
        include_comments=False,
        include_tables=False,
        include_links=False,
        favor_precision=True,
        deduplicate=False,
    )
    return extracted or "", hidden


def _drop_hidden(tree: Any) -> int:
    """Take out of a page what its reader does not see; text that only a machine reads must not be judged."""
    found = [element for element in tree.iter() if isinstance(element.tag, str) and _is_hidden(element)]
    dropped = 0
    for element in found:
        parent = element.getparent()
        if parent is not None:
            tail, before = element.tail or "", element.getprevious()
            if before is not None:
                before.tail = (before.tail or "") + tail
            else:
                parent.text = (parent.text or "") + tail
            parent.remove(element)
            dropped += 1
    return dropped


def _is_hidden(element: Any) -> bool:
    if element.tag in _UNSEEN or element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN_STYLE.search(element.get("style") or ""))


def _says_it_is_not_free(body: bytes) -> bool:
    """True where the page itself declares that its article is for subscribers (schema.org)."""
    return _NOT_FREE.search(body) is not None


def quality_of(text: str) -> TextQuality:
    """Return whether a text is an article, the start of one, a paywall's notice or a page's boilerplate."""
    if not text:
        return TextQuality.BOILERPLATE
    if len(text) < 2_000 and _PAYWALL.search(text):
        return TextQuality.PAYWALL
    if len(text) < 600 and len(_BOILERPLATE.findall(text)) >= 2:
        return TextQuality.BOILERPLATE
    return TextQuality.TEASER if len(text) < _TEASER else TextQuality.FULL
