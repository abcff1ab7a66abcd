"""Whatever a server does to us ends in its right state, in bounded time and memory, and nothing else is asked for.

Every case goes the whole way of one feed: fetch, unpack, parse, judge its health.
"""

import gzip
import socket
import ssl
import threading
import time
import tracemalloc
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import brotli
import pytest

from compliance.collection import Reading, Validators, read_one
from compliance.intake import bounded
from compliance.intake.fetcher import FetchPolicy, fetch, post
from compliance.intake.health import Health
from compliance.story import Feed, FeedState
from compliance.webhook import deliver
from tests.compliance.intake.hostile import Answer, Hostile, drip, hostile, raw, reply
from tests.compliance.intake.test_guard import INNER, SPELLINGS, host

NOW = datetime.now(UTC)
POLICY = FetchPolicy("tests", connect_timeout=2, read_timeout=1, deadline=3, max_bytes=4_000_000, allow_private=True)
XML = "Content-Type: application/rss+xml\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nConnection: close\r\n"
ITEM = "<item><title>Rain</title><guid>g1</guid><link>https://x.example/1</link></item>"


def rss(items: str, head: str = "") -> bytes:
    return f"{head}<rss version='2.0'><channel><title>F</title>{items}</channel></rss>".encode()


GOOD = rss(ITEM)
MANY = rss("".join(f"<item><title>t{n}</title><guid isPermaLink='false'>{n}</guid></item>" for n in range(10_000)))
LAUGHS = '<!DOCTYPE r [<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
) + "]>"  # fmt: skip
QUADRATIC = f'<!DOCTYPE r [<!ENTITY a "{"x" * 50_000}">]>'
RECURSIVE = '<!DOCTYPE r [<!ENTITY a "&b;"><!ENTITY b "&a;">]>'
PARAMETER = "<!DOCTYPE r [<!ENTITY % a \"<!ENTITY b 'bb'>\"> %a;]>"
DATES = ["30 Feb 2026", "9999-12-31T00:00:00Z", "0000-00-00", "soon", "Mon, 20 Nov 2036 00:00:00 GMT", "+9999"]


def bomb(pack: str) -> bytes:
    body = b"<rss>" + b" " * 60_000_000
    if pack == "br":
        return bytes(brotli.compress(body, quality=5))
    packed = gzip.compress(body)
    return gzip.compress(packed) if pack == "gzip, gzip" else packed


def interim(client: socket.socket, _path: str) -> None:
    client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000 + OK + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD)


