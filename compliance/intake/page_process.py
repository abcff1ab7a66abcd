"""Pages from a channel, the article of each back into it: run by ``page_reader`` and ended by its limits."""

import json
import os
import resource
import signal
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from compliance.intake.article import read_page
from compliance.story import FeedDocument

OUT_OF_MEMORY = 75
# A process that a large page has filled begins the next page with less room, so another one takes its place.
_WORN_SHARE = 0.6


def main() -> None:
    """Read one page after the other until the channel is closed; end where one takes more memory than is allowed."""
    place, seconds, memory = (int(given) for given in sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with Connection(place) as channel:
        channel.send_bytes(b"ready")
        try:
            while _answer(channel, seconds, memory):
                pass
        except EOFError:
            return
        except MemoryError:
            # Nothing is tidied up: that would take memory.
            os._exit(OUT_OF_MEMORY)


def _answer(channel: Connection, seconds: int, memory: int) -> bool:
    """Read one page and send its article; return whether another one may follow."""
    told = json.loads(channel.recv_bytes())
    document = FeedDocument(status=200, body=channel.recv_bytes(), digest="", fetched_at=datetime.now(UTC), **told)
    # The other side ends what takes longer; where it has died itself, the alarm does.
    signal.alarm(seconds + 5)
    found = asdict(read_page(document))
    signal.alarm(0)
    is_worn = _taken() > memory * _WORN_SHARE
    channel.send_bytes(json.dumps(found | {"is_last": is_worn}).encode())
    return not is_worn


def _taken() -> int:
    """Return the bytes that count against the limit, as far as the system tells (Linux does)."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * resource.getpagesize()
    except OSError:
        return 0


if __name__ == "__main__":
    main()
