"""The sample feeds are what they say: counts, identities, dates, and an answer key that fits."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
import yaml

from compliance.intake.catalog import load_catalog
from compliance.intake.fetcher import FetchPolicy, fetch_feed
from compliance.intake.parser import parse_feed
from compliance.sample_server import serve_samples
from compliance.story import Entry, FeedState

FOLDER = Path(__file__).parent.parent / "config" / "sample"
EXPECTED = yaml.safe_load((FOLDER / "expected.yml").read_text(encoding="utf-8"))
NOW = datetime(2026, 11, 23, 23, tzinfo=UTC)
POLICY = FetchPolicy("tests", allow_private=True)


@pytest.fixture(scope="module")
def entries() -> dict[str, list[Entry]]:
    with serve_samples(FOLDER) as base:
        found: dict[str, list[Entry]] = {}
        for feed in load_catalog(FOLDER / "feeds.yml", base):
            outcome = fetch_feed(feed, POLICY)
            assert outcome.document is not None, feed.id
            parsed = parse_feed(outcome.document, now=NOW)
            expected = {"broken": FeedState.PARSE_ERROR, "quiet": FeedState.EMPTY}.get(feed.id, FeedState.OK)
            assert parsed.state is expected, (feed.id, parsed.reason)
            found[feed.id] = list(parsed.entries)
        return found


def test_the_feeds_carry_an_ordinary_week(entries: dict[str, list[Entry]]) -> None:
    told = [e for feed in entries.values() for e in feed]
    assert len(told) >= 110
    assert len({e.guid for e in told}) == len(told) == len(EXPECTED)
    assert {e.guid for e in told} == set(EXPECTED)
    assert all(e.title and e.link and e.published for e in told)
    assert all(datetime(2026, 11, 16, tzinfo=UTC) <= e.published <= NOW for e in told if e.published)


def test_the_breaches_cover_many_regimes_and_some_acts_are_told_twice() -> None:
    breaches = [row for row in EXPECTED.values() if row["label"] == "breach"]
    acts = [row["act"] for row in breaches]
    assert len(breaches) >= 20
    assert len({regime for row in breaches for regime in row["regimes"]}) >= 10
    assert len(acts) - len(set(acts)) >= 3
    assert sum(row["label"] == "near_miss" for row in EXPECTED.values()) >= 15


def test_one_feed_knows_its_etag_and_one_fails_at_first() -> None:
    routes = yaml.safe_load((FOLDER / "server.yml").read_text(encoding="utf-8"))["routes"]
    tagged = next(route["path"] for route in routes if route.get("etag"))
    failing = next(route["path"] for route in routes if route.get("fail_first"))
    with serve_samples(FOLDER) as base:
        first = requests.get(base + tagged, timeout=5)
        again = requests.get(base + tagged, headers={"If-None-Match": first.headers["ETag"]}, timeout=5)
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert [requests.get(base + failing, timeout=5).status_code for _ in range(2)] == [500, 200]


@pytest.mark.parametrize("path", ["/articles/../feeds.yml", "/articles/%2e%2e/server.yml", "/feeds.yml", "/etc/passwd"])
def test_the_server_gives_nothing_beside_feeds_and_articles(path: str) -> None:
    with serve_samples(FOLDER) as base:
        session = requests.Session()
        request = requests.Request("GET", base).prepare()
        request.url = base + path
        assert session.send(request, timeout=5).status_code == 404
