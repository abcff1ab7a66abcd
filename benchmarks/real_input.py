"""The nightly job on real news: RSS feeds made on the fly, served over HTTP on loopback, run once and run again.

    EMBARGOWATCH_BACKGROUND=folder EMBARGOWATCH_SEED_STORY=file python benchmarks/real_input.py [ITEMS] [FLAGGED.jsonl]

Prints wall time, processor time and peak memory of both runs, and writes every flagged item for reading. Nothing of the
news is kept in the project.
"""

import gzip
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from compliance.stream import as_utc

PER_FEED = 100


def items(folder: Path, seed: Path, count: int) -> list[dict[str, str]]:
    """Return ``count`` items drawn evenly from the folder's files, and the seed story among them."""
    found: list[dict[str, str]] = []
    files = sorted(folder.glob("*.jsonl.gz"))
    for path in files:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        found += random.Random(7).sample(rows, min(len(rows), count // len(files)))
    text = seed.read_text(encoding="utf-8").strip()
    title = text.partition(". ")[0]
    found.append({"id": "seed", "title": title, "text": text, "date": "2024-01-16"})
    random.Random(7).shuffle(found)
    return found


def rss(name: str, rows: list[dict[str, str]]) -> bytes:
    """Return the rows as one RSS feed."""
    entries = []
    for row in rows:
        try:
            date = f"<pubDate>{format_datetime(as_utc(row.get('date') or ''))}</pubDate>"
        except ValueError:
            date = ""
        entries.append(
            f"<item><title>{escape(row['title'])}</title><guid isPermaLink='false'>{escape(row['id'])}</guid>"
            f"<link>https://news.example/{escape(row['id'])}</link>{date}"
            f"<description>{escape(escape(row['text']))}</description></item>"
        )
    head = f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>{name}</title>"
    return (head + "".join(entries) + "</channel></rss>").encode("utf-8", "replace")


def serve(feeds: dict[str, bytes]) -> ThreadingHTTPServer:
    """Serve the feeds on loopback from a thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = feeds[self.path]
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    """Build the feeds, run the job twice, print what it took and what it flagged."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    rows = items(Path(os.environ["EMBARGOWATCH_BACKGROUND"]), Path(os.environ["EMBARGOWATCH_SEED_STORY"]), count)
    parts = [rows[i : i + PER_FEED] for i in range(0, len(rows), PER_FEED)]
    server = serve({f"/{n}": rss(f"Feed {n}", part) for n, part in enumerate(parts)})
    with tempfile.TemporaryDirectory() as home:
        catalogue = Path(home) / "feeds.yml"
        base = f"http://127.0.0.1:{server.server_address[1]}"
        catalogue.write_text(
            "feeds:\n" + "".join(f"  - {{id: f{n}, url: '{base}/{n}', title: Feed {n}}}\n" for n in range(len(parts)))
        )
        environment = os.environ | {"EMBARGOWATCH_HOME": home, "EMBARGOWATCH_ALLOW_PRIVATE_FEEDS": "true"}
        command = [sys.executable, "-m", "compliance"]
        for name in ("first run", "second run"):
            started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(
                [*command, "run", "--feeds", str(catalogue), "--json"],
                env=environment,
                capture_output=True,
                check=False,
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            counts = json.loads(done.stdout)
            processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(
                f"{name}: exit {done.returncode}, {time.perf_counter() - started:.1f} s wall, {processor:.1f} s CPU, "
                f"peak {after.ru_maxrss / 1024:.0f} MB; new {counts['stories_new']}, screened {counts['screened']}, "
                f"verdicts {counts['verdicts']}, opened {counts['cases_opened']}, reconciled {counts['reconciled']}"
            )
        shown = subprocess.run(
            [*command, "export", "-", "--what", "cases"], env=environment, capture_output=True, check=True
        )
    cases = [json.loads(line) for line in shown.stdout.splitlines()]
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_bytes(shown.stdout)
    flagged = [case for case in cases if case["origin"] != "random"]
    for case in sorted(flagged, key=lambda c: -c["score"]):
        for story in case["stories"]:
            score, published = story["judgement"]["score"], story["published"] or ""
            print(f"{score:.3f} {case['verdict']:6} {published:10.10} {story['title'][:110]} | {case['act'][:90]}")


if __name__ == "__main__":
    main()
