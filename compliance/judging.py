"""The middle steps of the journey: unscreened stories → screenings → cases and outbox rows, batch by batch."""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from sqlmodel import Session

from compliance.alerting import tell
from compliance.case import CaseAction, CaseOrigin, describe_act
from compliance.classifier.classification import Classification
from compliance.coverage import RunCounts
from compliance.drawing import MACHINE, draw_cleared
from compliance.grouping import Grouping, act_of, place
from compliance.language import is_covered, language_of
from compliance.likeness import Act
from compliance.monitor import Monitor
from compliance.normal import normal_story, restored
from compliance.novelty import Facts
from compliance.particulars import passages, place_names
from compliance.rarity import rarity_version
from compliance.rejoining import Pair, settle_cases
from compliance.screening import Policy, Screening, Verdict, leave_unjudged, narrow, screen
from compliance.store import (
    acts,
    cases,
    facts,
    ledger,
    origins,
    priorities,
    quarantine,
    runs,
    screenings,
    stories,
    versions,
)
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow
from compliance.story import Story
from compliance.telling import passages_of, told_apart
from rules.extraction import extract
from rules.findings import Extraction
from rules.rulebook import Rulebook

log = logging.getLogger(__name__)

BATCH = 400
STAGE = "screen"
_ENDED = "the process ended while the story was being judged"
Progress = Callable[[str, int, int], None]
_Item = TypeVar("_Item")


class Classifier(Protocol):
    """Scores a text, then weighs it with what the rules found in it."""

    @property
    def version(self) -> str:
        """Which model it is."""

    def classify(self, stories: Sequence[Story], *, in_full: bool = False) -> list[Classification]:
        """Return what the text of each story says; in full of those that its gates let through, or of all."""

    def weigh(self, classifications: Sequence[Classification], found: Sequence[Extraction]) -> list[Classification]:
        """Return the same with the score of both."""


@dataclass(frozen=True, slots=True)
class Judges:
    """What a judgement rests on besides the story: all pure, all versioned."""

    model: Classifier
    rulebook: Rulebook
    policy: Policy

    def judge(self, told: Sequence[Story], *, extract_all: bool = False) -> list[Screening]:
        """Return one screening per story, in order.

        A story in a language that is not read is left unjudged. The rules read every other that passes the classifier's
        gates, and all others with ``extract_all``.
        """
        plain = [normal_story(s) for s in told]
        languages = [language_of(s.title, s.text) for s, _ in plain]
        read = [s for (s, _), language in zip(plain, languages, strict=True) if is_covered(language)]
        judged = iter(self._judge_read(read, extract_all))
        found = [self._screening(language, judged) for language in languages]
        return [restored(s, forms) if forms else s for s, (_, forms) in zip(found, plain, strict=True)]

    def _judge_read(self, told: Sequence[Story], extract_all: bool) -> Sequence[tuple[Classification, Extraction]]:
        texts = self.model.classify(told, in_full=extract_all)
        found = [
            self._extract(s) if extract_all or c.passed_gate else self._nothing
            for s, c in zip(told, texts, strict=True)
        ]
        return list(zip(self.model.weigh(texts, found), found, strict=True))

    def _screening(self, language: str, judged: Iterator[tuple[Classification, Extraction]]) -> Screening:
        if not is_covered(language):
            return leave_unjudged(language, self.model.version, self.rulebook.version, self.policy)
        return screen(*next(judged), self.policy, language)

    def _extract(self, story: Story) -> Extraction:
        return extract(story.title, story.text, story.published.date() if story.published else None, self.rulebook)

    @property
    def _nothing(self) -> Extraction:
        return Extraction(version=self.rulebook.version)


def judges_of(monitor: Monitor) -> Judges:
    """Return the monitor's classifier, rulebook and policy as one."""
    return Judges(monitor.model, monitor.rulebook, monitor.policy)


