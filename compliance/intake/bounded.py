"""Feeds that could take long are parsed in a process of their own, with limits of time and memory.

Reading a hostile document costs up to twenty seconds a megabyte, and an element of many attributes the square of
their number. A thread cannot be stopped, so what is small is read here and anything else in a process that can be.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from compliance.intake.entries import ParsedFeed
from compliance.intake.parser import parse_feed
from compliance.story import Entry, FeedDocument, FeedState

# Of processor time: a busy machine must not make a good feed look like a hostile one.
SECONDS = 15
MEMORY = 1_000_000_000
_WALL_TO_PROCESSOR = 6
_LIGHT_BYTES, _LIGHT_ATTRIBUTES = 512 * 1024, 5_000
# More processes than processors would only wait for one another.
_PLACES = threading.Semaphore(max(1, os.cpu_count() or 1))
_ROOT = Path(__file__).resolve().parents[2]
# The process reads what strangers wrote: it gets no setting and no secret.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "SYSTEMROOT")


def parse_within_limits(document: FeedDocument, *, now: datetime, seconds: int = SECONDS) -> ParsedFeed:
    """Return what ``parse_feed`` makes of the document, or a parse error where that takes too long or too much.

    ``seconds`` are of processor time.
    """
    if not is_heavy(document.body):
        return parse_feed(document, now=now)
    head = {
        "url": document.url,
        "final_url": document.final_url,
        "content_type": document.content_type,
        "now": now.isoformat(),
    }
    command = [sys.executable, "-m", "compliance.intake.parser_process", str(seconds), str(MEMORY)]
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    try:
        with _PLACES:
            done = subprocess.run(  # noqa: S603  (our own module, no shell)
                command,
                input=json.dumps(head).encode() + b"\n" + document.body,
                capture_output=True,
                timeout=seconds * _WALL_TO_PROCESSOR,
                check=False,
                cwd=_ROOT,
                env=environment,
            )
        if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            return ParsedFeed(FeedState.PARSE_ERROR, f"reading it took more than {seconds} seconds")
        return _read(json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        return ParsedFeed(FeedState.PARSE_ERROR, f"reading it took longer than {seconds * _WALL_TO_PROCESSOR} seconds")
    except (ValueError, KeyError, TypeError, OSError):
        return ParsedFeed(FeedState.PARSE_ERROR, "reading it took more time or memory than is allowed")


def is_heavy(body: bytes) -> bool:
    """True where reading the body in this process could take more than a few seconds."""
    return len(body) > _LIGHT_BYTES or body.count(b"=") > _LIGHT_ATTRIBUTES


def _read(told: dict[str, Any]) -> ParsedFeed:
    entries = tuple(_entry(row) for row in told["entries"])
    state, warnings = FeedState(told["state"]), tuple(told["warnings"])
    return ParsedFeed(state, told["reason"], entries, told["title"], warnings, told["broken"], told["is_cut"])


def _entry(row: dict[str, Any]) -> Entry:
    published = row["published"]
    moment = datetime.fromisoformat(published) if published else None
    return Entry(**row | {"published": moment, "notes": tuple(row["notes"])})
