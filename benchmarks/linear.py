"""Whether the time of the rules grows with the text and nothing else, on inputs made to break that.

    python benchmarks/linear.py

Each form of text is read at one length and at eight times that length, in one run on one core: the ratio of the times
counts. A form whose ratio is beyond three times the ratio of the lengths grows faster than the text, and fails the run.
Times are of the processor, without start-up.
"""

import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial

from rules.dating import dated_acts
from rules.days import days_in
from rules.extraction import extract, read_story, told_acts
from rules.measures import measures_for
from rules.rulebook import Rulebook, load_rulebook
from rules.vocabulary import Field

TIMES, ROUNDS, SHORT = 8, 2, 8_000
# Three times the ratio of the lengths, where a square would be eight times; and a little for what is the same for all.
MOST, LEAST_SECONDS = 3.0 * TIMES, 0.02
ON = date(2024, 6, 1)
FORMS: dict[str, Callable[[int], str]] = {
    "news": lambda n: _filled("Iran sent rifles to the Houthis in 2019, a court in Aden heard. ", n),
    "one sentence": lambda n: _filled("Iran sent rifles and drones to Russia and ", n),
    "names": lambda n: " ".join(f"Mr Abaru{i} Bekele{i % 97} of Firm{i} Ltd sold rifles." for i in range(n // 46)),
    "names of a list": lambda n: ", ".join(f"Company Nr {i} Trading LLC" for i in range(n // 26)),
    "days": lambda n: _filled("between 2000 and 2003, from 2 May 2001 to 2002, in 2004, ", n),
    "beginnings of days": lambda n: _filled("between 2000 and from 2001 to ", n),
    "digits": lambda n: "2" * n,
    "years": lambda n: _filled("2000-", n),
    "months": lambda n: _filled("march ", n),
    "blanks": lambda n: " " * n,
    "lines": lambda n: "\n" * n,
    "full stops": lambda n: "." * n,
    "quotes": lambda n: _filled("“„«", n),
    "one target": lambda n: _filled("Iran ", n),
    "sanctions": lambda n: _filled("US sanctions EU sanctions ", n),
    "combining": lambda n: _filled("e\u0301\u0327", n),
    "Korean": lambda n: _filled("북한이 무기를 보냈다. ", n),
    "Arabic": lambda n: _filled("أرسلت إيران أسلحة. ", n),
}  # fmt: skip


def _filled(unit: str, length: int) -> str:
    return (unit * (length // len(unit) + 1))[:length]


def seconds(work: Callable[[], object]) -> float:
    """Return the least processor time of a few rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


def law_of_every_act(text: str, rulebook: Rulebook) -> int:
    """Hold every measure against every act of a text."""
    read = read_story("", text, rulebook)
    fields = {Field.TITLE: "", Field.TEXT: text}
    acts, _ = told_acts(read, "", text, rulebook)
    dated = dated_acts(acts, read.clauses, fields, ON, rulebook)
    return sum(len(measures_for(act, ON, rulebook, fields, read.clauses)) for act in dated[:20])


def main() -> int:
    """Print one line for each form; return 1 where one grows faster than its text."""
    rulebook = load_rulebook()
    extract("", FORMS["news"](SHORT), ON, rulebook)
    works: dict[str, Callable[[str], object]] = {
        "extract": lambda text: extract("", text, ON, rulebook),
        "days": lambda text: list(days_in(text, ON)),
        "law": lambda text: law_of_every_act(text, rulebook),
    }
    failed = 0
    print(f"{'form':22}" + "".join(f"{name:>28}" for name in works))
    for form, text_of in FORMS.items():
        short, long = text_of(SHORT), text_of(SHORT * TIMES)
        told = []
        for work in works.values():
            once, more = seconds(partial(work, short)), seconds(partial(work, long))
            fails = more > MOST * once + LEAST_SECONDS
            failed += fails
            told.append(f"{once * 1e3:8.1f} → {more * 1e3:9.1f} ms{' FAIL' if fails else '     '}")
        print(f"{form:22}" + "".join(f"{cell:>28}" for cell in told), flush=True)
    megabyte = FORMS["news"](1_000_000)
    print(f"a story of 1 MB: {seconds(lambda: extract('', megabyte, ON, rulebook)):.2f} s")
    names = FORMS["names"](46 * 10_000)
    print(f"10,000 names: {seconds(lambda: extract('', names, ON, rulebook)):.2f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