def screen_waiting(monitor: Monitor, run_id: str, counts: RunCounts, progress: Progress | None = None) -> None:
    """Judge every story that no screening has judged; open or join cases; put alerts into the outbox; draw at random.

    One transaction per batch holds screenings, cases, ledger and outbox rows, so that a killed run leaves whole
    batches only. A story that breaks any part of it, down to its alert, is quarantined with its reason, and the rest go
    on; a database that is not there ends the run.
    """
    judges = judges_of(monitor)
    with session_scope(monitor.engine) as session:
        waiting = stories.waiting_ids(session)
        counts.parked_before = stories.count_parked(session)
        wary = runs.follows_interrupted(session, run_id)
        tries = quarantine.tries_of(session, STAGE)
    counts.waiting_before, done = len(waiting), 0
    verdicts: Counter[str] = Counter({v.value: 0 for v in Verdict})
    rivals: set[Pair] = set()
    for batch in _batches(waiting, tries):
        filed, failed = _screen(monitor, judges, batch, run_id, counts, rivals, wary=wary)
        done += len(batch)
        counts.screened += len(filed)
        counts.screening_quarantined += len(failed)
        verdicts.update(s.verdict.value for _, s in filed)
        if progress:
            progress("stories", done, len(waiting))
    counts.verdicts = dict(verdicts)
    settle_cases(monitor, rivals, run_id, counts, datetime.now(UTC))
    draw_cleared(monitor, run_id, counts)
    counts.not_covered = verdicts[Verdict.NOT_COVERED.value]


def judge_now(monitor: Monitor, story_id: int, run_id: str, counts: RunCounts) -> str | None:
    """Judge one story outside a run and file it; return None, or why it breaks, which is entered as one more try."""
    rivals: set[Pair] = set()
    _, failed = _screen(monitor, judges_of(monitor), [story_id], run_id, counts, rivals)
    settle_cases(monitor, rivals, run_id, counts, datetime.now(UTC))
    return failed[0].reason if failed else None


@dataclass(frozen=True, slots=True)
class _Failed:
    """A story that broke a part of its screening."""

    story_id: int
    reason: str


_Judged = tuple[Story, Screening]


def _screen(
    monitor: Monitor,
    judges: Judges,
    ids: Sequence[int],
    run_id: str,
    counts: RunCounts,
    rivals: set[Pair],
    *,
    wary: bool = False,
) -> tuple[list[_Judged], list[_Failed]]:
    """Load, judge and file these stories; return those that went through, and those that were quarantined.

    ``rivals`` gains the pairs of cases that one of the stories could both have joined.

    After a run that lost its process a try is counted before it begins, since a story may be what ended it.
    """
    if wary:
        with session_scope(monitor.engine) as session:
            for story_id in ids:
                quarantine.enter(session, STAGE, f"story:{story_id}", _ENDED, datetime.now(UTC))
    batch, unread = _load_each(monitor, ids)
    judged, unjudged = _judge_each(judges, batch)
    filed, unfiled = _file_each(monitor, judged, run_id, counts, rivals)
    failed = [*unread, *unjudged, *unfiled]
    if failed:
        with session_scope(monitor.engine) as session:
            for one in failed:
                log.error("story quarantined story=%s reason=%s", one.story_id, one.reason)
                if wary:
                    quarantine.explain(session, STAGE, f"story:{one.story_id}", one.reason)
                else:
                    quarantine.enter(session, STAGE, f"story:{one.story_id}", one.reason, datetime.now(UTC))
    return filed, failed


def _batches(waiting: Sequence[int], tries: Mapping[str, int]) -> Iterator[list[int]]:
    """Yield what waits in batches, and behind it, one by one, what has failed before, the most often failed last."""
    fresh = [story_id for story_id in waiting if f"story:{story_id}" not in tries]
    for start in range(0, len(fresh), BATCH):
        yield fresh[start : start + BATCH]
    failed = [story_id for story_id in waiting if f"story:{story_id}" in tries]
    yield from ([story_id] for story_id in sorted(failed, key=lambda i: tries[f"story:{i}"]))


def _load_each(monitor: Monitor, ids: Sequence[int]) -> tuple[list[Story], list[_Failed]]:
    """Load the stories; where that breaks, halve them until those that break alone are known."""
    try:
        with session_scope(monitor.engine) as session:
            return stories.load(session, ids), []
    except Exception as error:  # whichever story cannot be read is to be found by halves
        if quarantine.is_outage(error):
            raise
        if len(ids) == 1:
            return [], [_Failed(ids[0], quarantine.reason_of(error))]
    parts = [_load_each(monitor, half) for half in _halves(ids)]
    return [s for found, _ in parts for s in found], [f for _, failed in parts for f in failed]


