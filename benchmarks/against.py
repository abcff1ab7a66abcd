"""How much faster this tree screens than another one, say a commit of before, taking turns on the same stories.

    git worktree add --detach ../before COMMIT
    EMBARGOWATCH_BACKGROUND=folder python benchmarks/against.py ../before [STORIES]

Each tree runs in a process of its own, one at a time; a machine that is busy slows both. Every turn has stories of its
own. Times are of the processor, without start-up. What each tree answers is compared too, but for its versions.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import IO

TURNS = 5
# What is timed, at which length, on which share of the stories that are asked for.
WORK = (("screen", 400, 1.0), ("screen", 3_000, 0.25), ("extract", 3_000, 0.05))


def work() -> None:
    """Load this process's tree, then time what each line of standard input asks for."""
    from benchmarks.screening import stories_of
    from compliance.judging import Judges
    from compliance.monitor import load_policy, open_model, open_rulebook
    from compliance.settings import Settings
    from compliance.story import Story
    from compliance.stream import judge_lines
    from rules.extraction import extract

    settings, rulebook = Settings(), open_rulebook()
    judges = Judges(open_model(settings, rulebook), rulebook, load_policy(settings.config / "screening.yml"))

    def screened(stories: Sequence[Story]) -> list[object]:
        lines = [json.dumps({"id": s.id, "title": s.title, "text": s.text}).encode() for s in stories]
        return [{**answer, "versions": ""} for answer in judge_lines(lines, judges)]

    def extracted(stories: Sequence[Story]) -> list[object]:
        found = [extract(s.title, s.text, None, rulebook) for s in stories]
        return [repr(one).replace(rulebook.version, "") for one in found]

    does: dict[str, Callable[[Sequence[Story]], list[object]]] = {"screen": screened, "extract": extracted}
    print("ready", flush=True)
    for asked in sys.stdin:
        name, length, first, count = json.loads(asked)
        stories = stories_of(length, first + count)[first:]
        started = time.process_time()
        answers = does[name](stories)
        taken = time.process_time() - started
        print(json.dumps([taken / count, sha256(repr(answers).encode()).hexdigest()]), flush=True)


class Tree:
    """A process that works with one tree."""

    def __init__(self, folder: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONHASHSEED": "0"}
        command = [sys.executable, "-P", str(Path(__file__).resolve()), "--work"]
        self._process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._read().readline()

    def _read(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def ask(self, name: str, length: int, first: int, count: int) -> tuple[float, str]:
        """Return the seconds of the processor for one story, and a digest of what was answered."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([name, length, first, count]) + "\n")
        self._process.stdin.flush()
        taken, digest = json.loads(self._read().readline())
        return taken, digest


def main() -> None:
    """Measure and print."""
    other, count = Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 2_000
    ours, theirs = Tree(Path(__file__).resolve().parents[1]), Tree(other)
    for name, length, share in WORK:
        some = max(1, int(count * share))
        turns = []
        for turn in range(TURNS + 1):
            pair = [tree.ask(name, length, turn * some, some) for tree in (ours, theirs)]
            if pair[0][1] != pair[1][1]:
                print(f"  the trees answer differently among stories {turn * some} to {(turn + 1) * some}")
            turns.append((pair[0][0], pair[1][0]))
        # The first turn fills what is kept, and is not counted.
        now, then = (1 / statistics.median(side) for side in zip(*turns[1:], strict=True))
        ratio = statistics.median(before / after for after, before in turns[1:])
        print(
            f"{name} at {length:,} characters: {now:,.0f} a second here, {then:,.0f} there; {ratio:.2f} times as fast"
        )


if __name__ == "__main__":
    work() if sys.argv[1:] == ["--work"] else main()
