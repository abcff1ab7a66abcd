"""One feed document on standard input, what it holds on standard output: run by ``bounded`` and ended by its limits."""

import json
import resource
import sys
from dataclasses import asdict
from datetime import datetime
from typing import Any

from compliance.intake.parser import parse_feed
from compliance.story import FeedDocument


def main() -> None:
    """Read a line of JSON and the body behind it; write state, reason and entries as JSON."""
    seconds, memory = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    head, _, body = sys.stdin.buffer.read().partition(b"\n")
    told = json.loads(head)
    now = datetime.fromisoformat(told.pop("now"))
    document = FeedDocument(status=200, body=body, digest="", fetched_at=now, **told)
    found = parse_feed(document, now=now)
    sys.stdout.write(json.dumps(asdict(found), default=_plain))


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


if __name__ == "__main__":
    main()
