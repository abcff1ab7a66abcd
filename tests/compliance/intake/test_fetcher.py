import gzip
import time
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest

from compliance.intake.fetcher import FetchPolicy, fetch, post, retry_after
from compliance.story import FeedState
from tests.compliance.intake.hostile import Answer, Hostile, drip, hostile, raw, reply

POLICY = FetchPolicy("tests", connect_timeout=2, read_timeout=1, deadline=3, max_bytes=1_000_000, allow_private=True)
OK_HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
RSS = b"<rss version='2.0'><channel><title>x</title></channel></rss>"


def bomb(layers: int = 1) -> bytes:
    packed = b"\0" * 40_000_000
    for _ in range(layers):
        packed = gzip.compress(packed)
    return packed


def to(place: str, status: str = "302 Found") -> Answer:
    return reply(b"", status, f"Location: {place}\r\n")


ROUTES = {
    "/ok": reply(RSS, headers='Content-Type: application/rss+xml\r\nETag: "v1"\r\nSet-Cookie: a=b\r\n'),
    "/gzip": reply(gzip.compress(RSS), headers="Content-Encoding: gzip\r\n"),
    "/deflate": reply(zlib.compress(RSS), headers="Content-Encoding: deflate\r\n"),
    "/raw-deflate": reply(zlib.compress(RSS, wbits=-15), headers="Content-Encoding: deflate\r\n"),
    "/304": reply(b"", "304 Not Modified"),
    "/403": reply(b"no", "403 Forbidden"),
    "/404": reply(b"no", "404 Not Found"),
    "/429": reply(b"no", "429 Too Many Requests", "Retry-After: 120\r\n"),
    "/500": reply(b"no", "500 Oops"),
    "/big": reply(b"x" * 1_100_000),
    "/endless": drip(OK_HEAD + b"\r\n", b"x" * 60_000, 0.001, 8),
    "/slow-body": drip(OK_HEAD + b"Content-Length: 10000\r\n\r\n", b"x", 0.2, 8),
    "/slow-head": drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", 0.2, 8),
    "/silent": drip(b"", b"", 0.5, 6),
    "/short": reply(RSS, length=len(RSS) + 100),
    "/short-chunk": raw(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n1f4\r\nonly a little"),
    "/cut-gzip": reply(gzip.compress(RSS * 50)[:-20], headers="Content-Encoding: gzip\r\n"),
    "/false-gzip": reply(b"this is not gzip at all", headers="Content-Encoding: gzip\r\n"),
    "/brotli": reply(b"\x0b\x02\x80", headers="Content-Encoding: br\r\n"),
    "/bomb": reply(bomb(), headers="Content-Encoding: gzip\r\n"),
    "/bomb-twice": reply(bomb(2), headers="Content-Encoding: gzip, gzip\r\n"),
    "/garbage": raw(b"\x00\xff\x00 what is this\r\n\r\n"),
    "/many-headers": raw(OK_HEAD + b"".join(b"X-%d: y\r\n" % i for i in range(5_000)) + b"\r\n"),
    "/long-header": raw(OK_HEAD + b"X: " + b"y" * 200_000 + b"\r\n\r\n"),
    "/loop": to("/loop"),
    "/hop1": to("/hop2"),
    "/hop2": to("/ok", "301 Moved Permanently"),
    "/to-file": to("file:///etc/passwd"),
    "/to-ftp": to("ftp://127.0.0.1/x"),
    "/to-credentials": to("http://user:secret@127.0.0.1/"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Hostile]:
    with hostile(ROUTES) as running:
        yield running


@pytest.mark.parametrize("path", ["/ok", "/gzip", "/deflate", "/raw-deflate", "/hop1"])
def test_a_whole_body_arrives_unpacked(server: Hostile, path: str) -> None:
    outcome = fetch(server.base + path, POLICY)
    assert outcome.state is FeedState.OK, outcome.reason
    assert outcome.document is not None and outcome.document.body == RSS
    assert outcome.document.final_url.startswith(server.base)


@pytest.mark.parametrize(
    ("path", "state", "told"),
    [
        ("/304", FeedState.UNCHANGED, "not modified"),
        ("/403", FeedState.HTTP_ERROR, "403"),
        ("/404", FeedState.HTTP_ERROR, "404"),
        ("/429", FeedState.HTTP_ERROR, "429"),
        ("/500", FeedState.HTTP_ERROR, "500"),
        ("/big", FeedState.TOO_LARGE, "1,000,000 bytes"),
        ("/short", FeedState.CONNECTION, ""),
        ("/short-chunk", FeedState.CONNECTION, ""),
        ("/cut-gzip", FeedState.CONNECTION, "cut short"),
        ("/false-gzip", FeedState.CONNECTION, "damaged"),
        ("/brotli", FeedState.CONNECTION, "br"),
        ("/garbage", FeedState.CONNECTION, ""),
        ("/many-headers", FeedState.CONNECTION, ""),
        ("/long-header", FeedState.CONNECTION, ""),
        ("/loop", FeedState.REDIRECT, "5 redirects"),
        ("/to-file", FeedState.BLOCKED, "only http and https"),
        ("/to-ftp", FeedState.BLOCKED, "only http and https"),
        ("/to-credentials", FeedState.BLOCKED, "credentials"),
    ],
)
def test_a_bad_answer_ends_in_its_state(server: Hostile, path: str, state: FeedState, told: str) -> None:
    outcome = fetch(server.base + path, POLICY)
    assert (outcome.state, outcome.document) == (state, None), outcome.reason
    assert told in outcome.reason
    assert "\n" not in outcome.reason


@pytest.mark.parametrize("path", ["/endless", "/slow-body", "/slow-head", "/silent"])
def test_no_server_holds_a_fetch_past_its_deadline(server: Hostile, path: str) -> None:
    started = time.monotonic()
    outcome = fetch(server.base + path, POLICY)
    assert time.monotonic() - started < POLICY.deadline + 1.5
    assert outcome.state in (FeedState.TIMEOUT, FeedState.TOO_LARGE) and outcome.document is None


@pytest.mark.parametrize("path", ["/bomb", "/bomb-twice"])
def test_a_bomb_is_stopped_while_it_unpacks(server: Hostile, path: str) -> None:
    tracemalloc.start()
    outcome = fetch(server.base + path, POLICY)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert outcome.state is FeedState.TOO_LARGE
    assert peak < 16_000_000


def test_validators_are_sent_and_cookies_are_not(server: Hostile) -> None:
    server.heads.clear()
    fetch(server.base + "/ok", POLICY, etag='"v1"', last_modified="Fri, 20 Nov 2026 10:00:00 GMT")
    fetch(server.base + "/ok", POLICY)
    assert 'if-none-match: "v1"' in server.heads[0].lower()
    assert "if-modified-since: fri, 20 nov 2026" in server.heads[0].lower()
    assert not any("cookie" in head.lower() for head in server.heads)


def test_a_server_error_is_tried_once_more(server: Hostile) -> None:
    server.asked.clear()
    assert fetch(server.base + "/500", POLICY).attempts == 2
    assert server.asked == ["/500", "/500"]


def test_retry_after_is_told_and_a_long_one_not_waited_for(server: Hostile) -> None:
    started = time.monotonic()
    outcome = fetch(server.base + "/429", POLICY)
    assert outcome.retry_after == 120 and outcome.attempts == 1
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("5", 5.0), ("0", 0.0), ("-5", None), ("soon", None), ("", None), (None, None), ("9" * 30, 86_400.0)],
)
def test_nonsense_in_retry_after_counts_as_absent(value: str | None, seconds: float | None) -> None:
    assert retry_after(value) == seconds


def test_a_closed_port_and_an_unknown_name_are_told_apart() -> None:
    assert fetch("http://127.0.0.1:1/", POLICY).state is FeedState.CONNECTION
    assert fetch("http://no-such-host.invalid/", POLICY).state is FeedState.DNS


@pytest.mark.parametrize("url", ["ftp://x.example/", "file:///etc/passwd", "gopher://x/", "data:text/plain,x", "x", ""])
def test_other_schemes_are_no_addresses(url: str) -> None:
    assert fetch(url, POLICY).state is FeedState.BAD_URL


def test_a_post_tells_status_and_headers_and_follows_nothing(server: Hostile) -> None:
    server.asked.clear()
    assert post(server.base + "/ok", b"{}", {}, POLICY).status == 200
    assert post(server.base + "/hop1", b"{}", {}, POLICY).status == 302
    assert server.asked == ["/ok", "/hop1"]
    refused = post(server.base + "/ok", b"{}", {}, FetchPolicy("tests"))
    assert refused.status is None and "blocked" in refused.reason