CASES: dict[str, tuple[Answer, tuple[FeedState, ...], int]] = {
    "good": (reply(GOOD, headers=XML), (FeedState.OK,), 1),
    "empty": (reply(rss(""), headers=XML), (FeedState.EMPTY,), 0),
    "slow drip of the body": (drip(OK + b"\r\n", b"<", 0.2, 8), (FeedState.TIMEOUT,), 0),
    "slow drip of the head": (drip(b"HTTP/1.1 200 OK\r\nX: ", b"y", 0.2, 8), (FeedState.TIMEOUT,), 0),
    "endless body": (drip(OK + b"\r\n", b"x" * 65_536, 0, 8), (FeedState.TOO_LARGE,), 0),
    "endless chunks": (
        drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"ffff\r\n" + b"x" * 65_535 + b"\r\n", 0, 8),
        (FeedState.TOO_LARGE,),
        0,
    ),
    "gzip bomb": (reply(bomb("gzip"), headers=XML + "Content-Encoding: gzip\r\n"), (FeedState.TOO_LARGE,), 0),
    "gzip bomb in gzip": (
        reply(bomb("gzip, gzip"), headers=XML + "Content-Encoding: gzip, gzip\r\n"),
        (FeedState.TOO_LARGE,),
        0,
    ),
    "brotli bomb": (reply(bomb("br"), headers=XML + "Content-Encoding: br\r\n"), (FeedState.TOO_LARGE,), 0),
    "deflate bomb": (
        reply(zlib.compress(b"<rss>" + b" " * 60_000_000), headers=XML + "Content-Encoding: deflate\r\n"),
        (FeedState.TOO_LARGE,), 0,
    ),
    "three packings": (reply(b"x", headers="Content-Encoding: gzip, gzip, gzip\r\n"), (FeedState.CONNECTION,), 0),
    "zstd, which nobody asked for": (reply(b"x", headers="Content-Encoding: zstd\r\n"), (FeedState.CONNECTION,), 0),
    "brotli": (reply(brotli.compress(GOOD), headers=XML + "Content-Encoding: br\r\n"), (FeedState.OK,), 1),
    "brotli cut": (
        reply(brotli.compress(MANY)[:-9], headers=XML + "Content-Encoding: br\r\n"),
        (FeedState.CONNECTION,), 0,
    ),
    "length too long": (reply(GOOD, headers=XML, length=len(GOOD) + 50), (FeedState.CONNECTION,), 0),
    "length too short": (reply(GOOD, headers=XML, length=len(GOOD) - 60), (FeedState.OK, FeedState.PARSE_ERROR), 1),
    "negative length": (raw(OK + b"Content-Length: -5\r\n\r\n" + GOOD), (FeedState.OK, FeedState.CONNECTION), 1),
    "cut in the body": (raw(OK + b"Content-Length: 900\r\n\r\n" + GOOD[:60]), (FeedState.CONNECTION,), 0),
    "cut in the head": (raw(b"HTTP/1.1 200 OK\r\nContent-Ty"), tuple(FeedState), 0),
    "redirect loop": (reply(b"", "302 Go", "Location: /redirect-loop\r\n"), (FeedState.REDIRECT,), 0),
    "redirect to a file": (reply(b"", "302 Go", "Location: file:///etc/passwd\r\n"), (FeedState.BLOCKED,), 0),
    "redirect without a place": (reply(b"", "302 Go"), (FeedState.HTTP_ERROR,), 0),
    "redirect to nonsense": (
        reply(b"", "302 Go", "Location: http://[::1\r\n"),
        (FeedState.BAD_URL, FeedState.BLOCKED, FeedState.CONNECTION), 0,
    ),
    **{
        f"status {code}": (reply(b"no", f"{code} No"), (FeedState.HTTP_ERROR,), 0)
        for code in (401, 403, 404, 410, 429, 451, 500, 502, 503)
    },
    "page for a feed": (
        reply(b"<html><body>News</body></html>", headers="Content-Type: text/html\r\n"),
        (FeedState.NOT_A_FEED,), 0,
    ),
    "sign-in page typed as a feed": (
        reply(b"<!doctype html><html><form></form></html>", headers=XML),
        (FeedState.NOT_A_FEED,), 0,
    ),
    "JSON error": (reply(b'{"error": 1}', headers="Content-Type: application/json\r\n"), (FeedState.NOT_A_FEED,), 0),
    "PDF": (reply(b"%PDF-1.7", headers=XML), (FeedState.NOT_A_FEED,), 0),
    "picture": (reply(b"\x89PNG\r\n\x1a\n" + bytes(2_000), headers=XML), (FeedState.NOT_A_FEED,), 0),
    "wrong charset": (
        reply(rss(ITEM.replace("Rain", "Zürich")), headers="Content-Type: text/xml; charset=iso-2022-kr\r\n"),
        (FeedState.OK,),
        1,
    ),
    "unknown charset": (reply(GOOD, headers="Content-Type: text/xml; charset=x-none\r\n"), (FeedState.OK,), 1),
    "broken bytes": (reply(GOOD.replace(b"Rain", b"R\xff\xfe\x80n"), headers=XML), (FeedState.OK,), 1),
    "10,000 entries": (reply(MANY, headers=XML), (FeedState.OK,), 10_000),
    "nonsense dates": (
        reply(rss("".join(ITEM.replace("</item>", f"<pubDate>{d}</pubDate></item>") for d in DATES)), headers=XML),
        (FeedState.OK,),
        len(DATES),
    ),
    "no guids": (reply(rss(ITEM.replace("<guid>g1</guid>", "") * 3), headers=XML), (FeedState.OK,), 3),
    "one guid for all": (reply(rss(ITEM * 5), headers=XML), (FeedState.OK,), 5),
    "guid of 100 kB": (reply(rss(ITEM.replace("g1", "g" * 100_000)), headers=XML), (FeedState.OK,), 1),
    **{
        name: (reply(rss(ITEM + ITEM.replace("Rain", f"&{entity};"), doctype), headers=XML), (FeedState.OK,), 2)
        for name, doctype, entity in (
            ("billion laughs", LAUGHS, "a11"),
            ("quadratic entities", QUADRATIC, "a;" + "&a;" * 400 + "&a"),
            ("recursive entities", RECURSIVE, "a"),
            ("parameter entities", PARAMETER, "b"),
        )
    },
    "nested 20,000 deep": (reply(rss(ITEM + "<a>" * 20_000), headers=XML), (FeedState.OK, FeedState.PARSE_ERROR), 1),
    "10,000 attributes": (
        reply(rss("<item " + " ".join(f"a{n}='x'" for n in range(10_000)) + "><title>t</title></item>"), headers=XML),
        (FeedState.OK, FeedState.PARSE_ERROR),
        1,
    ),
    "a million brackets": (reply(rss(ITEM.replace("Rain", "&lt;" * 30_000)), headers=XML), (FeedState.OK,), 1),
    "a word of a megabyte": (reply(rss(ITEM.replace("Rain", "x" * 1_000_000)), headers=XML), (FeedState.OK,), 1),
    "garbage in front and behind": (
        reply(b"\r\n junk " + GOOD + b"<!-- junk", headers=XML),
        (FeedState.OK, FeedState.NOT_A_FEED), 1,
    ),
    "bare ampersand and unclosed tags": (
        reply(rss("<item><title>A & B<p></title><link>https://x.example/1</link>"), headers=XML),
        (FeedState.OK,), 1,
    ),
    "undeclared prefix": (reply(rss(ITEM.replace("<guid>", "<z:y>1</z:y><guid>")), headers=XML), (FeedState.OK,), 1),
    "5,000 headers": (
        raw(OK + b"".join(b"X-%d: y\r\n" % n for n in range(5_000)) + b"\r\n" + GOOD),
        (FeedState.CONNECTION,), 0,
    ),
    "header of 100 kB": (raw(OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n" + GOOD), (FeedState.CONNECTION,), 0),
    "bytes in a header": (raw(OK + b"X: \xff\xfe\x80\r\n\r\n" + GOOD), (FeedState.OK,), 1),
    "header without a colon": (raw(OK + b"nonsense\r\n\r\n" + GOOD), (FeedState.OK, FeedState.CONNECTION), 1),
    "HTTP/0.9": (raw(GOOD), (FeedState.CONNECTION,), 0),
    "a status that is no number": (raw(b"HTTP/1.1 abc OK\r\n\r\n" + GOOD), (FeedState.CONNECTION,), 0),
    "1,000 interim answers": (interim, (FeedState.OK,), 1),
    "a megabyte of status line": (raw(b"HTTP/1.1 200 " + b"O" * 1_000_000 + b"\r\n\r\n"), (FeedState.CONNECTION,), 0),
    "nothing at all": (raw(b""), (FeedState.CONNECTION,), 0),
}  # fmt: skip


def path_of(name: str) -> str:
    return "/" + name.replace(" ", "-").replace(",", "").replace("/", "")


@pytest.fixture(scope="module")
def server() -> Iterator[Hostile]:
    with hostile({path_of(name): case[0] for name, case in CASES.items()}) as running:
        yield running


def read(url: str, policy: FetchPolicy = POLICY) -> Reading:
    return read_one(Feed("f", url, "F"), policy, Validators(), Health(), NOW)


@pytest.mark.parametrize("name", CASES)
def test_every_case_ends_in_its_state_in_bounded_time_and_asks_for_nothing_else(server: Hostile, name: str) -> None:
    _, states, entries = CASES[name]
    server.asked.clear()
    started = time.monotonic()
    found = read(server.base + path_of(name))
    assert time.monotonic() - started < POLICY.deadline + 6 * bounded.SECONDS
    assert found.outcome.state in states, found.outcome
    assert len(found.entries) == (entries if found.outcome.state is FeedState.OK else 0)
    assert found.outcome.reason or found.outcome.state in (FeedState.OK, FeedState.EMPTY)
    assert "\n" not in found.outcome.reason and set(server.asked) <= {path_of(name)}
    for entry in found.entries:
        assert entry.link is None or entry.link.startswith("https://x.example/")
        assert entry.published is None or entry.published <= NOW
        assert "ha" * 20 not in entry.title and "bb" not in entry.title


@pytest.mark.parametrize("name", ["endless body", "gzip bomb", "gzip bomb in gzip", "brotli bomb", "endless chunks"])
def test_what_never_ends_costs_no_memory(server: Hostile, name: str) -> None:
    tracemalloc.start()
    read(server.base + path_of(name))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * POLICY.max_bytes


NAMED = """<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom' xmlns:xi='http://www.w3.org/2001/XInclude'>
<?xml-stylesheet href='{base}/style'?><channel><atom:link rel='hub' href='{base}/hub'/>
<newLocation>{base}/new</newLocation>
<itunes:new-feed-url xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>{base}/moved</itunes:new-feed-url>
<image><url>{base}/image</url></image><cloud domain='127.0.0.1' port='{port}' path='/cloud' protocol='http-post'/>
<item><title>A<xi:include href='{base}/include' parse='text'/></title>
<enclosure url='{base}/sound' length='1' type='a/b'/>
<link>{base}/article</link><comments>{base}/comments</comments><source url='{base}/source'>s</source>
<description>&lt;img src='{base}/pixel'&gt;&lt;iframe src='{base}/frame'&gt;</description></item></channel></rss>"""
OUTER = """<?xml version='1.0'?><!DOCTYPE rss SYSTEM '{base}/dtd' [<!ENTITY x SYSTEM '{base}/entity'>
<!ENTITY % p SYSTEM '{base}/parameter'> %p; <!ENTITY f SYSTEM 'file:///etc/hostname'>]>
<rss version='2.0'><channel><item><title>a&x;b&f;c</title></item><item><title>Good</title></item></channel></rss>"""


@pytest.mark.parametrize("document", [NAMED, OUTER], ids=["links", "entities"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_nothing_a_feed_names_is_asked_for(document: str, encoding: str) -> None:
    routes: dict[str, Answer] = {}
    with hostile(routes) as server:
        text = document.replace("{base}", server.base).replace("{port}", server.base.rpartition(":")[2])
        routes["/feed"] = reply(text.encode(encoding), headers="Content-Type: application/xml\r\n")
        found = read(server.base + "/feed")
        time.sleep(0.1)
        assert server.asked == ["/feed"]
    assert found.outcome.state is FeedState.OK and found.entries
    hostname = Path("/etc/hostname").read_text().strip()
    assert not any(hostname in e.title + e.summary for e in found.entries)


@pytest.mark.parametrize("url", [*SPELLINGS, *(f"http://{host(address)}/" for address in INNER)])
def test_no_hook_on_an_inner_address_is_posted_to(url: str) -> None:
    receipt = deliver("a1", {"text": "x"}, url, "", FetchPolicy("tests", connect_timeout=2, deadline=4), NOW)
    assert not receipt.accepted and receipt.http_status is None


@contextmanager
def proxy() -> Iterator[Hostile]:
    with hostile(
        {f"http://{host}/rss": reply(GOOD, headers=XML) for host in ("93.184.216.34", "127.0.0.1")}
    ) as running:
        yield running


def test_a_proxy_is_used_only_where_the_operator_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy() as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, server.base)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, "")
        direct = FetchPolicy("tests", connect_timeout=0.3, deadline=1)
        through = FetchPolicy("tests", connect_timeout=1, deadline=3, use_proxies=True)
        fetch("http://93.184.216.34/rss", direct)
        post("http://93.184.216.34/rss", b"{}", {}, direct)
        assert server.asked == []
        assert fetch("http://93.184.216.34/rss", through).state is FeedState.OK
        assert server.asked == ["http://93.184.216.34/rss"]
        # A proxy stands inside and would connect in our place: it is never asked for an inner address.
        for url in ("http://127.0.0.1/rss", "http://2130706433/rss", "https://169.254.169.254/", "http://[::1]/rss"):
            assert fetch(url, through).state is FeedState.BLOCKED
            assert "blocked" in post(url, b"{}", {}, through).reason
        assert server.asked == ["http://93.184.216.34/rss"]


CERTIFICATES = ("self-signed", "expired", "of another host")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    folder, made = tmp_path_factory.mktemp("tls"), {}
    for name in CERTIFICATES:
        path = folder / f"{name}.pem"
        made[name] = path
        _make_certificate(path, name)
    yield made


def _make_certificate(path: Path, name: str) -> None:
    from datetime import timedelta

    x509 = pytest.importorskip("cryptography.x509", reason="NO CERTIFICATES: install cryptography")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    host = "other.example" if name == "of another host" else "localhost"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    start = NOW - timedelta(days=9 if name == "expired" else 1)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.TraditionalOpenSSL
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))


