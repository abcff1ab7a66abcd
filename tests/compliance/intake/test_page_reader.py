"""Whatever a page is, reading it costs one process its limits, gives text or a reason, and the next page is read."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from benchmarks.pages import a_page
from compliance.intake.article import PageText, read_page
from compliance.intake.page_reader import MEMORY, SECONDS, PageReader
from compliance.story import FeedDocument, TextQuality
from tests.compliance.intake.hostile import hostile
from tests.compliance.intake.test_article import LIE, PARAGRAPH, page

PLAIN = page("".join(f"<p>{PARAGRAPH}{i}</p>" for i in range(8)))
# Takes some seconds, and in the end more memory than is allowed.
GREEDY = page("".join(f"<p>{PARAGRAPH}<a href=/{i}>b</a>" for i in range(20_000)))
HOSTILE = {
    "refresh": f"<meta http-equiv=refresh content='0;url=BASE/refresh'><p>{PARAGRAPH * 6}</p>",
    "frames": "<frameset>" + "<frame src=BASE/frame>" * 40_000,
    "frames in the text": f"<iframe src=BASE/f srcdoc='{LIE}'></iframe><object data=BASE/o>{LIE}</object>" * 900,
    "asks for more": f"<link rel=stylesheet href=BASE/s><script src=BASE/x></script><p>{PARAGRAPH * 6}<img src=BASE/i>",
    "external entities": f'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><p>{PARAGRAPH * 6}&x;</p>',
    "hidden text": f"<p style='display:none'>{LIE}</p>" * 40_000 + f"<p>{PARAGRAPH * 6}</p>",
    "deep": "<div>" * 5_000 + f"<p>{PARAGRAPH}</p>" + "</div>" * 5_000,
    "never closed": "<b>" * 100_000 + PARAGRAPH,
    "wide": "<p>" + "<span>a</span>" * 200_000,
    "breaks": "<p>" + "x<br>" * 300_000,
    "attributes": "<p " + " ".join(f"a{i}=1" for i in range(50_000)) + f">{PARAGRAPH}",
    "one word": "<p>" + "a" * 2_900_000,
    "short words": "<p>" + "a " * 1_400_000,
    "comments": "<!--" * 400_000,
    "tables": "<table><tr><td>" * 4_000 + PARAGRAPH,
    "lists": "".join(f"<ul><li><p>{PARAGRAPH}" for _ in range(12_000)),
    "nul": "\x00" * 100_000 + PARAGRAPH,
    "references": "&nbsp;&#x202e;&bogus;" * 90_000,
    "open quote": "<p class='" + PARAGRAPH * 20_000,
    "script": "<script>" + "if(a<b){" * 300_000 + "</script>" + PARAGRAPH * 9,
    "metadata": "<script type='application/ld+json'>" + "[" * 200_000 + "</script>" + PARAGRAPH * 9,
    "style sheet": "<style>" + "@a{" * 60_000 + "</style><p>" + PARAGRAPH * 9,
    "many links": "".join(f"<p>{PARAGRAPH}<a href=/{i}>b</a>" for i in range(20_000)),
    "12 MB": "<p>" + PARAGRAPH * 120_000,
}


@pytest.fixture(scope="module")
def reader() -> Iterator[PageReader]:
    with PageReader() as reader:
        yield reader


def test_a_page_is_read_in_another_process_with_the_same_result(reader: PageReader) -> None:
    ordinary = [PLAIN, *(a_page(number) for number in range(10))]
    assert [reader.read(page) for page in ordinary] == [read_page(page) for page in ordinary]
    started = reader.started
    assert all(reader.read(page).quality is TextQuality.FULL for page in ordinary * 2)
    assert reader.started == started


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_gives_text_or_a_reason_and_asks_for_nothing(reader: PageReader, name: str) -> None:
    with hostile({}) as server:
        found = reader.read(page(HOSTILE[name].replace("BASE", server.base)))
    assert found.text or found.quality in (TextQuality.BOILERPLATE, TextQuality.TEASER)
    assert LIE not in found.text and "root:" not in found.text and server.asked == []
    assert reader.read(PLAIN).quality is TextQuality.FULL


def test_the_limits_are_those_that_are_promised() -> None:
    assert (SECONDS, MEMORY) == (30, 256_000_000)
    with PageReader() as reader:
        reader.read(PLAIN)
        assert reader._process is not None
        process = psutil.Process(reader._process.pid)
        assert process.rlimit(psutil.RLIMIT_DATA) == (MEMORY, MEMORY)
        assert process.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
        assert process.memory_info().rss < MEMORY / 2


def test_a_page_that_takes_too_much_memory_is_told_and_the_next_is_read() -> None:
    with PageReader(memory=130_000_000) as reader:
        assert reader.read(GREEDY) == unread("it took more than 130 MB")
        assert reader.read(PLAIN) == read_page(PLAIN) and reader.started == 2


def test_a_page_that_takes_too_long_is_told_and_the_next_is_read() -> None:
    with PageReader(seconds=1, memory=1_000_000_000) as reader:
        reader.read(PLAIN)
        assert reader.read(GREEDY) == unread("it took more than 1 seconds")
        assert reader.read(PLAIN) == read_page(PLAIN) and reader.started == 2


def test_what_a_page_gives_does_not_depend_on_the_pages_before_it() -> None:
    with PageReader(memory=130_000_000) as reader:
        for _ in range(2):
            assert reader.read(PLAIN) == read_page(PLAIN)
            assert reader.read(GREEDY) == unread("it took more than 130 MB")
        assert reader.started == 4


def test_a_process_that_is_killed_from_outside_is_begun_anew_and_costs_no_page() -> None:
    with PageReader() as reader:
        reader.read(PLAIN)
        assert reader._process is not None
        os.kill(reader._process.pid, signal.SIGKILL)
        assert reader.read(PLAIN) == read_page(PLAIN) and reader.started == 2


def test_a_process_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with PageReader() as reader:
        assert reader.read(PLAIN) == unread("it ended the process that reads pages (1)")


def test_a_process_that_a_large_page_has_filled_gives_its_place_to_another() -> None:
    with PageReader(memory=120_000_000) as reader:
        large = page("".join(f"<p>{PARAGRAPH * 20}</p>" for _ in range(500)))
        assert all(reader.read(large).quality is TextQuality.FULL for _ in range(4))
        assert reader.started > 1


def test_the_process_is_given_no_secret_and_ends_with_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBARGOWATCH_WEBHOOK_SECRET", "whsec_secret")
    with PageReader() as reader:
        reader.read(PLAIN)
        assert reader._process is not None
        pid = reader._process.pid
        assert b"EMBARGOWATCH" not in Path(f"/proc/{pid}/environ").read_bytes()
    assert not psutil.pid_exists(pid)


def test_pages_come_from_many_threads_and_each_gets_its_own_article() -> None:
    def read(number: int) -> bool:
        told = page("".join(f"<p>{PARAGRAPH}{number}</p>" for _ in range(8)))
        return f" {number}" in reader.read(told).text and threading.current_thread() is not threading.main_thread()

    with PageReader() as reader, ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, range(40)))
        assert reader.started == 1


def test_what_can_be_no_article_starts_no_process() -> None:
    with PageReader() as reader:
        assert reader.read(page("", "application/pdf")).notes and reader.started == 0


def unread(reason: str) -> PageText:
    return PageText("", TextQuality.TEASER, (f"the page was not read: {reason}",))


def test_the_fixtures_are_pages_that_are_read() -> None:
    assert isinstance(PLAIN, FeedDocument) and read_page(PLAIN).text.count("Inspectors in the port") == 8


def test_no_process_outlives_a_run_that_is_killed() -> None:
    script = (
        "import os, signal; from tests.compliance.intake.test_page_reader import PLAIN, PageReader;"
        "reader = PageReader(); reader.read(PLAIN); print(reader._process.pid, flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    until, pid = time.monotonic() + 20, int(done.stdout)
    while time.monotonic() < until and is_alive(pid):
        time.sleep(0.1)
    assert not is_alive(pid)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
