"""Deliveries against a receiver that misbehaves in every known way, and a deliverer that is killed: what is lost?

    python -m benchmarks.deliveries --alerts 10000 --kills 50

Every alert is queued once, for one channel per behaviour of the receiver and fifty recipients each. Time is
simulated: the deliverer is given a clock that jumps ten minutes between rounds, while posts, receiver and database
are real. The table says what was queued, what arrived, what arrived more than once and under which id, and what was
given up; the exit status is 0 only if nothing was lost and nothing came twice under two ids.
"""

import argparse
import json
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import select

from compliance.alert import Alert, alert_id
from compliance.coverage import RunCounts
from compliance.delivery import deliver_due
from compliance.monitor import Monitor, assemble
from compliance.settings import Settings
from compliance.store import outbox
from compliance.store.database import session_scope
from compliance.store.tables import OutboxRow

KEY = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
BEHAVIOURS = ("200", "202", "400", "401", "413", "429", "500", "hang", "cut", "redirect", "down")
GIVEN_UP = {"400", "401", "413", "redirect"}
RECIPIENTS = 50
STEP = timedelta(minutes=10)
OUTAGE = timedelta(hours=24)


@dataclass
class Receiver:
    """Keeps what it was posted: per behaviour, every (id, event) in the order of coming, and what it accepted."""

    port: int
    rng: random.Random
    posts: dict[str, list[tuple[str, str, str]]] = field(default_factory=lambda: {b: [] for b in BEHAVIOURS})
    accepted: dict[str, set[str]] = field(default_factory=lambda: {b: set() for b in BEHAVIOURS})
    lock: threading.Lock = field(default_factory=threading.Lock)
    hung: int = 0

    def answer(self, behaviour: str, alert: str, mail: dict[str, str]) -> bytes | None:
        """Return the answer's bytes, or None to cut the connection after reading."""
        with self.lock:
            seen = (
                any(alert == known for known, _, _ in self.posts[behaviour]) if behaviour in ("500", "cut") else False
            )
            self.posts[behaviour].append((alert, mail["subject"], mail["to"]))
            count = len(self.posts[behaviour])
            status = "200 OK"
            if behaviour in ("202", "400", "401", "413"):
                status = f"{behaviour} So"
            if behaviour == "429" and count % 100 == 0:
                return b"HTTP/1.1 429 Slow\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n"
            if behaviour == "500" and not seen and self.rng.random() < 0.2:
                status = "500 Oops"
            if behaviour == "cut" and not seen and self.rng.random() < 0.2:
                self.accepted[behaviour].add(alert)
                return None
            if behaviour == "redirect":
                return b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
            if behaviour == "hang" and self.hung < 5 and self.rng.random() < 0.05:
                self.hung += 1
                return b"hang"
            if status[0] == "2":
                self.accepted[behaviour].add(alert)
        return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def _serve(client: socket.socket, receiver: Receiver) -> None:
    with client:
        client.settimeout(10)
        data = b""
        while b"\r\n\r\n" not in data:
            piece = client.recv(65_536)
            if not piece:
                return
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        while len(body) < int(headers["content-length"]):
            body += client.recv(65_536)
        behaviour = lines[0].split()[1].strip("/")
        answer = receiver.answer(behaviour, headers["webhook-id"], json.loads(body))
        if answer == b"hang":
            time.sleep(2.5)
        elif answer is not None:
            client.sendall(answer)


@contextmanager
def receiving(receiver: Receiver) -> Iterator[None]:
    """Listen while the block runs."""
    listener = socket.create_server(("127.0.0.1", receiver.port), backlog=128)

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_quietly, args=(client, receiver), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _quietly(client: socket.socket, receiver: Receiver) -> None:
    try:
        _serve(client, receiver)
    except OSError:
        return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def set_up(folder: Path, ports: dict[str, int]) -> Monitor:
    """Return a monitor on a new database with one signed webhook channel per behaviour."""
    config = folder / "config"
    config.mkdir()
    (config / "feeds.yml").write_text("feeds:\n  - {id: f, url: 'https://news.example/rss', title: F}\n")
    rows = "".join(
        f"  c{b}: {{kind: webhook, url: 'http://127.0.0.1:{ports[b]}/{b}', keys: [BENCH_KEY], allow_private: true}}\n"
        for b in BEHAVIOURS
    )
    (config / "alerts.yml").write_text("channels:\n" + rows)
    os.environ["BENCH_KEY"] = KEY
    return assemble(Settings(home=folder, config=config, read_timeout=1, fetch_deadline=3))


def queue(monitor: Monitor, count: int, behaviours: tuple[str, ...]) -> dict[str, int]:
    """Queue the alerts, shared out among the channels and their recipients; return how many each channel got."""
    now, queued = datetime.now(UTC) - timedelta(seconds=1), Counter[str]()
    with session_scope(monitor.engine) as session:
        for number in range(count):
            behaviour = behaviours[number % len(behaviours)]
            to = f"r{number // len(behaviours) % RECIPIENTS}@x.example"
            event = f"event {number}"
            mail = {"from": "f@x", "to": to, "subject": event, "text": "t" * 1_500, "html": "<p>h</p>"}
            alert = Alert(alert_id(event, "e", f"c{behaviour}", to), to, mail)
            queued[behaviour] += outbox.add(
                session, alert, subject=event, event="e", run_id=None, now=now, channel=f"c{behaviour}"
            )
    return dict(queued)


