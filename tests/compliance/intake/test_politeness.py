import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.intake.politeness import HostQueues, host_of, is_own


def drained(queues: HostQueues[str], now: float) -> list[str]:
    taken = []
    while found := queues.take(now):
        taken.append(found[1])
    return taken


def test_two_starts_at_one_host_lie_the_delay_apart_and_other_hosts_do_not_wait() -> None:
    queues: HostQueues[str] = HostQueues(2, 1.0)
    for job in ("a1", "a2", "a3"):
        queues.add("a.example", job, 0)
    queues.add("b.example", "b1", 0)
    assert drained(queues, 0) == ["a1", "b1"]
    assert queues.wait(0.25) == 0.75
    assert drained(queues, 0.9) == [] and drained(queues, 1.0) == ["a2"]
    assert drained(queues, 5) == []  # two of the host are running
    queues.done("a.example", 5)
    assert drained(queues, 5) == ["a3"] and len(queues) == 0


def test_a_host_that_asks_for_patience_gets_it() -> None:
    queues: HostQueues[str] = HostQueues(4, 0)
    queues.add("a.example", "a1", 0)
    queues.hold("a.example", 30)
    queues.slow_down("a.example", 10)
    assert drained(queues, 29.9) == [] and drained(queues, 30) == ["a1"]
    queues.add("a.example", "a2", 31)
    assert drained(queues, 39) == [] and drained(queues, 40) == ["a2"]


def test_what_is_urgent_goes_before_other_hosts() -> None:
    queues: HostQueues[str] = HostQueues(1, 0)
    for n in range(5):
        queues.add(f"h{n}.example", f"feed{n}", 0)
    queues.add("p.example", "page", 0, is_urgent=True)
    assert drained(queues, 0)[0] == "page"


def test_jobs_that_are_dropped_are_given_back_and_not_run() -> None:
    queues: HostQueues[str] = HostQueues(1, 0)
    for job in ("x1", "y1", "x2"):
        queues.add("a.example", job, 0)
    assert queues.drop("a.example", lambda job: job.startswith("x")) == ["x1", "x2"]
    assert drained(queues, 0) == ["y1"] and len(queues) == 0


@pytest.mark.parametrize(
    ("url", "host", "own"),
    [
        ("http://127.0.0.1:8/x", "127.0.0.1", True),
        ("http://[::1]/", "::1", True),
        ("http://LOCALHOST/", "localhost", True),
        ("folder:x", "", True),
        ("https://News.Example./x", "news.example", False),
        ("http://10.0.0.1/", "10.0.0.1", False),
        ("http://[", "", True),
    ],
)
def test_the_host_is_that_of_the_address_and_only_our_own_needs_no_politeness(url: str, host: str, own: bool) -> None:
    assert host_of(url) == host and is_own(host) is own


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 3)), max_size=60), st.integers(1, 3), st.floats(0.1, 2))
def test_every_job_runs_once_and_no_host_is_hurried(jobs: list[tuple[int, float]], most: int, delay: float) -> None:
    queues: HostQueues[int] = HostQueues(most, delay)
    for number, (host, _) in enumerate(jobs):
        queues.add(f"h{host}.example", number, 0)
    now, started, running = 0.0, [], []
    last: dict[str, float] = {}
    for _ in range(10_000):
        for end, host in [r for r in running if r[0] <= now]:
            running.remove((end, host))
            queues.done(host, now)
        while taken := queues.take(now):
            host, number = taken
            assert now >= last.get(host, -9) + delay - 1e-9
            last[host] = now
            running.append((now + jobs[number][1], host))
            assert sum(h == host for _, h in running) <= most
            started.append(number)
        if not running and not len(queues):
            break
        now += 0.05
    assert sorted(started) == list(range(len(jobs)))
