"""feedparser's own test documents, served over HTTP on loopback and read by the code behind ``embargowatch feeds try``.

    pip download --no-binary :all: --no-deps feedparser && tar xzf feedparser-*.tar.gz
    python benchmarks/feedparser_documents.py feedparser-6.0.14

For every document: no crash; a state of the closed list; no fewer entries than feedparser itself finds in the same
bytes under the same header; every date one that feedparser read from that entry; every link http or https, and
nothing asked for that the document names. Prints what was found; exit status 1 if any document fails.
"""

import calendar
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import feedparser

from compliance.cli_feeds import read_feed
from compliance.intake.parser import MAX_ENTRIES, ParsedFeed
from compliance.settings import Settings
from compliance.story import Entry, Feed, FeedState

_HEADER = re.compile(rb"^Header:\s+([^:\r\n]+):([^\r\n]+)$", re.MULTILINE)
_DATES = ("published_parsed", "updated_parsed", "created_parsed")
_SENT = ("content-type", "content-location", "content-language")


@dataclass
class Tally:
    """What was found in all documents."""

    documents: int = 0
    entries: int = 0
    directly: int = 0
    dates: int = 0
    undated: int = 0
    links: int = 0
    states: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def documents(folder: Path) -> Iterator[Path]:
    """Yield every feed among the tests, and no program."""
    yield from (p for p in sorted((folder / "tests").rglob("*")) if p.is_file() and p.suffix not in (".py", ".pyc"))


def headers(path: Path, body: bytes) -> dict[str, str]:
    """Return the headers a document asks to be served with, as feedparser's own server reads them."""
    named = {k.decode("latin-1").strip().lower(): v.decode("latin-1").strip() for k, v in _HEADER.findall(body)}
    if path.parent.name == "compression":
        named["content-encoding"] = "gzip" if path.suffix == ".gz" else "deflate"
    named.setdefault("content-type", "application/xml")
    return named


@contextmanager
def served(folder: Path, asked: list[str]) -> Iterator[str]:
    """Serve the documents; ``asked`` collects every path that was asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            path = folder / unquote(urlsplit(self.path).path).lstrip("/")
            if not path.is_file():
                self.send_error(404)
                return
            body = path.read_bytes()
            self.send_response(200)
            for key, value in headers(path, body).items():
                if key in (*_SENT, "content-encoding"):
                    self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def check(path: Path, name: str, url: str, settings: Settings, tally: Tally) -> None:
    """Read one document both ways and note every promise it breaks."""
    tally.documents += 1
    body = path.read_bytes()
    sent = headers(path, body)
    try:
        ours = read_feed(Feed("try", url, name), settings, allow_private=True)
    except Exception as error:  # noqa: BLE001  (a crash is what this looks for)
        tally.faults.append(f"{name}: crashed with {type(error).__name__}: {error}")
        return
    tally.states[ours.state.value] += 1
    known = {k: v for k, v in sent.items() if k in ("content-type", "content-encoding")}
    theirs = feedparser.parse(body, response_headers=known | {"content-location": url})
    tally.entries += len(ours.entries)
    tally.directly += len(theirs.entries)
    if len(ours.entries) < min(len(theirs.entries), MAX_ENTRIES):
        tally.faults.append(f"{name}: {len(ours.entries)} entries, feedparser finds {len(theirs.entries)}: {ours}")
    if ours.state not in tuple(FeedState):
        tally.faults.append(f"{name}: state {ours.state}")
    _check_entries(name, ours, theirs, tally)


def _check_entries(name: str, ours: ParsedFeed, theirs: feedparser.FeedParserDict, tally: Tally) -> None:
    for entry, their in zip(ours.entries, theirs.entries, strict=False):
        theirs_read = _moments(their)
        tally.undated += entry.published is None and bool(theirs_read)
        if entry.published is not None:
            tally.dates += 1
            if entry.published not in theirs_read:
                tally.faults.append(f"{name}: {entry.published} is no date of the entry")
        if entry.link is not None:
            tally.links += 1
            if urlsplit(entry.link).scheme not in ("http", "https"):
                tally.faults.append(f"{name}: link {entry.link!r}")
        if why := _unsafe(entry):
            tally.faults.append(f"{name}: {why}")


def _moments(their: feedparser.FeedParserDict) -> set[datetime]:
    read = (dict.get(their, key) for key in _DATES)
    return {datetime.fromtimestamp(calendar.timegm(parsed), UTC) for parsed in read if parsed}


def _unsafe(entry: Entry) -> str:
    text = "".join((entry.title, entry.summary, entry.content, entry.author or "", entry.guid or ""))
    if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text):
        return "a control, bidi or surrogate character is left"
    return "a script is left" if re.search(r"<\s*(?:script|iframe|object|embed)\b", text, re.I) else ""


def main() -> None:
    """Read every document, print what was found, and end with status 1 if any promise was broken."""
    folder, tally, asked = Path(sys.argv[1]), Tally(), list[str]()
    settings, started = Settings(), time.perf_counter()
    with served(folder, asked) as base:
        for path in documents(folder):
            name = path.relative_to(folder).as_posix()
            check(path, name, f"{base}/{quote(name)}", settings, tally)
    seconds = time.perf_counter() - started
    # A cut or damaged answer is asked for once more; anything but the documents themselves is asked for by nobody.
    wanted = {f"/{quote(path.relative_to(folder).as_posix())}" for path in documents(folder)}
    tally.faults += [f"{path} was asked for by nobody" for path in set(asked) - wanted]
    print(f"{tally.documents} documents in {seconds:.1f} s; {dict(sorted(tally.states.items()))}")
    print(
        f"{tally.entries} entries (feedparser directly: {tally.directly}), {tally.links} links, {tally.dates} dates "
        f"({tally.undated} entries undated where feedparser reads one: incomplete, before 1990 or ahead)"
    )
    print(f"{len(tally.faults)} faults")
    for fault in tally.faults:
        print(f"  {fault[:300]}")
    raise SystemExit(1 if tally.faults else 0)


if __name__ == "__main__":
    main()
