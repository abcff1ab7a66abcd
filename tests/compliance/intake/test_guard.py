import ipaddress
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.intake import guard
from compliance.intake.fetcher import FetchPolicy, fetch
from compliance.intake.guard import check_url, refusal
from compliance.story import FeedState
from tests.compliance.intake.hostile import Answer, Hostile, hostile, reply

INNER = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "100.100.100.200",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1",
    "2002:7f00:1::", "2002:a00:1::", "2001:0:0:0:0:0:80ff:fffe",
]  # fmt: skip
OUTER = [
    "8.8.8.8",
    "1.1.1.1",
    "93.184.216.34",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "2002:808:808::",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", INNER)
def test_inner_addresses_are_refused(address: str) -> None:
    assert refusal(address)


@pytest.mark.parametrize("address", OUTER)
def test_public_addresses_are_allowed(address: str) -> None:
    assert refusal(address) is None


SPELLINGS = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
    "http://0x7f.0.0.1/", "http://127.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
    "http://localhost/", "http://LOCALHOST./", "http://0/", "http://0.0.0.0/", "http://[::]/", "https://127.0.0.1/",
    "http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:80/", "http://127.0.0.1:8080/",
    "http://x@127.0.0.1/", "http://127.0.0.1\\@news.example/", "http://127.0.0.1:22/", "http://127。0。0。1/",
]  # fmt: skip


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_spelling_of_an_inner_address_is_fetched(url: str) -> None:
    outcome = fetch(url, FetchPolicy("tests", connect_timeout=2, deadline=4))
    assert outcome.document is None
    assert outcome.state in (FeedState.BLOCKED, FeedState.BAD_URL, FeedState.DNS), (url, outcome)


@settings(max_examples=1_000, deadline=None)
@given(st.integers(0, 2**24 - 1), st.sampled_from(["dec", "hex", "oct", "short", "mapped"]))
def test_random_spellings_of_loopback_never_connect(rest: int, form: str) -> None:
    number = (127 << 24) + rest
    parts = [(number >> shift) & 255 for shift in (24, 16, 8, 0)]
    host = {
        "dec": str(number),
        "hex": hex(number),
        "oct": ".".join(f"0{part:o}" for part in parts),
        "short": f"127.{rest}",
        "mapped": f"[::ffff:{ipaddress.IPv4Address(number)}]",
    }[form]
    outcome = fetch(f"http://{host}/", FetchPolicy("tests", connect_timeout=1, deadline=3))
    assert outcome.state in (FeedState.BLOCKED, FeedState.BAD_URL, FeedState.DNS)


def test_a_name_with_one_inner_answer_among_public_ones_is_refused() -> None:
    def mixed(_host: str, _port: int) -> Sequence[str]:
        return ["93.184.216.34", "10.0.0.5"]

    outcome = fetch("http://mixed.example/", FetchPolicy("tests", resolver=mixed, deadline=3))
    assert outcome.state is FeedState.BLOCKED and "10.0.0.5" in outcome.reason


def host(address: str) -> str:
    return f"[{address.replace('%', '%25')}]" if ":" in address else address


@pytest.mark.parametrize("url", [*SPELLINGS, *(f"http://{host(address)}/" for address in INNER)])
def test_no_redirect_leads_to_an_inner_address(outer: tuple[Hostile, dict[str, Answer]], url: str) -> None:
    server, routes = outer
    routes["/"] = reply(b"", "302 Found", f"Location: {url.encode('utf-8').decode('latin-1')}\r\n")
    server.asked.clear()
    outcome = fetch(server.base + "/", FetchPolicy("tests", connect_timeout=2, deadline=4))
    assert outcome.document is None and server.asked == ["/"]
    assert outcome.state in (FeedState.BLOCKED, FeedState.BAD_URL, FeedState.DNS), outcome


@pytest.fixture
def outer(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Hostile, dict[str, Answer]]]:
    """A server on 127.0.0.2, which these tests alone count as public; everything else is as in production."""
    monkeypatch.setattr(guard, "refusal", lambda address: None if address == "127.0.0.2" else refusal(address))
    routes: dict[str, Answer] = {}
    with hostile(routes, host="127.0.0.2") as server:
        port = int(server.base.rpartition(":")[2])
        monkeypatch.setattr(guard, "PUBLIC_PORTS", guard.PUBLIC_PORTS | {port})
        yield server, routes


REBINDING: dict[str, list[list[str]]] = {
    "inside at once": [["127.0.0.1"]],
    "one inner among public ones": [["93.184.216.34", "10.0.0.5"]],
    "inner metadata in IPv6": [["::ffff:169.254.169.254"]],
    "public, then inside": [["127.0.0.2"], ["127.0.0.1"]],
    "no address": [[]],
}


@pytest.mark.parametrize("name", REBINDING)
def test_no_name_that_changes_its_address_leads_inside(outer: tuple[Hostile, dict[str, Answer]], name: str) -> None:
    server, routes = outer
    port, answers = server.base.rpartition(":")[2], list(REBINDING[name])
    routes["/"] = reply(b"fine")
    with hostile({"/": reply(b"secret")}) as inner:
        policy = FetchPolicy(
            "tests",
            resolver=lambda *_: answers.pop(0) if len(answers) > 1 else answers[0],
            connect_timeout=2,
            deadline=3,
        )
        outcomes = [fetch(f"http://rebind.example:{port}/", policy) for _ in range(2)]
        assert inner.asked == []
    for outcome in outcomes:
        assert outcome.document is None or outcome.document.body == b"fine"
    assert outcomes[1].state in (FeedState.BLOCKED, FeedState.DNS)


def test_a_name_that_changes_after_the_check_is_not_asked_again() -> None:
    asked = []

    def rebinding(_host: str, _port: int) -> Sequence[str]:
        asked.append(1)
        return ["127.0.0.1"] if len(asked) == 1 else ["93.184.216.34"]

    assert (
        fetch("http://rebind.example/", FetchPolicy("tests", resolver=rebinding, deadline=3)).state is FeedState.BLOCKED
    )
    assert len(asked) == 1


def test_a_redirect_inward_is_refused_at_the_hop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first hop stands on 127.0.0.2, which this test alone counts as public; the second is as in production."""
    monkeypatch.setattr(guard, "refusal", lambda address: None if address == "127.0.0.2" else refusal(address))
    with hostile({"/": reply(b"secret")}) as inner:
        port = inner.base.rpartition(":")[2]
        routes = {"/": reply(b"", "302 Found", f"Location: http://127.0.0.1:{port}/\r\n"), "/ok": reply(b"fine")}
        with hostile(routes, host="127.0.0.2") as outer:
            ports = frozenset({int(port), int(outer.base.rpartition(":")[2])})
            monkeypatch.setattr(guard, "PUBLIC_PORTS", ports)
            policy = FetchPolicy("tests", deadline=3)
            assert fetch(outer.base + "/ok", policy).state is FeedState.OK
            assert fetch(outer.base + "/", policy).state is FeedState.BLOCKED
            assert outer.asked == ["/ok", "/"] and inner.asked == []


@pytest.mark.parametrize("port", [22, 25, 3306, 5432, 6379, 9200])
def test_ports_of_other_services_are_refused(port: int) -> None:
    assert "port" in (check_url(f"http://news.example:{port}/", allow_private=False) or "")
    assert check_url(f"http://news.example:{port}/", allow_private=True) is None
