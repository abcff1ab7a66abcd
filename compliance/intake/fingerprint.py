"""How we know a story again: from the entry's own identity, never from its text, which outlets keep editing."""

import hashlib
import re
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from compliance.intake.copies import is_copy
from compliance.story import Entry

_TRACKING = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|yclid|_ga|_gl|ref|ref_src|ref_url|referrer|source|src|"
    r"cmpid|cmp|campaign|ocid|ncid|sr_share|smid|smtyp|at_\w+|ns_\w+|xtor|partner|feature|share|outputtype|amp|amp_\w+|usqp)$",
    re.IGNORECASE,
)
_AMP_TAIL = re.compile(r"(?:/amp/?|\.amp(?:\.html)?)$", re.IGNORECASE)
_WORDS = re.compile(r"\w+")
# A deeper nest of twins than this is nobody's address.
_MOST_LAYERS = 100
_AMP_CACHE = re.compile(r"/[cvi]/(?:s/)?(?P<address>[^/]+\.[^/]+/.*)")
_AMP_VIEWER = re.compile(r"/amp/(?:s/)?(?P<address>[^/]+\.[^/]+/.*)")
_GOOGLE = re.compile(r"^(?:www\.|news\.)?google\.[a-z.]{2,6}$")
_MOBILE = re.compile(r"^(?:m|mobile|amp)\.(?=[^.]+\.[^.]+)")


def fingerprint(feed_id: str, entry: Entry) -> str:
    """Return the story's identity as hex SHA-256: its guid within the feed, else its canonical URL, else its title.

    A guid that several entries of a feed share is no identity by itself, so the link is taken in with it unless
    the guid is the link.
    """
    link = canonical_url(entry.link) if entry.link else ""
    if entry.guid and entry.guid != entry.link and not entry.guid.lower().startswith(("http://", "https://")):
        parts = ("guid", feed_id, entry.guid, link)
    elif entry.guid and entry.link is None:
        parts = ("guid", feed_id, entry.guid, "")
    elif link:
        parts = ("url", link, "", "")
    else:
        parts = ("text", feed_id, " ".join(entry.title.lower().split()), entry.guid or "")
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()


def titled_fingerprint(print_: str, entry: Entry) -> str:
    """Return the identity of a story whose guid or address others have too: told apart by the title."""
    parts = ("titled", print_, " ".join(entry.title.lower().split()))
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()


def is_firm(entry: Entry) -> bool:
    """True where guid and address together name one article, whatever becomes of its words."""
    return bool(entry.link) and urlsplit(canonical_url(entry.link or "")).path not in ("", "/")


def aliases(feed_id: str, entry: Entry) -> tuple[str, ...]:
    """Return what the entry may be known by when its guid or its address has changed: SHA-256 of each."""
    found = []
    if entry.link and is_firm(entry):
        found.append(f"url\x1f{canonical_url(entry.link)}")
    if entry.guid:
        found.append(f"guid\x1f{feed_id}\x1f{entry.guid}")
    return tuple(hashlib.sha256(name.encode("utf-8", "replace")).hexdigest() for name in found)


def entry_digest(entry: Entry) -> str:
    """Return the SHA-256 of the words that the feed gives; another one tells that the outlet has changed them."""
    words = "\x1f".join(" ".join(part.split()) for part in (entry.title, entry.summary, entry.content))
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()


def tells_the_same(title: str, text: str, other_title: str, other_text: str) -> bool:
    """True where two texts under one guid or address are one article, changed: by the title, or most of the wording."""
    one, two = set(_WORDS.findall(title.lower())), set(_WORDS.findall(other_title.lower()))
    if one == two or (one and two and len(one & two) >= 0.6 * min(len(one), len(two))):
        return True
    return is_copy(text, other_text)


@lru_cache(maxsize=4_096)
def canonical_url(url: str) -> str:
    """Return one spelling for the addresses of an article: https, no mobile or AMP twin, tracking or fragment.

    A canonical form does not change when it is made again: one twin's mark may hide another ("/amp/amp/").
    """
    once = _canonical(url)
    for _ in range(_MOST_LAYERS):
        again = _canonical(once)
        if again == once:
            break
        once = again
    return once


def _behind(url: str) -> str:
    """Return the article's own address where the given one is a copy in an AMP cache or a forwarding link."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    cached = _AMP_CACHE.match(parts.path) if host.endswith(".cdn.ampproject.org") else None
    cached = cached or (_AMP_VIEWER.match(parts.path) if _GOOGLE.match(host) else None)
    if cached:
        return f"https://{cached['address']}" + (f"?{parts.query}" if parts.query else "")
    if _GOOGLE.match(host) and parts.path == "/url":
        given = dict(parse_qsl(parts.query))
        target = given.get("url") or given.get("q") or ""
        return target if target.startswith(("http://", "https://")) else url
    return url


def _canonical(url: str) -> str:
    try:
        parts = urlsplit(_behind(url.strip()))
        port = parts.port
    except ValueError:
        return url.strip()
    host = (parts.hostname or "").rstrip(".").lower()
    host = _MOBILE.sub("", host).removeprefix("www.")
    if port and port not in (80, 443):
        host = f"{host}:{port}"
    path = _AMP_TAIL.sub("", parts.path).rstrip("/") or "/"
    kept = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k)]
    return urlunsplit(("https", host, path, urlencode(sorted(kept)), ""))
