"""Article pages are read in a process of their own, with limits of time and memory, kept from one page to the next.

A page is what a stranger wrote, as long and as deep as he likes. The process has no setting and no secret, opens and
writes nothing, and answers in plain JSON, so that what a page may make of it stays in it.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from compliance.intake.article import PageText, refused
from compliance.intake.page_process import OUT_OF_MEMORY
from compliance.story import FeedDocument, TextQuality

# For one page; an ordinary one takes some hundredths of a second.
SECONDS = 30
# Of the whole process: what it takes before its first page is a quarter of it.
MEMORY = 256_000_000
_START_SECONDS = 60
_MOST_ANSWER = 64_000_000
_ROOT = Path(__file__).resolve().parents[2]
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
# The threads that numpy keeps ready take memory, and nothing here computes.
_ALONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class PageReader:
    """Reads pages one at a time, from any thread, in a process that is started with the first of them.

    A page that ends a new process, or takes too long, gives an empty text and the reason, and the next one another
    process.
    """

    def __init__(self, seconds: int = SECONDS, memory: int = MEMORY) -> None:
        self._seconds, self._memory = seconds, memory
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Connection | None = None
        self.started = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._end()

    def read(self, document: FeedDocument) -> PageText:
        """Return the article of a page as ``article.read_page`` does, or why it could not be had within the limits."""
        if (no_page := refused(document)) is not None:
            return no_page
        with self._lock:
            is_new = self._process is None
            found = self._tried(document)
            if isinstance(found, str) and not is_new:
                # What a page gives must not depend on the pages before it, or on who ended the process between them.
                found = self._tried(document)
            return _unread(found) if isinstance(found, str) else found

    def _tried(self, document: FeedDocument) -> PageText | str:
        """Return the article, or why the process ended over it."""
        try:
            return self._ask(document)
        except TimeoutError:
            self._end(at_once=True)
            return _unread(f"it took more than {self._seconds} seconds")
        except (EOFError, OSError, ValueError, KeyError, TypeError):
            return self._why_it_ended(self._end())

    def _ask(self, document: FeedDocument) -> PageText:
        channel = self._channel or self._start()
        head = {"url": document.url, "final_url": document.final_url, "content_type": document.content_type}
        channel.send_bytes(json.dumps(head).encode())
        channel.send_bytes(document.body)
        if not channel.poll(self._seconds):
            raise TimeoutError
        told = json.loads(channel.recv_bytes(_MOST_ANSWER))
        if told["is_last"]:
            self._end()
        return _page_text(told)

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        limits = [str(theirs.fileno()), str(self._seconds), str(self._memory)]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  (our own module, no shell)
                [sys.executable, "-m", "compliance.intake.page_process", *limits],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=_ROOT,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | _ALONE,
            )
        self._channel, self.started = ours, self.started + 1
        if not ours.poll(_START_SECONDS):
            raise EOFError
        ours.recv_bytes()
        return ours

    def _end(self, *, at_once: bool = False) -> int:
        """End the process, if there is one; return how it ended, 0 where there was none."""
        channel, process, self._channel, self._process = self._channel, self._process, None, None
        if channel is not None:
            channel.close()
        if process is None:
            return 0
        try:
            # A process that ended by itself says why; one that waits for a page finds its channel closed and ends.
            return process.wait(0 if at_once else 2)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def _why_it_ended(self, code: int) -> str:
        if code == OUT_OF_MEMORY:
            return f"it took more than {self._memory // 1_000_000} MB"
        return f"it ended the process that reads pages ({signal.Signals(-code).name if code < 0 else code})"


def _unread(reason: str) -> PageText:
    return PageText("", TextQuality.TEASER, (f"the page was not read: {reason}",))


def _page_text(told: dict[str, Any]) -> PageText:
    return PageText(str(told["text"]), TextQuality(told["quality"]), tuple(str(note) for note in told["notes"]))
