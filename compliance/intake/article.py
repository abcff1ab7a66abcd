"""The text of an article: from the feed's own entry, or from its page by trafilatura's extractor."""

import re
from dataclasses import dataclass

import trafilatura
from lxml.etree import LxmlError
from trafilatura.utils import decode_file

from compliance.intake.hidden import drop_hidden
from compliance.intake.text import clean_text, mended
from compliance.story import Entry, FeedDocument, TextQuality

# The cost of extraction grows with the page, and an article page is rarely over 1 MB.
MAX_PAGE = 3_000_000
# A long article with its menus has some thousand elements; memory and time grow with them, not with the bytes alone.
MAX_ELEMENTS = 50_000
_MOST_ATTRIBUTES = 1_000
_LONG_TAG = re.compile(r"<([a-zA-Z][\w:-]{0,30})\s[^<>]{5000,}")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
EXTRACTOR = f"trafilatura {trafilatura.__version__}"
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


class _TooWideError(ValueError):
    """A page of more elements than an article has."""


def extractor_of(document: FeedDocument) -> str | None:
    """Return what makes the text of a page, with its version, or None where the page is its own text."""
    return None if (document.content_type or "").lower().startswith("text/plain") else EXTRACTOR


def refused(document: FeedDocument) -> PageText | None:
    """Return the empty text of what can be no article, by its kind and size, or None where it is to be read."""
    kind = (document.content_type or "text/html").lower()
    if len(document.body) <= MAX_PAGE and ("html" in kind or "xml" in kind or "text" in kind):
        return None
    return PageText("", TextQuality.BOILERPLATE, ("the page is no article: wrong kind or too large",))


def read_page(document: FeedDocument) -> PageText:
    """Return the article of a page. Menus, cookie and related texts, and what a reader cannot see are left out.

    A page that is no HTML, too large, or without an article gives an empty text marked as boilerplate. What a hostile
    page may cost is not bounded here: `page_reader` reads it in a process with limits.
    """
    if (no_page := refused(document)) is not None:
        return no_page
    try:
        raw, hidden = _extracted(document)
    except _TooWideError as error:
        return PageText("", TextQuality.BOILERPLATE, (str(error),))
    except (ValueError, TypeError, AttributeError, RecursionError, LxmlError):
        return PageText("", TextQuality.BOILERPLATE, ("the page broke the extractor",))
    text = clean_text(raw)
    quality = TextQuality.PAYWALL if _says_it_is_not_free(document.body) and len(text) < 2_000 else quality_of(text)
    left_out = f"{hidden} hidden part{'s' if hidden > 1 else ''} left out"
    return PageText(text, quality, (*mended(raw), *([left_out] if hidden else [])))


def _extracted(document: FeedDocument) -> tuple[str, int]:
    """Return the article as the extractor sees it, and how many hidden parts it was not shown."""
    tree = trafilatura.load_html(_LONG_TAG.sub(_without_attributes, _decoded(document)))
    if tree is None:
        return "", 0
    if sum(1 for _ in tree.iter()) > MAX_ELEMENTS:
        raise _TooWideError(f"the page is no article: more than {MAX_ELEMENTS:,} elements")
    hidden = drop_hidden(tree)
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


def _decoded(document: FeedDocument) -> str:
    """Return the page as text: by the charset that HTTP gives where the bytes are of that charset, else as detected."""
    named = _CHARSET.search(document.content_type or "")
    is_wide = b"\x00" in document.body[:400]
    # Nearly any bytes can be read as UTF-16, into nonsense.
    if named and is_wide == named[1].lower().startswith(("utf-16", "utf-32", "ucs")):
        try:
            return document.body.decode(named[1])
        except (LookupError, UnicodeError):
            pass
    return str(decode_file(document.body))


def _without_attributes(tag: re.Match[str]) -> str:
    # The parser compares each attribute with all before it: 50,000 of them would take half a minute.
    return f"<{tag[1]} " if len(tag[0].split()) > _MOST_ATTRIBUTES else tag[0]


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
