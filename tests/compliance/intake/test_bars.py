"""What collection promises by number: so many kinds of each fault, each kind shown."""

import hashlib
import json
import socket
import struct
import time
import tracemalloc
from datetime import UTC, datetime

import pytest

from compliance.collection import Reading, Validators, read_one
from compliance.intake.bounded import parse_within_limits
from compliance.intake.fetcher import FetchPolicy, fetch
from compliance.intake.health import Health
from compliance.story import Feed, FeedDocument, FeedState
from tests.compliance.intake.hostile import Answer, drip, hostile, raw, reply
from tests.compliance.intake.test_hostile import LAUGHS, OK, PARAMETER, QUADRATIC, RECURSIVE, XML, rss

NOW = datetime.now(UTC)
POLICY = FetchPolicy("tests", connect_timeout=2, read_timeout=2, deadline=6, allow_private=True)
GOOD = "<item><title>Good</title><guid>g</guid></item>"


def document(text: str, encoding: str = "utf-8", kind: str = "application/xml") -> FeedDocument:
    body, url = text.encode(encoding, "surrogatepass"), "https://news.example/rss"
    return FeedDocument(url, url, 200, body, hashlib.sha256(body).hexdigest(), NOW, kind)


def read(answer: Answer, policy: FetchPolicy = POLICY, validators: Validators | None = None) -> Reading:
    with hostile({"/f": answer}) as server:
        return read_one(Feed("f", server.base + "/f", "F"), policy, validators or Validators(), Health(), NOW)


ENTITIES = {
    "laughs": (LAUGHS, "&a11;"),
    "quadratic": (QUADRATIC, "&a;" * 20_000),
    "recursive": (RECURSIVE, "&a;"),
    "parameter": (PARAMETER, "&b;"),
    "in an attribute": (LAUGHS, "<a href='&a11;'/>"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", ENTITIES)
def test_five_kinds_of_entities_cost_no_memory_and_no_neighbour(name: str, encoding: str) -> None:
    doctype, used = ENTITIES[name]
    text = rss(GOOD + f"<item><title>Bad {used}</title></item>" + GOOD.replace("Good", "Last"), doctype).decode()
    tracemalloc.start()
    found = parse_within_limits(document(text, encoding), now=NOW)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    titles = [entry.title for entry in found.entries]
    assert titles[0] == "Good" and titles[-1] == "Last" and "ha" * 20 not in "".join(titles)
    assert peak < 256_000_000


DEPTHS = {
    "20,000 tags deep": GOOD + "<a>" * 20_000,
    "20,000 tags side by side": GOOD + "<a/>" * 20_000,
    "20,000 attributes": "<item " + " ".join(f"a{n}='x'" for n in range(20_000)) + "><title>t</title></item>" + GOOD,
    "20,000 namespaces": "<item " + " ".join(f"xmlns:a{n}='x'" for n in range(20_000)) + ">" + GOOD + "</item>",
    "5,000 divs in a text": GOOD + f"<item><description>{'&lt;div&gt;' * 5_000}x</description></item>",
    "5,000 divs, closed": GOOD + f"<item><description>{'&lt;div>' * 5_000}x{'&lt;/div>' * 5_000}</description></item>",
    "a text of 5,000 tables": GOOD + f"<item><description><![CDATA[{'<table><tr><td>' * 5_000}]]></description></item>",
    "items within items": "<item><title>t</title>" * 5_000 + GOOD,
    "20,000 comments": GOOD + "<!-- x -->" * 20_000,
    "20,000 instructions": GOOD + "<?x y?>" * 20_000,
}  # fmt: skip


@pytest.mark.parametrize("name", DEPTHS)
def test_ten_kinds_of_depth_and_width_end_in_a_state(name: str) -> None:
    found = parse_within_limits(document(rss(DEPTHS[name]).decode()), now=NOW)
    assert found.state in (FeedState.OK, FeedState.PARSE_ERROR) and "Recursion" not in found.reason
    assert found.state is FeedState.PARSE_ERROR or "Good" in [entry.title for entry in found.entries]


NO_FEEDS = {
    "page": "<html><body>News</body></html>",
    "doctype": "<!DOCTYPE html><title>x</title>",
    "sign-in form": "<html><form action=/login><input type=password></form></html>",
    "challenge": "<html><head><title>Just a moment...</title><script src=/cdn-cgi/challenge></script></head></html>",
    "consent": "<html><body>Before you continue to the site</body></html>",
    "maintenance": "<html><h1>Down for maintenance</h1></html>",
    "page of another case": "<HTML><BODY>NEWS</BODY></HTML>",
    "XHTML": '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
    "page that names a feed": '<html><link rel=alternate type="application/rss+xml" href=/rss></html>',
    "PDF": "%PDF-1.7\n1 0 obj",
    "picture": "\x89PNG\r\n\x1a\n" + "\x00" * 900,
    "archive": "PK\x03\x04" + "\x00" * 900,
    "JSON error": '{"error": "forbidden"}',
    "JSON list": "[1, 2, 3]",
    "JSON of another kind": '{"version": 3, "items": [{"title": "x"}]}',
    "plain words": "Service unavailable",
    "blanks": " \n\t ",
    "XML of another kind": '<?xml version="1.0"?><note><to>x</to></note>',
    "error in XML": '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "SOAP": '<?xml version="1.0"?><soap:Envelope xmlns:soap="x"><soap:Body/></soap:Envelope>',
    "SVG": '<svg xmlns="http://www.w3.org/2000/svg"><title>item</title></svg>',
    "OPML": '<?xml version="1.0"?><opml version="2.0"><body><outline text="x"/></body></opml>',
    "style sheet": "body { color: red }",
    "script": "window.location = '/login';",
}


@pytest.mark.parametrize("name", NO_FEEDS)
@pytest.mark.parametrize("kind", ["application/rss+xml", "text/html", "application/json"])
def test_twenty_kinds_of_answers_that_are_no_feed_are_told_as_such(name: str, kind: str) -> None:
    found = parse_within_limits(document(NO_FEEDS[name], "latin-1", kind), now=NOW)
    assert found.state in (FeedState.NOT_A_FEED, FeedState.PARSE_ERROR) and found.reason and found.entries == ()


LINKS = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)", "vbscript:x",
    "data:text/html,x", "data:text/html;base64,PHNjcmlwdD4=", "file:///etc/passwd", "ftp://x/y", "gopher://x/",
    "ldap://x/", "dict://x:11211/", "sftp://x/", "jar:http://x!/", "mailto:a@x.example", "tel:123", "blob:http://x/1",
    "about:blank", "view-source:http://x/", "intent://x#Intent;end", "chrome://settings",
)  # fmt: skip


