"""How we know a story again: from the entry's own identity, never from its text, which outlets keep editing."""

import hashlib
import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from compliance.story import Entry

_TRACKING = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|yclid|_ga|_gl|ref|ref_src|ref_url|referrer|source|src|"
    r"cmpid|cmp|campaign|ocid|ncid|sr_share|smid|smtyp|at_\w+|ns_\w+|xtor|partner|feature|share|outputtype|amp)$",
    re.IGNORECASE,
)
_AMP_TAIL = re.compile(r"(?:/amp/?|\.amp(?:\.html)?)$", re.IGNORECASE)
# A deeper nest of twins than this is nobody's address.
_MOST_LAYERS = 100
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


def _canonical(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
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
