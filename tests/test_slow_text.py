"""No text makes a story slow, and no pattern of the project a text: each is tried on 100 kB of every kind."""

import importlib
import pkgutil
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

import compliance
import rules
from compliance.intake.article import quality_of
from compliance.intake.fingerprint import entry_digest, fingerprint
from compliance.intake.text import clean_text, mended, one_line
from compliance.judging import Judges, _acts_told
from compliance.language import language_of
from compliance.monitor import load_policy, open_model, open_rulebook
from compliance.particulars import place_names
from compliance.screening import judgement
from compliance.settings import Settings
from compliance.story import Entry, Story
from compliance.stream import dump

MB = 1_000_000
TEXTS = {
    "one word": "shells" * (MB // 6),
    "capitals": "AB" * (MB // 2),
    "opening brackets": "(" * 30_000,
    "pairs of brackets": "(" * 15_000 + ")" * 15_000,
    "quotation marks": '"' * 100_000 + "'" * 100_000,
    "full stops": "A. " * (MB // 3),
    "an act again and again": "North Korea shipped artillery shells to Russia, inspectors found. " * 1_500,
    "names alone": "Iran Russia Yemen Kim Jong Un " * 3_300,
    "numbers": "1,000,000.00 " * 8_000,
    "marks over letters": "a" + "\u0301" * 200_000,
    "lines": "\n" * 500_000 + "\n \n" * 100_000,
    "hyphens and dashes": "-" * 50_000 + "a-" * 50_000 + "\u2013 " * 50_000,
}
SIZE = 100_000
KINDS = {
    **{name: (text * (SIZE // len(text) + 1))[:SIZE] for name, text in TEXTS.items()},
    "blanks": " " * SIZE,
    "markup": "<a b='" * (SIZE // 6),
    "tags closed": "<p>" * (SIZE // 6) + "</p>" * (SIZE // 8),
    "parties as the frames see them": "<1|P=Iran V=say:p w=x>" * (SIZE // 22),
    "words as the frames see them": "<1|w=and><2|w=,>" * (SIZE // 16),
    "escapes": "%2f&amp;\\u0041" * (SIZE // 14),
    "addresses": "https://www.x.example/a?b=c&" * (SIZE // 28),
    "declarations": "@a{b:c;" * (SIZE // 7),
    "days": "on 3 May 2024, in March 2025 " * (SIZE // 29),
    "ships": "MV Lady Rose (IMO 8905490), " * (SIZE // 28),
}
LIMIT = 5.0
# Patterns that are asked only whether they are all of a piece, and one that is only given so many characters: a name
# before another. They are tried as they are used.
WHOLE = (r"(?:[A-Z]\w+ ){1,3}(?:Airlines?|Airways)", r"([a-z][a-z0-9]*)?([.#][\w-]+)")
BOUNDED = {r"([A-Z][\w-]*) $": 24}


class TooSlow(BaseException):
    """A search that the alarm ended."""


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    def ended(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, ended)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def patterns_in(value: Any, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4 and isinstance(value, dict):
        yield from (p for inner in list(value.values())[:5_000] for p in patterns_in(inner, depth + 1))
    elif depth < 4 and isinstance(value, tuple | list | set | frozenset):
        yield from (p for inner in list(value)[:5_000] for p in patterns_in(inner, depth + 1))
    elif depth < 4 and is_dataclass(value) and not isinstance(value, type):
        yield from (p for field in fields(value) for p in patterns_in(getattr(value, field.name), depth + 1))


def all_patterns() -> dict[str, re.Pattern[Any]]:
    """Every pattern that a module of ours holds, and every frame's, by its place."""
    found: dict[str, re.Pattern[Any]] = {}
    for package in (rules, compliance):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" in module.name or module.name.endswith(("__main__", "plots")):
                continue
            for name, value in vars(importlib.import_module(module.name)).items():
                found |= {f"{module.name}.{name}.{n}": p for n, p in enumerate(patterns_in(value))}
    frames = open_rulebook().frames
    return {p.pattern if isinstance(p.pattern, str) else str(p.pattern): p for p in found.values()} | {
        f.id: f.pattern for f in frames
    }


def test_every_pattern_is_tried_on_100_kb_of_each_kind() -> None:
    found, slow = all_patterns(), []
    assert len(found) > 200
    for place, pattern in found.items():
        for kind, text in KINDS.items():
            given = text if isinstance(pattern.pattern, str) else text.encode("utf-8", "replace")
            most = next((size for start, size in BOUNDED.items() if place.startswith(start)), len(given))
            try:
                with alarm(LIMIT):
                    if place in WHOLE:
                        pattern.fullmatch(given)
                    else:
                        sum(1 for _ in pattern.finditer(given[:most]))
            except TooSlow:
                slow.append((place[:120], kind))
    assert slow == [], slow


@pytest.fixture(scope="module")
def judges() -> Judges:
    rulebook, settings = open_rulebook(), Settings()
    return Judges(open_model(settings, rulebook), rulebook, load_policy(settings.config / "screening.yml"))


@pytest.mark.parametrize("kind", TEXTS)
def test_no_text_makes_a_story_slow(judges: Judges, kind: str) -> None:
    """The whole way of a text: cleaned, known again, judged, told apart, and written."""
    judges.judge([Story("0", "Rain", "Rain.")])
    now, raw = datetime(2026, 11, 20, tzinfo=UTC), TEXTS[kind]
    started = time.process_time()
    text, title = clean_text(raw), one_line(raw[:2_000])
    entry = Entry(title, "https://x.example/1", "g", text, "", now)
    assert fingerprint("f", entry) and entry_digest(entry) and mended(raw) is not None
    assert quality_of(text) and language_of(title, text)
    story = Story("1", title, text, published=now)
    (found,) = judges.judge([story], extract_all=True)
    places = place_names(judges.rulebook)
    assert list(_acts_told(story, found, None, now, judges.rulebook, places))
    assert dump(judgement(story, found))
    assert time.process_time() - started < LIMIT
