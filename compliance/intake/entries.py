"""What every form of feed comes to: entries with safe text, web links only, and dates that were stated. Pure."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

from compliance.intake.text import mended, one_line, text_of_html
from compliance.story import Entry, FeedState

MAX_ENTRIES = 10_000
_MAX_TEXT = 200_000
_MAX_LINK = 2_048
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_HALF = re.compile("[\ud800-\udfff]")
_NUMBERS = re.compile(r"\d+")
_ORDINAL = re.compile(r"\d{4}-?\d{3}(?:\D|$)")
_MONTH = re.compile(r"(?<![a-z])(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
_OTHER_LETTERS = re.compile(r"[^\W\d_a-zA-Z]")


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What a document turned out to be.

    ``warnings`` say what was mended or left out; ``broken`` entries could not be read. ``is_cut`` is true
    where the document breaks off.
    """

    state: FeedState
    reason: str
    entries: tuple[Entry, ...] = ()
    title: str = ""
    warnings: tuple[str, ...] = ()
    broken: int = 0
    is_cut: bool = False


def read_entry(
    *,
    title: str,
    link: str,
    base: str,
    guid: str,
    summary: str,
    content: str,
    published: datetime | None,
    author: str,
) -> Entry:
    """Return the entry whose parts these are, as the feed wrote them: text made safe, the link resolved or dropped."""
    return Entry(
        title=one_line(_whole(title, 5_000))[:1_000],
        link=web_link(_whole(link, 2 * _MAX_LINK), base),
        guid=one_line(_whole(guid, _MAX_TEXT))[:2_000] or None,
        summary=text_of_html(_whole(summary, _MAX_TEXT)),
        content=text_of_html(_whole(content, _MAX_TEXT)),
        published=published,
        author=one_line(_whole(author, 2_000))[:200] or None,
        notes=mended("".join((title[:5_000], summary[:_MAX_TEXT], content[:_MAX_TEXT]))),
    )


def _whole(text: str, limit: int) -> str:
    """Return the start of a text without half characters: the HTML cleaner takes none, and neither does a database."""
    return _HALF.sub("\ufffd", text[:limit])


def web_link(link: str, base: str) -> str | None:
    """Return the absolute http or https address a link stands for, or None where it is anything else."""
    link = "".join(c for c in link.strip() if c.isprintable() and not c.isspace())
    if not link or "\\" in link:
        return None
    try:
        absolute = urljoin(base, link)
        parts = urlsplit(absolute)
        usable = parts.scheme.lower() in ("http", "https") and parts.hostname and parts.username is None
        _ = parts.port
    except ValueError:
        return None
    return absolute if usable and len(absolute) <= _MAX_LINK else None


def stated(moment: datetime, written: str, now: datetime) -> datetime | None:
    """Return the moment in UTC where the text it was read from states that day, else None.

    Readers of dates fill in what is missing and carry over what is too much ("2026", "30 February"). A date counts
    only if year and day of the month, in some time zone, stand in the text, and it lies between 1990 and a day ahead.
    """
    try:
        moment = moment.astimezone(UTC)
        if not _EARLIEST <= moment <= now + timedelta(days=1):
            return None
    except (OverflowError, ValueError):
        return None
    days = (moment - timedelta(days=1), moment, moment + timedelta(days=1))
    return moment if any(_names_day(written, day) for day in days) else None


def _names_day(written: str, day: datetime) -> bool:
    if _ORDINAL.match(written.strip()):
        return re.sub(r"\D", "", written).startswith(f"{day:%Y%j}")
    if "W" in written.upper() and f"{day:%G}" in written and f"{day:%V}" in written:
        return True
    numbers = [n for n in _NUMBERS.findall(written) if len(n) <= 14]
    if any(n.startswith((f"{day:%Y%m%d}", f"{day:%y%m%d}")) for n in numbers if len(n) >= 6):
        return True
    return _names_parts(written, Counter(int(n) for n in numbers if len(n) <= 4), day)


def _names_parts(written: str, values: Counter[int], day: datetime) -> bool:
    """True where year, month and day each have a number of their own, or the month its name."""
    year = day.year if values[day.year] else day.year % 100
    months = {m.lower() for m in _MONTH.findall(written)}
    needed = Counter([year, day.day])
    if months:
        return f"{day:%b}".lower() in months and needed <= values
    # A month written in another alphabet is taken on trust.
    return (needed if _OTHER_LETTERS.search(written) else needed + Counter([day.month])) <= values
