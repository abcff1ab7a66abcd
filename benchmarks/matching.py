"""How well and how fast parties are matched to the UN list, beside two others in one run.

    EMBARGOWATCH_UN_LIST=list.xml EMBARGOWATCH_BACKGROUND=folder python -m benchmarks.matching [--held-out] [--show]

Each listed name is perturbed (perturbation.py); it is found where its own record is matched, with none before it. Names
of ordinary news (news_names.py) that are matched are false unless the news means the listed party, which someone must
have read: matching_read.txt keeps such names as digests. Four draws are for development; three others (--held-out),
with the news of another seed, are for the figures of a release. The others answer the same questions: rapidfuzz
compares with every listed name, nomenklatura's logic matcher judges the twenty names that rapidfuzz finds nearest.
nomenklatura needs libraries that exclude ours, so it runs under the interpreter that EMBARGOWATCH_NOMENKLATURA_PYTHON
names, and is left out without it.
"""

import argparse
import hashlib
import json
import os
import random
import re
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.news_names import capitalised, mentioned, stories
from benchmarks.perturbation import ways_of
from compliance.listing.index import NameIndex
from compliance.listing.listed import Listed, Sort, of_designation
from compliance.listing.match import Sought, matches
from rules.designation import DesignationList, parse_list
from rules.rulebook import load_rulebook
from rules.vocabulary import PartyType

HERE = Path(__file__).parent
DEVELOPMENT, HELD_OUT = (0, 1, 3, 4), (5, 6, 7)
TYPES = {Sort.PERSON: PartyType.PERSON, Sort.BODY: PartyType.ORGANISATION}
Answer = tuple[str, float]
Matcher = Callable[[Sequence[Sought]], list[list[Answer]]]


@dataclass(frozen=True, slots=True)
class Question:
    """A perturbed name and the record that it stands for."""

    way: str
    name: str
    sort: Sort
    key: str


def questions(found: DesignationList, draws: Sequence[int]) -> tuple[list[Question], int]:
    """Return every draw of every way for every listed name, and how many were left out as nobody could decide them.

    That is where each word of the perturbed name stands in one name of another listed party as well.
    """
    records = [of_designation(d) for d in found.designations]
    bearers: dict[str, list[tuple[frozenset[str], str]]] = defaultdict(list)
    for record in records:
        for listed in record.names:
            for word in (words := _words(listed.name)):
                bearers[word].append((words, record.key))
    asked, undecided = [], 0
    for designation, record in zip(found.designations, records, strict=True):
        for way, perturb in ways_of(designation.regime, designation.is_person).items():
            for draw in draws:
                name = perturb(designation.name, random.Random(f"{designation.data_id}/{way}/{draw}"))
                if not name or name.lower() == designation.name.lower():
                    continue
                words = _words(name)
                rarest = min(words, key=lambda w: len(bearers[w]))
                if any(key != record.key and words <= others for others, key in bearers[rarest]):
                    undecided += 1
                else:
                    asked.append(Question(way, name, record.sort, record.key))
    return asked, undecided


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", name.lower())) or frozenset((name,))


def recall(asked: Sequence[Question], answers: Sequence[list[Answer]]) -> dict[str, float]:
    """Return the share found at rank 1 by way; an equal score with another record shares the rank."""
    seen: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for question, answer in zip(asked, answers, strict=True):
        names = ("all four", question.way) if question.way != "two at once" else (question.way,)
        best = answer[0][1] if answer else 0.0
        is_found = any(key == question.key and score >= best for key, score in answer)
        for name in names:
            seen[name] += 1
            found[name] += is_found
    return {name: found[name] / seen[name] for name in seen}


def ours(index: NameIndex) -> Matcher:
    """Return this project's matcher at its own threshold."""

    def answer(asked: Sequence[Sought]) -> list[list[Answer]]:
        return [[(m.listed.key, m.score) for m in matches(sought, index)] for sought in asked]

    return answer


def brute_force(records: Sequence[Listed], threshold: float) -> Matcher:
    """Return rapidfuzz over every name of every record: sorted words, whole ratio."""
    import numpy as np
    from rapidfuzz import process, utils
    from rapidfuzz.fuzz import ratio

    flat = [(" ".join(sorted(utils.default_process(n.name).split())), r.key) for r in records for n in r.names]
    names = [name for name, _ in flat]

    def answer(asked: Sequence[Sought]) -> list[list[Answer]]:
        told: list[list[Answer]] = []
        for start in range(0, len(asked), 200):
            chunk = [" ".join(sorted(utils.default_process(s.name).split())) for s in asked[start : start + 200]]
            for row in process.cdist(chunk, names, scorer=ratio, score_cutoff=threshold, dtype=np.float32):
                best = [int(i) for i in np.argsort(-row, kind="stable")[:20] if row[i] > 0]
                told.append([(flat[i][1], float(row[i])) for i in best])
        return told

    return answer


