"""The contract of ``embargowatch feeds try``: one state of a closed list, a reason, entries; never a traceback."""

import gzip
import json
import subprocess
import sys
import time
from typing import Any

import psutil
import pytest

from compliance.story import FeedState
from tests.compliance.intake.hostile import Answer, drip, hostile, raw, reply

ITEM = (
    b"<item><title>Rain</title><guid>g1</guid><link>https://x.example/1</link><description>It rained.</description>"
    b"<pubDate>Fri, 20 Nov 2026 03:00:00 GMT</pubDate></item>"
)
RSS = b"<rss version='2.0'><channel><title>F</title>%s</channel></rss>"
XML = "Content-Type: application/rss+xml\r\n"
STATES = {state.value for state in FeedState}


def attempt(url: str, *options: str) -> tuple[int, dict[str, Any], str]:
    done = subprocess.run(
        [sys.executable, "-m", "compliance", "feeds", "try", url, "--json", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, json.loads(done.stdout), done.stderr


def test_a_good_feed_gives_its_entries() -> None:
    with hostile({"/rss": reply(RSS % ITEM, headers=XML)}) as server:
        status, found, _ = attempt(server.base + "/rss", "--allow-private")
    assert (status, found["state"]) == (0, "ok")
    assert found["entries"] == [
        {
            "id": "g1",
            "title": "Rain",
            "link": "https://x.example/1",
            "published": "2026-11-20T03:00:00+00:00",
            "summary": "It rained.",
        }
    ]


BOMB = gzip.compress(b"<rss>" + b" " * 60_000_000)


@pytest.mark.parametrize(
    ("answer", "state", "status"),
    [
        (reply(RSS % b"", headers=XML), "empty", 0),
        (reply(b"<html><body>News</body></html>", headers="Content-Type: text/html\r\n"), "not_a_feed", 1),
        (reply(b"", "503 Busy"), "http_error", 1),
        (reply(b"", "404 None"), "http_error", 1),
        (reply(BOMB, headers=XML + "Content-Encoding: gzip\r\n"), "too_large", 1),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n<rss>"), None, 1),
        (reply(b"", "302 Go", "Location: /rss\r\n"), None, 1),
        (drip(b"HTTP/1.1 200 OK\r\n" + XML.encode() + b"\r\n", b" ", 0.5, 60), "timeout", 1),
    ],
    ids=["empty", "page", "503", "404", "bomb", "cut", "loop", "drip"],
)
def test_whatever_a_server_does_ends_in_one_state_with_a_reason(answer: Answer, state: str | None, status: int) -> None:
    started = time.monotonic()
    with hostile({"/rss": answer}) as server:
        exit_status, found, errors = attempt(server.base + "/rss", "--allow-private")
    assert exit_status == status and found["state"] in STATES and "Traceback" not in errors
    assert state is None or found["state"] == state
    assert found["reason"] or found["state"] == "empty"
    assert time.monotonic() - started < 40


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9/rss", "http://[::1]/", "http://169.254.169.254/latest", "http://2130706433/", "http://0x7f.1/",
     "http://[::ffff:10.0.0.1]/", "file:///etc/passwd", "ftp://x.example/", "not a url", "", "http://"],
)  # fmt: skip
def test_an_inner_or_impossible_address_is_never_asked(url: str) -> None:
    status, found, errors = attempt(url)
    assert status == 1 and found["state"] in STATES and found["entries"] == [] and "Traceback" not in errors


def test_memory_stays_within_what_is_stated() -> None:
    items = b"".join(ITEM.replace(b"g1", b"g%d" % n) for n in range(10_000))
    with hostile({"/rss": reply(RSS % items, headers=XML)}) as server:
        command = [
            sys.executable,
            "-m",
            "compliance",
            "feeds",
            "try",
            server.base + "/rss",
            "--json",
            "--allow-private",
        ]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            watched, peak = psutil.Process(process.pid), 0
            while process.poll() is None:
                try:
                    peak = max(peak, watched.memory_info().rss)
                except psutil.NoSuchProcess:
                    break
                time.sleep(0.02)
    assert process.returncode == 0 and 0 < peak < 160 * 1024 * 1024


def test_a_feed_of_teasers_is_told_to_its_reader() -> None:
    whole = ITEM.replace(b"It rained.", b"It rained on the port for a day and a night. " * 12)
    with hostile({"/teaser": reply(RSS % ITEM, headers=XML), "/whole": reply(RSS % whole, headers=XML)}) as server:
        told = [
            subprocess.run(
                [sys.executable, "-m", "compliance", "feeds", "try", server.base + path, "--allow-private"],
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            ).stdout
            for path in ("/teaser", "/whole")
        ]
    assert "full_text: true" in told[0] and "full_text" not in told[1]