@pytest.mark.parametrize("link", LINKS)
def test_eighteen_kinds_of_links_that_are_none_become_no_link(link: str) -> None:
    text = rss(f"<item><title>x</title><link><![CDATA[{link.replace(chr(1), '')}]]></link></item>").decode()
    found = parse_within_limits(document(text), now=NOW).entries[0].link
    assert found is None or found.startswith("https://news.example/")
    entry_of = f'<entry><id>1</id><link href="{link}"/></entry>'
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title>{entry_of}</feed>'
    items = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "url": link}]})
    for told, kind in ((atom.replace("\x01", ""), "application/atom+xml"), (items, "application/feed+json")):
        (entry,) = parse_within_limits(document(told, kind=kind), now=NOW).entries
        assert entry.link is None or entry.link.startswith("https://news.example/")


@pytest.mark.parametrize(
    "answer",
    [
        drip(OK + b"\r\n", b"x" * 65_536, 0, 60),
        reply(b"x" * 40_000_000, headers=XML, length=5_000),
        reply(b"x" * 16_000_000, headers=XML, length=900_000_000),
        drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"ffff\r\n" + b"x" * 65_535 + b"\r\n", 0, 60),
    ],
    ids=["endless", "length too short", "length too long", "endless chunks"],
)
def test_a_body_is_left_at_15_mb_and_costs_less_than_128_mb(answer: Answer) -> None:
    assert FetchPolicy("tests").max_bytes == 15_000_000 and FetchPolicy("tests").deadline <= 30
    with hostile({"/f": answer}) as server:
        tracemalloc.start()
        found = fetch(server.base + "/f", FetchPolicy("tests", allow_private=True))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert found.state in (FeedState.TOO_LARGE, FeedState.OK, FeedState.CONNECTION)
    assert found.document is None or len(found.document.body) == 5_000
    assert peak < 128_000_000


def test_a_server_that_hangs_in_the_handshake_is_left_at_the_deadline() -> None:
    with hostile({}) as server:
        silent = socket.create_server(("127.0.0.1", 0))
        started = time.monotonic()
        outcome = fetch(
            f"https://127.0.0.1:{silent.getsockname()[1]}/f", FetchPolicy("t", deadline=2, allow_private=True)
        )
        assert time.monotonic() - started < 30
        silent.close()
        assert outcome.state is FeedState.TIMEOUT and server.asked == []


def reset(client: socket.socket, _path: str) -> None:
    client.sendall(OK + b'ETag: "cut"\r\nContent-Length: 900\r\n\r\n' + rss(GOOD)[:60])
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


WHOLE = rss(GOOD + GOOD.replace("Good", "Two"))
TAGGED = OK + b'ETag: "cut"\r\nLast-Modified: Fri, 20 Nov 2026 10:00:00 GMT\r\n'
CUT: dict[str, Answer] = {
    "reset": reset,
    "short of its length": raw(TAGGED + b"Content-Length: 900\r\n\r\n" + WHOLE[:90]),
    "short chunk": raw(TAGGED + b"Transfer-Encoding: chunked\r\n\r\n1f4\r\n" + WHOLE[:60]),
    "no length, no end": raw(TAGGED + b"\r\n" + WHOLE[:-60]),
    "length of the part": reply(WHOLE[:-60], headers=XML + 'ETag: "cut"\r\n'),
}


@pytest.mark.parametrize("name", CUT)
def test_five_kinds_of_cut_bodies_never_pass_for_whole_feeds(name: str) -> None:
    found = read(CUT[name])
    assert found.outcome.state is not FeedState.UNCHANGED and found.outcome.reason
    document = found.outcome.document
    assert document is None or (document.etag, document.last_modified) == (None, None)
    whole = read(reply(WHOLE, headers=XML + 'ETag: "v1"\r\n'))
    assert whole.outcome.document is not None and whole.outcome.document.etag == '"v1"'