def _file_each(
    monitor: Monitor, judged: Sequence[_Judged], run_id: str, counts: RunCounts, rivals: set[Pair]
) -> tuple[list[_Judged], list[_Failed]]:
    """File the stories in one transaction; where that breaks, halve them until those that break alone are known."""
    before = replace(counts)
    try:
        with session_scope(monitor.engine) as session:
            quarantine.clear_all(session, STAGE, [f"story:{story.id}" for story, _ in judged])
            found = _file(session, monitor, judged, run_id, counts)
        rivals |= found
        return list(judged), []
    except Exception as error:  # whichever story cannot be filed is to be found by halves
        counts.reset_to(before)
        if quarantine.is_outage(error):
            raise
        if len(judged) == 1:
            log.exception("a story could not be filed story=%s", judged[0][0].id)
            return [], [_Failed(int(judged[0][0].id), quarantine.reason_of(error))]
    log.warning("stories could not be filed together, and are filed by halves first_story=%s", judged[0][0].id)
    parts = [_file_each(monitor, half, run_id, counts, rivals) for half in _halves(judged)]
    return [j for filed, _ in parts for j in filed], [f for _, failed in parts for f in failed]


def _halves(batch: Sequence[_Item]) -> tuple[Sequence[_Item], Sequence[_Item]]:
    middle = len(batch) // 2
    return batch[:middle], batch[middle:]


def _judge_each(judges: Judges, batch: Sequence[Story]) -> tuple[list[_Judged], list[_Failed]]:
    """Judge the stories; where that breaks, halve them until those that break alone are known."""
    if not batch:
        return [], []
    try:
        return list(zip(batch, judges.judge(batch), strict=True)), []
    except Exception as error:  # any bug that a hostile story finds must not stop the night
        if len(batch) == 1:
            log.exception("a story could not be judged story=%s", batch[0].id)
            return [], [_Failed(int(batch[0].id), quarantine.reason_of(error))]
    log.warning("stories could not be judged together, and are judged by halves first_story=%s", batch[0].id)
    parts = [_judge_each(judges, half) for half in _halves(batch)]
    return [j for judged, _ in parts for j in judged], [f for _, failed in parts for f in failed]


def _file(
    session: Session, monitor: Monitor, judged: Sequence[tuple[Story, Screening]], run_id: str, counts: RunCounts
) -> set[Pair]:
    """Put the flagged stories into cases; return the pairs of cases that one of them could both have joined."""
    now = datetime.now(UTC)
    screening_ids = screenings.add(session, judged, run_id, now)
    counts.flagged += sum(s.is_flagged for _, s in judged)
    lies_in = cases.places_of(session, [int(s.id) for s, found in judged if found.is_flagged or s.version > 1])
    copies = origins.origins_of(session, [int(story.id) for story, found in judged if found.is_flagged])
    touched: _Touched = {}
    rivals: set[Pair] = set()
    named_places = place_names(monitor.rulebook)
    # By day and number, so that the feeds' order within a batch decides nothing.
    for story, screening in sorted(judged, key=lambda pair: (pair[0].published or now, int(pair[0].id))):
        places = lies_in.get(int(story.id), [])
        filing = _Filing(session, story, screening_ids[int(story.id)], run_id, now, counts, touched, rivals)
        filing.number = max((p.act for p in places), default=-1) + 1
        if story.version > 1:
            filing.adopt(screening, places)
        if screening.is_flagged and not any(p.origin is not CaseOrigin.RANDOM for p in places):
            for told, act in _acts_told(
                story, screening, copies.get(int(story.id)), now, monitor.rulebook, named_places
            ):
                filing.file(told, act)
    for row, before, reasons in touched.values():
        priorities.restate(session, row, monitor.severity_policy)
        counts.alerts_queued += tell(session, monitor, row, before, reasons, run_id, now)
    return rivals


def _acts_told(
    story: Story,
    screening: Screening,
    copies: int | None,
    now: datetime,
    rulebook: Rulebook,
    places: Collection[str],
) -> Iterator[tuple[Screening, Act]]:
    """Yield each act that the story tells of, as far as the rules tell them apart, with the screening's part of it."""
    apart = told_apart(screening.extraction)
    day = story.published or now
    parts = passages(story.title, story.text, story.publisher, on=day.date(), places=places)
    for found, share in zip(apart, passages_of(parts, apart), strict=True):
        told = screening if len(apart) == 1 else narrow(screening, found)
        yield told, act_of(replace(found, kinds=told.kinds), share, day, copies, rulebook=rulebook)