@contextmanager
def tls_server(path: Path, **changes: object) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with warnings.catch_warnings():
        # Old versions are deprecated; that they are refused is what a test is about.
        warnings.simplefilter("ignore", DeprecationWarning)
        for name, value in changes.items():
            setattr(context, name, value)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(client, server_side=True) as secure:
                    secure.recv(9_000)
                    secure.sendall(OK + b"\r\n" + GOOD)
            except OSError:
                client.close()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_certificate_that_cannot_be_trusted_is_refused_and_never_tried_without(
    certificate: dict[str, Path], name: str
) -> None:
    with tls_server(certificate[name]) as port:
        found = read(f"https://localhost:{port}/rss")
    assert found.outcome.state is FeedState.TLS and found.entries == ()


def test_old_tls_and_plain_text_on_a_tls_port_are_refused(certificate: dict[str, Path], server: Hostile) -> None:
    with tls_server(certificate["self-signed"], maximum_version=ssl.TLSVersion.TLSv1_1) as port:
        assert read(f"https://localhost:{port}/rss").outcome.state in (FeedState.TLS, FeedState.CONNECTION)
    plain = server.base.replace("http://", "https://")
    assert read(plain + "/good").outcome.state in (FeedState.TLS, FeedState.CONNECTION, FeedState.TIMEOUT)


def test_cookies_and_credentials_go_nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    routes = {
        "/a": reply(b"", "302 Go", "Location: /b\r\nSet-Cookie: session=secret; Path=/\r\n"),
        "/b": reply(GOOD, headers=XML + "Set-Cookie: other=secret\r\n"),
    }
    with hostile(routes) as server:
        for _ in range(2):
            assert read(server.base + "/a").outcome.state is FeedState.OK
        assert not any("secret" in h or "cookie" in h.lower() or "authorization" in h.lower() for h in server.heads)
