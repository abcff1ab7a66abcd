"""The middle steps of the journey: unscreened stories → screenings → cases and outbox rows, batch by batch."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from sqlmodel import Session

from compliance.alert import compose_alert
from compliance.case import Case, CaseAction, describe_act, quotes_of
from compliance.classifier.classification import Classification
from compliance.coverage import RunCounts
from compliance.drawing import MACHINE, draw_cleared
from compliance.grouping import WINDOW, OpenCase, group
from compliance.language import is_covered, language_of
from compliance.monitor import Monitor
from compliance.screening import Policy, Screening, Verdict, judgement, leave_unjudged, screen
from compliance.settings import Settings
from compliance.store import cases, ledger, outbox, priorities, quarantine, screenings, stories
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow
from compliance.story import Story
from rules.extraction import extract
from rules.findings import Extraction
from rules.rulebook import Rulebook

log = logging.getLogger(__name__)

BATCH = 400
Progress = Callable[[str, int, int], None]


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
        languages = [language_of(s.title, s.text) for s in told]
        read = [s for s, language in zip(told, languages, strict=True) if is_covered(language)]
        judged = iter(self._judge_read(read, extract_all))
        return [self._screening(language, judged) for language in languages]

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
    batches only. A story that breaks the step is quarantined with its reason, and the rest go on.
    """
    judges = judges_of(monitor)
    with session_scope(monitor.engine) as session:
        waiting = stories.waiting_ids(session)
        counts.parked_before = stories.count_parked(session)
    counts.waiting_before = len(waiting)
    verdicts: Counter[str] = Counter({v.value: 0 for v in Verdict})
    for start in range(0, len(waiting), BATCH):
        with session_scope(monitor.engine) as session:
            batch = stories.load(session, waiting[start : start + BATCH])
        judged, failed = _judge_each(judges, batch)
        with session_scope(monitor.engine) as session:
            for story, reason in failed:
                quarantine.enter(session, "screen", f"story:{story.id}", reason, datetime.now(UTC))
            _file(session, monitor, judged, run_id, counts)
        counts.screened += len(judged)
        counts.screening_quarantined += len(failed)
        verdicts.update(s.verdict.value for _, s in judged)
        if progress:
            progress("stories", start + len(batch), len(waiting))
    counts.verdicts = dict(verdicts)
    draw_cleared(monitor, run_id, counts)
    counts.not_covered = verdicts[Verdict.NOT_COVERED.value]


def _judge_each(
    judges: Judges, batch: Sequence[Story]
) -> tuple[list[tuple[Story, Screening]], list[tuple[Story, str]]]:
    """Judge the batch; where it breaks, judge its stories one by one and name those that break alone."""
    try:
        return list(zip(batch, judges.judge(batch), strict=True)), []
    except Exception:  # noqa: BLE001  (any bug a hostile story finds must not stop the night; each is retried alone)
        log.warning("a batch broke, its stories are judged one by one first_story=%s", batch[0].id)
    judged, failed = [], []
    for story in batch:
        try:
            judged.append((story, judges.judge([story])[0]))
        except Exception as error:  # the one story that breaks is named and kept for another try
            log.exception("story quarantined story=%s", story.id)
            failed.append((story, f"{type(error).__name__}: {error}"))
    return judged, failed


def _file(
    session: Session, monitor: Monitor, judged: Sequence[tuple[Story, Screening]], run_id: str, counts: RunCounts
) -> None:
    now = datetime.now(UTC)
    screening_ids = screenings.add(session, judged, run_id, now)
    flagged = [(story, s) for story, s in judged if s.is_flagged]
    if not flagged:
        return
    candidates = {c.id: c for c in cases.groupable(session, *cases.window(now, WINDOW))}
    held = cases.already_in_cases(session, [int(story.id) for story, _ in flagged])
    for story, screening in flagged:
        if int(story.id) in held:
            continue
        counts.flagged += 1
        act = cases.act_of(story.title, story.text, story.published or now, judgement(story, screening))
        found = group(act, candidates.values())
        screening_id = screening_ids[int(story.id)]
        if found.case_id is None:
            row, changed = (
                cases.open_case(session, int(story.id), screening_id, screening, found.reason, run_id, now),
                True,
            )
            counts.cases_opened += 1
        else:
            row, changed = cases.join(session, found.case_id, int(story.id), screening_id, screening, found.reason, now)
            counts.stories_joined += 1
        assert row.id is not None
        known = candidates.get(row.id)
        candidates[row.id] = OpenCase(row.id, (*(known.acts if known else ()), act))
        priorities.restate(session, row, monitor.severity)
        _record(session, row, story, screening, found.reason, opened=found.case_id is None, now=now)
        if changed and Verdict(row.verdict) is Verdict.ALERT:
            counts.alerts_queued += _queue_alert(session, monitor.settings, row, story, screening, run_id, now)


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
        },
    )


def _queue_alert(
    session: Session, settings: Settings, row: CaseRow, story: Story, screening: Screening, run_id: str, now: datetime
) -> int:
    """Put the alert for a case that reached the alert verdict into the outbox; at most one per case and recipient."""
    alert = compose_alert(
        case_to_tell(row, story, screening), settings.desk_url, settings.alert_from, settings.alert_to
    )
    return outbox.add(session, alert, subject=row.reference, event="case.alert", run_id=run_id, now=now)


def case_to_tell(row: CaseRow, story: Story, screening: Screening) -> Case:
    """Return the case as plain values, with the quotes and measures of the story that raised it."""
    measures = [
        f"UN-SC{m.regime}: {'; '.join(m.basis)}" + (" (paragraph unverified)" if m.unverified else "")
        for m in screening.extraction.measures
        if m.in_force
    ]
    return Case(
        reference=row.reference,
        act=row.act,
        verdict=row.verdict,
        score=row.score,
        kinds=tuple(row.kinds),
        regimes=tuple(row.regimes),
        measures=tuple(measures),
        status=row.status,
        denied_by=tuple(row.denied_by),
        parties=tuple(row.parties),
        quotes=quotes_of(screening, story),
        reasons=screening.reasons,
        opened_at=row.opened_at,
    )