# Each case as it was before a batch: forty copies of one story in it make one change, and one alert.
_Touched = dict[int, tuple[CaseRow, Facts | None, Sequence[str]]]


@dataclass(slots=True)
class _Filing:
    """One flagged story on its way into its cases; ``number`` counts the acts that it turned out to tell of."""

    session: Session
    story: Story
    screening_id: int
    run_id: str
    now: datetime
    counts: RunCounts
    touched: _Touched
    rivals: set[Pair]
    number: int = 0
    entered: set[int] = field(default_factory=set)

    def adopt(self, screening: Screening, places: Sequence[cases.Place]) -> None:
        """Make the version that was judged the story's text, and tell the cases that it lies in of it."""
        versions.adopt(self.session, int(self.story.id), self.story.version)
        for lies in places:
            before = self._before(lies.case_id)
            row = cases.retell(self.session, lies, self.screening_id, screening, self.now)[0]
            _record_change(self.session, row, self.story, screening, self.now)
            if lies.origin is CaseOrigin.RANDOM:
                continue
            self._touch(row, before, screening)
            self.counts.acts_told += 1
            self.counts.stories_kept += 1

    def file(self, screening: Screening, act: Act) -> None:
        """Put one act of the story into the cases that tell of it, or open its case."""
        known = [case for case in acts.alike(self.session, act) if case.id not in self.entered]
        for found, told in place(act, known):
            self._enter(screening, found)
            acts.keep(self.session, int(self.story.id), self.number, told)
            self.number += 1

    def _enter(self, screening: Screening, found: Grouping) -> None:
        given = (int(self.story.id), self.screening_id, screening, found.reason)
        self.counts.acts_told += 1
        before = self._before(found.case_id)
        if found.case_id is None:
            row = cases.open_case(self.session, *given, self.run_id, self.now, self.number)
            self.counts.cases_opened += 1
        else:
            row = cases.join(self.session, found.case_id, *given, self.now, self.number)[0]
            self.counts.stories_joined += 1
        assert row.id is not None
        self.entered.add(row.id)
        self.rivals |= {(min(row.id, other), max(row.id, other)) for other in found.rivals}
        opened = found.case_id is None
        _record(self.session, row, self.story, screening, found.reason, opened=opened, now=self.now)
        self._touch(row, before, screening)

    def _before(self, case_id: int | None) -> Facts | None:
        """Return the facts of a case as it was before this batch, or None where it is new or was touched already."""
        known = case_id is not None and case_id not in self.touched
        return facts.of_case(self.session, case_id) if known and case_id is not None else None

    def _touch(self, row: CaseRow, before: Facts | None, screening: Screening) -> None:
        assert row.id is not None
        self.touched.setdefault(row.id, (row, before, screening.reasons))


def _record(
    session: Session, row: CaseRow, story: Story, screening: Screening, reason: str, *, opened: bool, now: datetime
) -> None:
    ledger.append(
        session,
        at=now,
        actor=MACHINE,
        action=CaseAction.OPENED if opened else CaseAction.STORY_JOINED,
        subject=row.reference,
        after={
            "story": int(story.id),
            "verdict": screening.verdict.value,
            "act": describe_act(screening),
            "why": reason,
        },
        versions={
            "model": screening.classification.version,
            "rules": screening.extraction.version,
            "policy": screening.policy_version,
            "rarity": rarity_version(),
        },
    )


def _record_change(session: Session, row: CaseRow, story: Story, screening: Screening, now: datetime) -> None:
    ledger.append(
        session,
        at=now,
        actor=MACHINE,
        action=CaseAction.STORY_CHANGED,
        subject=row.reference,
        before={"story": int(story.id), "version": story.version - 1},
        after={"story": int(story.id), "version": story.version, "verdict": screening.verdict.value},
        versions={
            "model": screening.classification.version,
            "rules": screening.extraction.version,
            "policy": screening.policy_version,
        },
    )
