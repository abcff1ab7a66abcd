"""What travels from a feed to a judgement: Feed, FeedDocument, Entry, Story. Plain frozen values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class FeedState(StrEnum):
    """How the last fetch of a feed ended. The list is closed."""

    OK = "ok"
    EMPTY = "empty"
    UNCHANGED = "unchanged"
    NOT_A_FEED = "not_a_feed"
    PARSE_ERROR = "parse_error"
    HTTP_ERROR = "http_error"
    BLOCKED = "blocked"
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    DNS = "dns"
    TLS = "tls"
    CONNECTION = "connection"
    REDIRECT = "redirect"
    BAD_URL = "bad_url"

    @property
    def is_healthy(self) -> bool:
        """True where the feed answered as a feed should."""
        return self in (FeedState.OK, FeedState.EMPTY, FeedState.UNCHANGED)


class TextQuality(StrEnum):
    """How much of the article the story's text holds."""

    FULL = "full"
    TEASER = "teaser"
    PAYWALL = "paywall"
    BOILERPLATE = "boilerplate"


@dataclass(frozen=True, slots=True)
class Feed:
    """A source we poll, as the catalogue declares it.

    ``tier`` is 1 for sources every regime needs, 3 for those that add little; ``licence`` notes what may be done with
    the text. An entry is kept where it holds one of ``include`` (any, where that is empty) and none of ``exclude``.
    """

    id: str
    url: str
    title: str
    language: str = "en"
    country: str | None = None
    outlet: str = "daily"
    region: str = "world"
    regimes: tuple[str, ...] = ()
    tier: int = 2
    licence: str = ""
    full_text: bool = False
    user_agent: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """Bytes as received from a feed or page, with what the server said about them."""

    url: str
    final_url: str
    status: int
    body: bytes
    digest: str
    fetched_at: datetime
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """How one fetch ended. ``document`` is there only for states ``ok`` and ``empty`` of a whole body.

    ``retry_after`` is in seconds. ``moved_to`` is where permanent redirects alone led to (301 and 308).
    """

    state: FeedState
    reason: str
    document: FeedDocument | None = None
    status: int | None = None
    attempts: int = 1
    retry_after: float | None = None
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as the feed gave it, text already made safe; ``published`` is UTC and aware, or unknown."""

    title: str
    link: str | None
    guid: str | None
    summary: str
    content: str
    published: datetime | None
    author: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """One article, ready to judge."""

    id: str
    title: str
    text: str
    published: datetime | None = None
    url: str | None = None
    publisher: str | None = None
    feed_id: str | None = None
    fingerprint: str = ""
    quality: TextQuality = TextQuality.FULL
    version: int = 1
    entry_digest: str | None = None
    extractor: str | None = None
    notes: tuple[str, ...] = ()
