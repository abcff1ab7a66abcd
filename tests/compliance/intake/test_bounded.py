import hashlib

import pytest

from compliance.intake.bounded import is_heavy, parse_within_limits
from compliance.intake.parser import parse_feed
from compliance.story import FeedDocument, FeedState
from tests.factories import NOW


def document(body: str, kind: str = "application/rss+xml") -> FeedDocument:
    data = body.encode()
    url = "https://news.example/rss"
    return FeedDocument(url, url, 200, data, hashlib.sha256(data).hexdigest(), NOW, kind)


def rss(items: str) -> str:
    return f"<rss version='2.0'><channel><title>Zürich</title>{items}</channel></rss>"


def item(number: int) -> str:
    return (
        f"<item><title>Zürich {number} &amp;lt;b&gt;</title><guid>{number}</guid><link>/a/{number}?x=1</link>"
        f"<pubDate>Fri, 20 Nov 2026 01:00:00 GMT</pubDate><description>{'word ' * 100}</description></item>"
    )


def test_a_large_feed_is_read_in_a_process_of_its_own_with_the_same_result() -> None:
    large = document(rss("".join(item(n) for n in range(1_000))))
    assert len(large.body) > 600_000
    assert is_heavy(large.body)
    assert parse_within_limits(large, now=NOW) == parse_feed(large, now=NOW)


def test_a_small_feed_is_read_here() -> None:
    small = document(rss(item(1)))
    assert not is_heavy(small.body)
    assert parse_within_limits(small, now=NOW, seconds=0) == parse_feed(small, now=NOW)


@pytest.mark.parametrize(
    "body",
    [
        rss("<item " + " ".join(f"a{n}='x'" for n in range(60_000)) + "><title>t</title></item>"),
        rss("<a>" * 2_000_000),
    ],
    ids=["attributes", "depth"],
)
def test_what_takes_too_long_is_ended_and_told(body: str) -> None:
    found = parse_within_limits(document(body), now=NOW, seconds=2)
    assert found.state is FeedState.PARSE_ERROR and found.reason and found.entries == ()


def test_a_heavy_document_that_is_no_feed_is_told_as_such() -> None:
    page = document("<html><body>" + "<a href='x'>y</a>" * 6_000 + "</body></html>", "text/html")
    assert is_heavy(page.body)
    found = parse_within_limits(page, now=NOW)
    assert (found.state, found.reason) == (FeedState.NOT_A_FEED, "a web page, not a feed")


def test_the_process_is_given_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    seen: list[dict[str, str]] = []
    real = subprocess.run

    def noted(*args: object, **options: object) -> object:
        seen.append(options["env"])
        return real(*args, **options)

    monkeypatch.setattr(subprocess, "run", noted)
    monkeypatch.setenv("EMBARGOWATCH_WEBHOOK_SECRET", "whsec_secret")
    parse_within_limits(document(rss(item(1) * 1_000)), now=NOW)
    assert seen and not any("EMBARGOWATCH" in name for name in seen[0])