def logic(
    python: str, records: Sequence[Listed], asked: Sequence[Sought], threshold: float
) -> tuple[list[list[Answer]], float]:
    """Return what nomenklatura's logic matcher answers among the nearest twenty names, and its own seconds."""
    near = brute_force(records, 35.0)(asked)
    by_key = {r.key: r for r in records}
    lines = []
    for sought, found in zip(asked, near, strict=True):
        keys = list(dict.fromkeys(key for key, _ in found))
        told = [{"key": k, "sort": by_key[k].sort.value, "names": [n.name for n in by_key[k].names]} for k in keys]
        lines.append({"name": sought.name, "type": sought.type, "near": told, "threshold": threshold})
    started = subprocess.run(
        [python, str(HERE / "matching_logic.py")],
        input="\n".join(map(json.dumps, lines)), capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = json.loads(started.stdout)
    return [[(key, score) for key, score in answer] for answer in told["answers"]], told["seconds"]


def false_matches(names: Sequence[Sought], answers: Sequence[list[Answer]]) -> tuple[float, list[str]]:
    """Return the false matches per 1,000 names and the names that nobody has read yet or that are false."""
    read = set((HERE / "matching_read.txt").read_text(encoding="utf-8").split())
    wrong = [
        f"{s.name} → {answer[0][0]} {answer[0][1]:.2f}"
        for s, answer in zip(names, answers, strict=True)
        if answer and mark(s.name, answer[0][0]) not in read
    ]
    return 1_000 * len(wrong) / max(1, len(names)), wrong


def mark(name: str, key: str) -> str:
    """Return the digest under which a true match of a name of the news is known."""
    return hashlib.sha256(f"{name}|{key}".encode()).hexdigest()[:12]


def main() -> None:
    """Print recall by way, false matches and names per second, for each matcher."""
    options = argparse.ArgumentParser()
    options.add_argument("--held-out", action="store_true")
    options.add_argument("--names", type=int, default=20_000)
    options.add_argument("--stories", type=int, default=4_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--show", action="store_true", help="print the names matched in news")
    given = options.parse_args()
    found = parse_list(Path(os.environ["EMBARGOWATCH_UN_LIST"]).read_bytes())
    records = [of_designation(d) for d in found.designations]
    started = time.process_time()
    index = NameIndex(records)
    print(f"{len(records)} records, index built in {time.process_time() - started:.2f} s")
    asked, undecided = questions(found, HELD_OUT if given.held_out else DEVELOPMENT)
    print(f"{len(asked)} perturbed names ({undecided} that nobody could decide left out)")
    texts = stories(Path(os.environ["EMBARGOWATCH_BACKGROUND"]), given.stories, given.seed)
    by_form = [Sought(n, t) for n, t in mentioned(texts, load_rulebook())]
    by_case = [Sought(n) for n in capitalised(texts)]
    by_case = random.Random(given.seed).sample(by_case, min(given.names, len(by_case)))
    print(f"{len(by_form)} parties found by the rules, {len(by_case)} runs of capitals, in {given.stories:,} stories")
    sought = [Sought(q.name, TYPES[q.sort]) for q in asked]
    for name, matcher in (("ours", ours(index)), ("rapidfuzz at 85", brute_force(records, 85.0))):
        times, told = [], []
        for batch in (sought, by_form, by_case):
            started = time.process_time()
            told.append(matcher(batch))
            times.append(time.process_time() - started)
        show(name, recall(asked, told[0]), times, (sought, by_form, by_case), told, given.show and name == "ours")
    if python := os.environ.get("EMBARGOWATCH_NOMENKLATURA_PYTHON"):
        some = random.Random(given.seed).sample(range(len(asked)), min(2_000, len(asked)))
        parts = ([sought[i] for i in some], by_form[:3_000], by_case[:3_000])
        answered = [logic(python, records, part, 0.7) for part in parts]
        share = recall([asked[i] for i in some], answered[0][0])
        show("logic-v1 at 0.7 of 20 nearest", share, [s for _, s in answered], parts, [a for a, _ in answered], False)


def show(
    name: str, share: dict[str, float], times: Sequence[float], parts: Sequence[Sequence[Sought]],
    told: Sequence[list[list[Answer]]], in_full: bool,
) -> None:  # fmt: skip
    """Print one matcher's figures."""
    print(f"\n{name}\n  " + ", ".join(f"{way} {value:.3f}" for way, value in sorted(share.items())))
    speeds = [len(part) / seconds for part, seconds in zip(parts, times, strict=True)]
    print(f"  names per second: perturbed {speeds[0]:,.0f}, by form {speeds[1]:,.0f}, capitalised {speeds[2]:,.0f}")
    for kind, part, answers in zip(("by form", "capitalised"), parts[1:], told[1:], strict=True):
        rate, wrong = false_matches(part, answers)
        print(f"  false matches per 1,000 names {kind}: {rate:.2f} ({len(wrong)} of {len(part)})")
        if in_full:
            print("".join(f"    {line}\n" for line in wrong), end="")


if __name__ == "__main__":
    main()