def through_a_day(monitor: Monitor, receiver: Receiver, late: Receiver) -> tuple[timedelta, float]:
    """Deliver round after round until nothing waits; one channel's receiver comes up after a day. Return both times."""
    began, offset = time.monotonic(), timedelta()
    with receiving(receiver):
        while offset < OUTAGE:
            _round(monitor, offset)
            offset += STEP
        with receiving(late):
            while _round(monitor, offset) and offset < 2 * OUTAGE:
                offset += STEP
    return offset, time.monotonic() - began


def _round(monitor: Monitor, offset: timedelta) -> int:
    counts = RunCounts()
    deliver_due(monitor, counts, clock=lambda: datetime.now(UTC) + offset)
    return counts.alerts_waiting


def table(monitor: Monitor, queued: dict[str, int], receivers: list[Receiver]) -> tuple[list[str], int]:
    """Return the result as lines of Markdown, and how many alerts were lost or came under two ids."""
    with session_scope(monitor.engine) as session:
        rows = list(session.exec(select(OutboxRow.channel, OutboxRow.state)))
    states = Counter(rows)
    names = "receiver, queued, posts received, taken, given up, repeated under one id, under two ids, lost, in order"
    lines = ["| " + names.replace(", ", " | ") + " |", "|---" * 9 + "|"]
    wrong = 0
    for behaviour in queued:
        posts = [post for receiver in receivers for post in receiver.posts[behaviour]]
        taken = set().union(*(receiver.accepted[behaviour] for receiver in receivers))
        dead = states[(f"c{behaviour}", "dead")]
        ids_of: dict[str, set[str]] = {}
        for alert, event, _ in posts:
            ids_of.setdefault(event, set()).add(alert)
        unkeyed = sum(len(ids) - 1 for ids in ids_of.values())
        lost = queued[behaviour] - len(taken) - dead
        repeats = len(posts) - len({alert for alert, _, _ in posts})
        wrong += abs(lost) + unkeyed
        cells = (behaviour, queued[behaviour], len(posts), len(taken), dead, repeats, unkeyed, lost, _order(posts))
        lines.append("| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else cell for cell in cells) + " |")
    return lines, wrong


def _order(posts: list[tuple[str, str, str]]) -> str:
    """Say whether each recipient's alerts first came in the order in which they were queued."""
    last: dict[str, int] = {}
    seen: set[str] = set()
    for alert, event, to in posts:
        number = int(event.split()[1])
        if alert not in seen and number < last.get(to, -1):
            return "no"
        seen.add(alert)
        last[to] = max(number, last.get(to, -1))
    return "yes"


DELIVERER = """
import sys
from compliance.coverage import RunCounts
from compliance.delivery import deliver_due
from compliance.monitor import assemble
from compliance.settings import Settings
monitor = assemble(Settings())
print("ready", flush=True)
deliver_due(monitor, RunCounts())
print("done", flush=True)
"""


def kill_again_and_again(folder: Path, monitor: Monitor, kills: int, rng: random.Random) -> int:
    """Start a deliverer and kill it at a random moment, so many times; then let one finish. Return how many died."""
    environment = os.environ | {
        "EMBARGOWATCH_HOME": str(folder),
        "EMBARGOWATCH_CONFIG": str(monitor.settings.config),
        "BENCH_KEY": KEY,
    }
    died = 0
    for _ in range(kills):
        process = subprocess.Popen([sys.executable, "-c", DELIVERER], env=environment, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(rng.uniform(0, 0.6))
        process.kill()
        died += process.wait() == -signal.SIGKILL
        process.stdout.close()
    subprocess.run([sys.executable, "-c", DELIVERER], env=environment, check=True, stdout=subprocess.DEVNULL)
    return died


def main() -> None:
    """Run both parts and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    rng, wrong = random.Random(given.seed), 0
    if given.alerts:
        with tempfile.TemporaryDirectory() as name:
            here, late = Receiver(_free_port(), rng), Receiver(_free_port(), rng)
            ports = dict.fromkeys(BEHAVIOURS, here.port) | {"down": late.port}
            monitor = set_up(Path(name), ports)
            queued = queue(monitor, given.alerts, BEHAVIOURS)
            simulated, seconds = through_a_day(monitor, here, late)
            lines, wrong = table(monitor, queued, [here, late])
            print("\n".join(lines))
            print(f"\n{given.alerts:,} alerts, {simulated} simulated, {seconds:.0f} s; lost or under two ids: {wrong}")
            monitor.engine.dispose()
    if given.kills:
        with tempfile.TemporaryDirectory() as name:
            here = Receiver(_free_port(), rng)
            monitor = set_up(Path(name), dict.fromkeys(BEHAVIOURS, here.port))
            queued = queue(monitor, 100 * given.kills, ("200",))
            with receiving(here):
                died = kill_again_and_again(Path(name), monitor, given.kills, rng)
            lines, more = table(monitor, queued, [here])
            print("\n" + "\n".join(lines))
            print(f"\n{died} of {given.kills} deliverers were killed at work; lost or under two ids: {more}")
            wrong += more
            monitor.engine.dispose()
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
