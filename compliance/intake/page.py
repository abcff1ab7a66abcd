"""A saved or fetched page → Entry: its title, its own address and its date, where it states them. Pure."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser

from compliance.intake.article import MAX_PAGE, PageText
from compliance.intake.entries import stated, web_link
from compliance.intake.text import clean_text, one_line
from compliance.story import Entry, FeedDocument

_HEAD = 400_000
_TITLES = ("og:title", "twitter:title", "title", "h1")
_DATES = ("article:published_time", "og:published_time", "datepublished", "dc.date.issued", "dc.date")


class _Head(HTMLParser):
    """Collects what a page says about itself: meta elements, canonical link, title and first heading."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: dict[str, str] = {}
        self._open: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "meta":
            name = given.get("property") or given.get("name") or given.get("itemprop") or ""
            self.said.setdefault(name.lower()[:60], given.get("content", "")[:2_048])
        elif tag == "link" and "canonical" in given.get("rel", "").lower().split():
            self.said.setdefault("canonical", given.get("href", ""))
        elif tag in ("title", "h1") and tag not in self.said:
            self.said[tag], self._open = "", tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open and len(self.said[self._open]) < 2_000:
            self.said[self._open] += data


def page_entry(
    document: FeedDocument,
    name: str,
    read: Callable[[FeedDocument], PageText],
    *,
    now: datetime,
    link: str | None = None,
) -> Entry:
    """Return the entry a page stands for, its article as ``read`` gives it.

    ``name`` is its identity where it states no address, and its last title.
    The date is what the page's own metadata states between 1990 and a day from ``now``, else unknown.
    """
    if _is_plain_text(document):
        return _plain_entry(document, name, link)
    said = _said(document.body[:_HEAD])
    address = link or web_link(said.get("canonical") or said.get("og:url") or "", "")
    found = read(document)
    title = next((one_line(said[key]) for key in _TITLES if said.get(key, "").strip()), "")
    return Entry(
        title=(title or name)[:1_000],
        link=address,
        guid=None if address else name,
        summary="",
        content=found.text,
        published=_date(said, now),
        author=one_line(said.get("author", ""))[:200] or None,
        notes=found.notes,
    )


def saved_document(name: str, body: bytes, now: datetime) -> FeedDocument:
    """Return the bytes of a saved page as a document received now."""
    kind = "text/plain" if name.lower().endswith(".txt") else "text/html"
    digest = hashlib.sha256(body).hexdigest()
    return FeedDocument(f"file:{name}", f"file:{name}", 200, body, digest, now, kind)


def _is_plain_text(document: FeedDocument) -> bool:
    return (document.content_type or "").lower().startswith("text/plain")


def _plain_entry(document: FeedDocument, name: str, link: str | None) -> Entry:
    text = clean_text(document.body[:MAX_PAGE].decode("utf-8-sig", "replace"))
    title, _, rest = text.partition("\n")
    return Entry((title.strip() or name)[:1_000], link, None if link else name, "", rest.strip(), None)


def _said(head: bytes) -> dict[str, str]:
    reader = _Head()
    try:
        reader.feed(head.decode("utf-8-sig", "replace"))
    except (AssertionError, ValueError):
        # The standard library's parser gives up on some broken declarations; what it had read still holds.
        return reader.said
    return reader.said


def _date(said: dict[str, str], now: datetime) -> datetime | None:
    for key in _DATES:
        try:
            moment = datetime.fromisoformat(said.get(key, "").strip())
        except ValueError:
            continue
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        if (found := stated(moment, said[key], now)) is not None:
            return found
    return None
