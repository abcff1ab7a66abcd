"""Reading many feeds: 1,000 feeds of 50 entries on loopback, read once, read again unchanged, and ten times as much.

    python benchmarks/feeds.py [FEEDS] [ENTRIES] [DELAY_MS] [TIMES]

Every feed is served over HTTP by a process of its own, which answers after DELAY_MS and knows ETags; every run is a
process of its own on an SQLite file. Prints, for each: wall time, processor time, requests, peak memory, the share
of the run in which no thread of it needed the processor, and how long it would take one feed after the other.
"""

import json
import os
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

WIRE = "Inspectors said the freighter left the quay at night and that its cargo was not declared to the port. " * 4
_WORDS = "port crew cargo panel ship night quay border truck fuel bank firm trader court army gold coal flag"


def told(feed: int, n: int) -> str:
    """Return about 400 characters: one text in ten is a wire's, which thousands repeat, the others are their own."""
    if n % 10 == 0:
        return WIRE
    chosen = random.Random(f"{feed} {n}").choices(_WORDS.split(), k=60)
    return " ".join(f"{word}{number % 7}" if number % 3 else word for number, word in enumerate(chosen))


def rss(feed: int, entries: int) -> bytes:
    """Return one feed of so many entries, each with a guid, a link, a date and about 400 characters."""
    items = "".join(
        f"<item><title>Report {n} of feed {feed}</title><guid isPermaLink='false'>{feed}-{n}</guid>"
        f"<link>https://f{feed}.example/{n}</link><pubDate>Fri, 20 Nov 2026 {n % 24:02}:00:00 GMT</pubDate>"
        f"<description>{told(feed, n)}</description></item>"
        for n in range(entries)
    )
    return (
        f"<?xml version='1.0'?><rss version='2.0'><channel><title>Feed {feed}</title>{items}</channel></rss>".encode()
    )


class Server(ThreadingHTTPServer):
    """Takes a thousand connections at once without refusing any."""

    request_queue_size = 1_000
    daemon_threads = True


def serve(port_file: str, entries: int, delay: float) -> None:
    """Serve feeds until killed; ``/count`` tells how many requests came and how many were answered 304."""
    asked = {200: 0, 304: 0}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/count":
                self._answer(200, json.dumps(asked).encode(), "")
                return
            time.sleep(delay)
            tag = f'"{self.path}"'
            status = 304 if self.headers.get("If-None-Match") == tag else 200
            asked[status] += 1
            self._answer(status, b"" if status == 304 else rss(int(self.path[1:]), entries), tag)

        def _answer(self, status: int, body: bytes, tag: str) -> None:
            self.send_response(status)
            self.send_header("ETag", tag)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = Server(("127.0.0.1", 0), Handler)
    Path(port_file).write_text(str(server.server_address[1]))
    server.serve_forever()


def read(catalogue: str) -> None:
    """Read the catalogue's feeds once in this process and print what it took as JSON."""
    from compliance import pipeline
    from compliance.coverage import RunCounts
    from compliance.ingest import ingest
    from compliance.monitor import assemble
    from compliance.settings import Settings

    monitor, counts = assemble(Settings(), Path(catalogue)), RunCounts()
    run_id = pipeline.open_run(monitor.engine, "poll")
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    ingest(monitor, run_id, counts)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    faults = pipeline.close_poll(monitor.engine, run_id, counts)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told = {"wall": wall, "processor": processor, "peak": after.ru_maxrss / 1024, "faults": faults}
    print(json.dumps(told | {"states": counts.feeds_by_state, "entries": counts.entries, "new": counts.stories_new}))


def requests_so_far(port: str) -> dict[str, int]:
    """Ask the server how often it answered, by status."""
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        connection.sendall(b"GET /count HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    found: dict[str, int] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


def measure(feeds: int, entries: int, delay_ms: int, names: tuple[str, ...]) -> None:
    """Serve the feeds and read them once for each name, printing a line for each."""
    with tempfile.TemporaryDirectory() as home:
        port_file, catalogue = Path(home) / "port", Path(home) / "feeds.yml"
        command = [sys.executable, __file__, "serve", str(port_file), str(entries), str(delay_ms / 1000)]
        server = subprocess.Popen(command)
        try:
            while not port_file.exists() or not port_file.read_text():
                time.sleep(0.05)
            port = port_file.read_text()
            rows = (f"  - {{id: f{n}, url: 'http://127.0.0.1:{port}/{n}', title: Feed {n}}}\n" for n in range(feeds))
            catalogue.write_text("feeds:\n" + "".join(rows))
            for name in names:
                _one_run(name, catalogue, home, port, feeds, delay_ms)
        finally:
            server.kill()
            server.wait()


def _one_run(name: str, catalogue: Path, home: str, port: str, feeds: int, delay_ms: int) -> None:
    before = requests_so_far(port)
    environment = os.environ | {"EMBARGOWATCH_HOME": home, "EMBARGOWATCH_ALLOW_PRIVATE_FEEDS": "true"}
    done = subprocess.run(
        [sys.executable, __file__, "read", str(catalogue)], env=environment, capture_output=True, check=True
    )
    told, after = json.loads(done.stdout), requests_so_far(port)
    answered = {status: after[status] - before[status] for status in after}
    waiting = max(0.0, 1 - told["processor"] / told["wall"])
    print(
        f"{name}: {told['wall']:.1f} s wall, {told['processor']:.1f} s processor, {waiting:.0%} waiting, "
        f"{told['peak']:.0f} MB peak; {answered['200']} requests answered 200, {answered['304']} answered 304; "
        f"{told['entries']:,} entries, {told['new']:,} new; {told['states']}; faults {told['faults']}; "
        f"{feeds * delay_ms / 1000:.0f} s of waiting one after the other",
        flush=True,
    )


def main() -> None:
    """Measure what the command line asks for."""
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
        return
    if sys.argv[1:2] == ["read"]:
        read(sys.argv[2])
        return
    given = [int(word) for word in sys.argv[1:]]
    feeds, entries, delay_ms, times = (*given, *(1_000, 50, 100, 10)[len(given) :])
    measure(feeds, entries, delay_ms, ("first run", "second run"))
    if times > 1:
        measure(feeds, entries * times, delay_ms, (f"{times} times the entries",))


if __name__ == "__main__":
    main()
