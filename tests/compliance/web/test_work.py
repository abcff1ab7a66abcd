"""Officers' work on a case on a real database: two readers, claims, corrections, regrouping, taking back."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from compliance import correcting, correction, regrouping, undoing, workflow
from compliance.case import CaseState, Disposition
from compliance.correcting import Span
from compliance.correction import CorrectionError
from compliance.decision import dispose_case, reopen_case
from compliance.errors import AccessError, ConflictError
from compliance.settings import Settings
from compliance.severity import Severity, SeverityPolicy, load_severity_policy
from compliance.store import cases, changes, ledger, priorities, screenings, stories
from compliance.store.database import open_engine, session_scope
from compliance.store.tables import CaseRow, CaseStoryRow
from compliance.store.tables_desk import ChangeRow
from tests import factories
from tests.compliance.web.conftest import open_case

NOW = datetime.now(UTC)
SHIPPED = load_severity_policy(Settings().config / "severity.yml")


def policy(*, four_eyes: bool = True, blind: bool = False) -> SeverityPolicy:
    terms = {s: replace(t, four_eyes=four_eyes, blind=blind) for s, t in SHIPPED.terms.items()}
    return replace(SHIPPED, terms=terms)


ONE, TWO = policy(four_eyes=False), policy()


def row_of(engine: Engine, reference: str) -> CaseRow:
    with session_scope(engine) as session:
        row = cases.by_reference(session, reference)
        assert row is not None
        return row


def actions(engine: Engine, reference: str) -> list[str]:
    with session_scope(engine) as session:
        assert ledger.broken_links(session) == []
        return [event.action.removeprefix("case.") for event in ledger.of_subject(session, reference)]


def decide(engine: Engine, reference: str, who: str, disposition: str = "breach", **changed: Any) -> int:
    revision = changed.pop("revision", row_of(engine, reference).revision)
    return dispose_case(
        engine, reference, Disposition(disposition), "act_alleged", "seen", who, revision, NOW, **changed
    )


def join(engine: Engine, reference: str, fingerprint: str = "j" * 64, **told: Any) -> int:
    """Let one more story tell of the case, as the night does; return its id."""
    with session_scope(engine) as session:
        stories.add(session, [factories.story(fingerprint=fingerprint, **told)], [(None, None)], "run", NOW)
        story_id = stories.waiting_ids(session)[-1]
        stored, found = stories.load(session, [story_id])[0], factories.screening()
        ids = screenings.add(session, [(stored, found)], "run", NOW)
        row = cases.by_reference(session, reference)
        assert row is not None and row.id is not None
        joined, _ = cases.join(session, row.id, story_id, ids[story_id], found, "same act", NOW)
        priorities.restate(session, joined, ONE)
        return story_id


@pytest.fixture
def reference(desk_engine: Engine) -> str:
    return open_case(desk_engine, policy=ONE)


@pytest.fixture
def grave(desk_engine: Engine) -> str:
    """A case of a severity for which two people must agree."""
    return open_case(desk_engine, factories.story(fingerprint="g" * 64), policy=TWO)


# Two readers


def test_a_grave_case_is_decided_by_two_people(desk_engine: Engine, grave: str) -> None:
    decide(desk_engine, grave, "analyst")
    assert row_of(desk_engine, grave).state == CaseState.SECOND
    decide(desk_engine, grave, "approver", is_approver=True)
    row = row_of(desk_engine, grave)
    assert (row.state, row.disposition, row.proposal) == ("decided", "breach", None)
    assert actions(desk_engine, grave) == ["opened", "proposed", "decided"]
    with session_scope(desk_engine) as session:
        last = ledger.of_subject(session, grave)[-1]
    assert (last.actor, last.after["first"]["by"]) == ("approver", "analyst")


def test_the_author_of_a_decision_cannot_approve_it_whatever_the_role(desk_engine: Engine, grave: str) -> None:
    decide(desk_engine, grave, "approver", is_approver=True)
    with pytest.raises(AccessError, match="yours"):
        decide(desk_engine, grave, "approver", is_approver=True)
    assert row_of(desk_engine, grave).state == CaseState.SECOND


def test_only_an_approver_gives_the_second_decision(desk_engine: Engine, grave: str) -> None:
    decide(desk_engine, grave, "analyst")
    with pytest.raises(AccessError, match="approver"):
        decide(desk_engine, grave, "another")
    assert row_of(desk_engine, grave).state == CaseState.SECOND


def test_readers_who_differ_send_the_case_back_escalated_with_both_on_record(desk_engine: Engine, grave: str) -> None:
    before = row_of(desk_engine, grave).priority
    decide(desk_engine, grave, "analyst", "breach")
    decide(desk_engine, grave, "approver", "not_breach", is_approver=True)
    row = row_of(desk_engine, grave)
    assert (row.state, row.escalated, row.disposition) == ("waiting", True, None) and row.priority > before
    with session_scope(desk_engine) as session:
        last = ledger.of_subject(session, grave)[-1]
    assert (last.after["disposition"], last.after["first"]["disposition"]) == ("not_breach", "breach")


def test_grey_needs_no_second_person(desk_engine: Engine, grave: str) -> None:
    decide(desk_engine, grave, "analyst", "grey")
    assert row_of(desk_engine, grave).state == CaseState.DECIDED


def test_another_story_voids_the_first_of_two_decisions(desk_engine: Engine, grave: str) -> None:
    decide(desk_engine, grave, "analyst")
    join(desk_engine, grave)
    row = row_of(desk_engine, grave)
    assert (row.state, row.proposal) == ("waiting", None)
    assert actions(desk_engine, grave)[-1] == "proposal_voided"


@pytest.mark.parametrize("change", ["correct", "mark"])
def test_changed_evidence_voids_the_first_of_two_decisions(desk_engine: Engine, grave: str, change: str) -> None:
    decide(desk_engine, grave, "analyst")
    revision = row_of(desk_engine, grave).revision
    if change == "correct":
        correcting.correct(desk_engine, grave, "status", lambda _: "documented", "", "approver", revision, NOW, TWO)
    else:
        span = Span(_first_story(desk_engine, grave), "text", 0, 0, "Moscow called the account groundless", "denial")
        correcting.mark(desk_engine, grave, span, "approver", revision, NOW)
    row = row_of(desk_engine, grave)
    assert (row.state, row.proposal) == ("waiting", None)
    assert "proposal_voided" in actions(desk_engine, grave)


def test_an_approval_on_other_evidence_is_refused_even_where_nobody_voided_the_first(
    desk_engine: Engine, grave: str
) -> None:
    decide(desk_engine, grave, "analyst")
    with session_scope(desk_engine) as session:
        row = cases.by_reference(session, grave)
        assert row is not None
        row.kinds = ["finance"]  # as another program might, past every step of ours
        session.add(row)
    with pytest.raises(ConflictError, match="evidence has changed"):
        decide(desk_engine, grave, "approver", is_approver=True)
    assert row_of(desk_engine, grave).state == CaseState.WAITING


def _first_story(engine: Engine, reference: str) -> int:
    with session_scope(engine) as session:
        row = cases.by_reference(session, reference)
        assert row is not None
        return session.exec(select(CaseStoryRow.story_id).where(CaseStoryRow.case_id == row.id)).first() or 0


# Claims, assignment, snooze


def test_a_claim_keeps_others_off_until_it_runs_out(desk_engine: Engine, reference: str) -> None:
    length = timedelta(minutes=15)
    workflow.claim(desk_engine, reference, "grace", NOW, length)
    with pytest.raises(ConflictError, match="grace is working on"):
        workflow.claim(desk_engine, reference, "ada", NOW, length)
    with pytest.raises(ConflictError, match="grace is working on"):
        decide(desk_engine, reference, "ada")
    workflow.claim(desk_engine, reference, "ada", NOW + length, length)
    assert row_of(desk_engine, reference).claimed_by == "ada"


def test_a_claim_can_be_given_back_and_leaves_no_new_revision(desk_engine: Engine, reference: str) -> None:
    workflow.claim(desk_engine, reference, "grace", NOW, timedelta(minutes=15))
    workflow.release(desk_engine, reference, "ada")
    assert row_of(desk_engine, reference).claimed_by == "grace"
    workflow.release(desk_engine, reference, "grace")
    row = row_of(desk_engine, reference)
    assert (row.claimed_by, row.revision) == (None, 1)


def test_a_snoozed_case_comes_back_when_another_story_tells_of_it(desk_engine: Engine, reference: str) -> None:
    workflow.snooze(desk_engine, reference, "", "grace", 1, NOW)
    assert row_of(desk_engine, reference).state == CaseState.SNOOZED
    join(desk_engine, reference)
    assert row_of(desk_engine, reference).state == CaseState.WAITING
    assert actions(desk_engine, reference) == ["opened", "snoozed", "woken"]


def test_an_escalated_case_stands_first_and_needs_two_people(desk_engine: Engine, reference: str) -> None:
    before = row_of(desk_engine, reference).priority
    workflow.escalate(desk_engine, reference, "a minister is named", "grace", 1, NOW)
    row = row_of(desk_engine, reference)
    assert row.priority == before + 5_000 and row.needs_second
    decide(desk_engine, reference, "grace")
    assert row_of(desk_engine, reference).state == CaseState.SECOND


# Corrections


def test_a_corrected_party_stands_in_the_act_beside_what_the_machine_found(desk_engine: Engine, reference: str) -> None:
    correcting.correct(
        desk_engine,
        reference,
        "parties",
        lambda p: correction.with_changed_party(p, "Russia", "Rusal", "company", ["broker", "recipient"]),
        "the buyer was a company",
        "grace",
        1,
        NOW,
        ONE,
    )
    row = row_of(desk_engine, reference)
    assert row.act == "North Korea → artillery shells → Rusal"
    with session_scope(desk_engine) as session:
        made = changes.of_case(session, row.id or 0)
        machine = changes.machines(row, made)
        event = ledger.of_subject(session, reference)[-1]
    assert [p["canonical"] for p in machine["parties"]] == ["North Korea", "Russia"]
    assert [p["roles"] for p in row.parties] == [["supplier"], ["recipient", "broker"]]
    assert event.before["parties"][1]["canonical"] == "Russia" and event.after["note"] == "the buyer was a company"


CORRECTIONS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "add": ("parties", lambda p: correction.with_party(p, "Vostok Line", "company", ["carrier"])),
    "remove": ("parties", lambda p: correction.without_party(p, "Russia")),
    "role": ("parties", lambda p: correction.with_changed_party(p, "Russia", "Russia", "state", ["broker"])),
    "regime": ("regimes", lambda _: correction.regimes(["1970"], {"1718", "1970"})),
    "kind": ("kinds", lambda _: correction.kinds(["finance", "arms"])),
    "status": ("status", lambda _: correction.status("admitted")),
}


@pytest.mark.parametrize("name", CORRECTIONS)
def test_each_correction_can_be_taken_back(desk_engine: Engine, reference: str, name: str) -> None:
    fact, change = CORRECTIONS[name]
    before = row_of(desk_engine, reference)
    revision = correcting.correct(desk_engine, reference, fact, change, "", "grace", 1, NOW, ONE)
    assert getattr(row_of(desk_engine, reference), fact) != getattr(before, fact)
    undoing.undo(desk_engine, reference, _last_change(desk_engine), "ada", revision, NOW, ONE)
    after = row_of(desk_engine, reference)
    assert all(getattr(after, f) == getattr(before, f) for f in ("parties", "regimes", "kinds", "status", "act"))
    assert actions(desk_engine, reference) == ["opened", "corrected", "undone"]


def _last_change(engine: Engine) -> int:
    with session_scope(engine) as session:
        return max(i for i in session.exec(select(ChangeRow.id)) if i is not None)


@pytest.mark.parametrize(
    ("fact", "change", "told"),
    [
        ("parties", lambda p: correction.with_party(p, "Russia", "state", ["broker"]), "named already"),
        ("parties", lambda p: correction.with_party(p, " ", "state", ["broker"]), "a name of 1 to"),
        ("parties", lambda p: correction.with_party(p, "X", "planet", ["broker"]), "unknown type"),
        ("parties", lambda p: correction.with_party(p, "X", "state", ["thief"]), "unknown role"),
        ("parties", lambda p: correction.with_party(p, "X", "state", []), "at least one role"),
        ("parties", lambda p: correction.without_party(p, "Peru"), "names no Peru"),
        ("regimes", lambda _: correction.regimes(["9"], {"1718"}), "no regime has the number"),
        ("kinds", lambda _: correction.kinds(["spying"]), "unknown kind"),
        ("status", lambda _: correction.status("rumoured"), "unknown status"),
        ("status", lambda _: correction.status("alleged"), "stands so already"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_and_changes_nothing(
    desk_engine: Engine, reference: str, fact: str, change: Callable[[Any], Any], told: str
) -> None:
    with pytest.raises(CorrectionError, match=told):
        correcting.correct(desk_engine, reference, fact, change, "", "grace", 1, NOW, ONE)
    assert row_of(desk_engine, reference).revision == 1


def test_a_correction_weighs_the_case_anew(desk_engine: Engine, reference: str) -> None:
    assert row_of(desk_engine, reference).severity == Severity.HIGH
    correcting.correct(desk_engine, reference, "status", lambda _: "documented", "", "grace", 1, NOW, ONE)
    assert row_of(desk_engine, reference).severity == Severity.CRITICAL


def test_a_decided_case_is_corrected_only_after_it_was_reopened(desk_engine: Engine, reference: str) -> None:
    revision = decide(desk_engine, reference, "grace")
    with pytest.raises(ConflictError):
        correcting.correct(desk_engine, reference, "status", lambda _: "admitted", "", "ada", revision, NOW, ONE)
    revision = reopen_case(desk_engine, reference, "new facts", "ada", revision, NOW)
    correcting.correct(desk_engine, reference, "status", lambda _: "admitted", "", "ada", revision, NOW, ONE)


@pytest.mark.parametrize(
    ("quote", "start", "end", "found"),
    [("artillery shells", 0, 0, True), ("artillery shells", 35, 51, True), ("artillery shells", 5, 21, False),
     ("nuclear shells", 0, 0, False), ("", 0, 0, False), ("artillery shells", 9_999, 10_015, False)],
)  # fmt: skip
def test_a_mark_must_stand_in_the_story_letter_for_letter(
    desk_engine: Engine, reference: str, quote: str, start: int, end: int, found: bool
) -> None:
    assert factories.TEXT[35:51] == "artillery shells"
    span = Span(_first_story(desk_engine, reference), "text", start, end, quote, "goods")
    if not found:
        with pytest.raises(CorrectionError):
            correcting.mark(desk_engine, reference, span, "grace", 1, NOW)
        return
    revision = correcting.mark(desk_engine, reference, span, "grace", 1, NOW)
    with session_scope(desk_engine) as session:
        [mark] = changes.marks_of(session, row_of(desk_engine, reference).id or 0)
    assert factories.TEXT[mark.start : mark.end] == mark.quote == quote
    undoing.undo(desk_engine, reference, _last_change(desk_engine), "grace", revision, NOW, ONE)
    with session_scope(desk_engine) as session:
        assert changes.marks_of(session, row_of(desk_engine, reference).id or 0) == []


def test_a_story_of_another_case_cannot_be_marked(desk_engine: Engine, reference: str, grave: str) -> None:
    span = Span(_first_story(desk_engine, grave), "text", 0, 0, "artillery shells", "goods")
    with pytest.raises(CorrectionError, match="does not tell of this case"):
        correcting.mark(desk_engine, reference, span, "grace", 1, NOW)


# Regrouping


def told_of(engine: Engine, reference: str) -> set[int]:
    with session_scope(engine) as session:
        row = cases.by_reference(session, reference)
        assert row is not None
        return set(session.exec(select(CaseStoryRow.story_id).where(CaseStoryRow.case_id == row.id)))


def test_a_story_moves_to_another_case_and_back(desk_engine: Engine, reference: str, grave: str) -> None:
    story = join(desk_engine, reference)
    here, there = told_of(desk_engine, reference), told_of(desk_engine, grave)
    revision = regrouping.move_story(desk_engine, reference, story, grave, "grace", 2, NOW, ONE)
    assert told_of(desk_engine, reference) == here - {story} and told_of(desk_engine, grave) == there | {story}
    undoing.undo(desk_engine, reference, _last_change(desk_engine), "grace", revision, NOW, ONE)
    assert (told_of(desk_engine, reference), told_of(desk_engine, grave)) == (here, there)


def test_moving_a_story_voids_the_first_decision_of_both_cases(desk_engine: Engine, reference: str, grave: str) -> None:
    story = join(desk_engine, reference)
    decide(desk_engine, grave, "analyst")
    regrouping.move_story(desk_engine, reference, story, grave, "grace", 2, NOW, ONE)
    assert row_of(desk_engine, grave).state == CaseState.WAITING


def test_one_story_may_tell_of_two_acts(desk_engine: Engine, reference: str) -> None:
    [story] = told_of(desk_engine, reference)
    new = regrouping.split_case(desk_engine, reference, story, True, "grace", 1, NOW, ONE)
    assert told_of(desk_engine, new) == told_of(desk_engine, reference) == {story}
    assert row_of(desk_engine, new).act == "North Korea → artillery shells → Russia"
    undoing.undo(desk_engine, reference, _first_change(desk_engine, reference), "grace", 2, NOW, ONE)
    assert told_of(desk_engine, new) == set() and row_of(desk_engine, new).merged_into == reference


def _first_change(engine: Engine, reference: str) -> int:
    with session_scope(engine) as session:
        return changes.of_case(session, row_of(engine, reference).id or 0)[0].id or 0


def test_merged_cases_become_one_and_two_again(desk_engine: Engine, reference: str, grave: str) -> None:
    here, there = told_of(desk_engine, reference), told_of(desk_engine, grave)
    revision = regrouping.merge_cases(desk_engine, reference, grave, "grace", 1, NOW, ONE)
    row = row_of(desk_engine, reference)
    assert (row.state, row.merged_into) == ("merged", grave) and told_of(desk_engine, grave) == here | there
    with pytest.raises(ConflictError, match="merged into"):
        decide(desk_engine, reference, "grace")
    undoing.undo(desk_engine, reference, _last_change(desk_engine), "grace", revision, NOW, ONE)
    assert (told_of(desk_engine, reference), told_of(desk_engine, grave)) == (here, there)
    assert row_of(desk_engine, reference).state == CaseState.WAITING


def test_what_cannot_be_regrouped_is_refused(desk_engine: Engine, reference: str, grave: str) -> None:
    [story] = told_of(desk_engine, reference)
    with pytest.raises(CorrectionError, match="only story"):
        regrouping.move_story(desk_engine, reference, story, grave, "grace", 1, NOW, ONE)
    with pytest.raises(CorrectionError, match="no case EW-9"):
        regrouping.merge_cases(desk_engine, reference, "EW-9", "grace", 1, NOW, ONE)
    with pytest.raises(CorrectionError, match="another case"):
        regrouping.merge_cases(desk_engine, reference, reference, "grace", 1, NOW, ONE)
    decide(desk_engine, grave, "analyst", "grey")
    with pytest.raises(ConflictError, match="not open"):
        regrouping.merge_cases(desk_engine, reference, grave, "grace", 1, NOW, ONE)


# Taking back


def test_a_decision_is_taken_back_by_its_author_alone(desk_engine: Engine, reference: str) -> None:
    revision = decide(desk_engine, reference, "grace")
    with pytest.raises(ConflictError, match="only its author"):
        undoing.undo(desk_engine, reference, _last_change(desk_engine), "ada", revision, NOW, ONE)
    undoing.undo(desk_engine, reference, _last_change(desk_engine), "grace", revision, NOW, ONE)
    row = row_of(desk_engine, reference)
    assert (row.state, row.disposition) == ("waiting", None)


def test_what_two_people_agreed_on_is_not_taken_back_by_one(desk_engine: Engine, grave: str) -> None:
    decide(desk_engine, grave, "analyst")
    revision = decide(desk_engine, grave, "approver", is_approver=True)
    for who in ("analyst", "approver"):
        with pytest.raises(ConflictError, match="reopen"):
            undoing.undo(desk_engine, grave, _last_change(desk_engine), who, revision, NOW, ONE)


def test_a_change_under_later_ones_of_the_same_fact_waits_for_them(desk_engine: Engine, reference: str) -> None:
    correcting.correct(desk_engine, reference, "status", lambda _: "documented", "", "grace", 1, NOW, ONE)
    first = _last_change(desk_engine)
    correcting.correct(desk_engine, reference, "status", lambda _: "admitted", "", "grace", 2, NOW, ONE)
    with pytest.raises(ConflictError, match="take that back first"):
        undoing.undo(desk_engine, reference, first, "grace", 3, NOW, ONE)
    with pytest.raises(LookupError):
        undoing.undo(desk_engine, reference, 9_999, "grace", 3, NOW, ONE)


# Races and faults


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The desk's database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("desk_engine")
        return
    from compliance.store.database import upgrade

    url = request.getfixturevalue("postgres_url")
    upgrade(url)
    engine = open_engine(url)
    yield engine
    engine.dispose()


def test_of_two_officers_who_decide_at_once_one_wins_and_one_is_told(any_engine: Engine) -> None:
    for number in range(10):
        reference = open_case(any_engine, factories.story(fingerprint=f"{number:064}"), policy=ONE)
        told: list[str] = []
        gate = threading.Barrier(2)

        def work(who: str, reference: str = reference, gate: threading.Barrier = gate, told: list[str] = told) -> None:
            gate.wait()
            try:
                decide(any_engine, reference, who, revision=1)
                told.append("won")
            except ConflictError:
                told.append("told")

        threads = [threading.Thread(target=work, args=(who,)) for who in ("grace", "ada")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told) == ["told", "won"]
        assert actions(any_engine, reference).count("decided") == 1


def test_a_decision_that_breaks_halfway_leaves_nothing(
    desk_engine: Engine, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_(session: Session, **_: Any) -> None:
        session.flush()
        raise RuntimeError("the machine stopped here")

    monkeypatch.setattr(ledger, "append", break_)
    with pytest.raises(RuntimeError):
        decide(desk_engine, reference, "grace")
    monkeypatch.undo()
    row = row_of(desk_engine, reference)
    assert (row.state, row.revision) == ("waiting", 1)
    with session_scope(desk_engine) as session:
        assert changes.of_case(session, row.id or 0) == []


def test_older_cases_get_their_place_when_the_desk_starts_with_another_policy(
    desk_engine: Engine, reference: str
) -> None:
    other = replace(TWO, version="another")
    with session_scope(desk_engine) as session:
        assert priorities.refresh(session, other) == 1
        assert priorities.refresh(session, other) == 0
    assert row_of(desk_engine, reference).needs_second
