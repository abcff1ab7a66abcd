"""A case's report holds everything of the case, also what an older or newer version of the desk put into its file."""

from typing import Any

from compliance.report.casereport import case_report

FOUND: dict[str, Any] = {
    "case": "EW-2026-00001",
    "act": "North Korea → artillery shells → Russia",
    "origin": "screening",
    "state": "decided",
    "disposition": "breach",
    "verdict": "alert",
    "score": 0.9,
    "kinds": ["arms"],
    "regimes": ["1718"],
    "status": "alleged",
    "denied_by": ["Russia"],
    "parties": [
        {"canonical": "North Korea", "name": "North Korea", "type": "state", "roles": ["supplier"]},
        {"canonical": "Russia", "name": "Russia", "type": "state", "roles": ["recipient"]},
        {"canonical": "Lady R", "name": "Lady R", "type": "vessel", "roles": ["carrier"]},
    ],
    "measures": [{"regime": "1718", "kind": "arms", "basis": "1718 OP8(b)", "in_force": True,
                  "days": "2026-05-01/2026-05-31", "unverified": True}],
    "held": [
        {"regime": "1718", "code": "1718.arms.export", "kind": "arms", "what": "Arms from North Korea",
         "basis": "1718 OP8(b)", "missing": ["target"], "exemptions": ["what the committee allows"],
         "unverified": False, "days": "2026-05-01/2026-05-31", "story_id": 1, "elements": [
            {"name": "actor", "met": True, "says": "North Korea, supplier", "quote": "North Korea"},
            {"name": "target", "met": False, "says": "nobody is named", "quote": ""}]},
    ],
    "claims": [
        {"what": "alleged", "by": "Panel of Experts", "on": "2026-11-19T22:00:00+00:00", "where": "Harbour Wire",
         "act_days": "2026-05-01/2026-05-31", "story_id": 1},
        {"what": "alleged", "by": "Japan", "on": "2026-11-19T22:00:00+00:00", "where": "Harbour Wire",
         "act_days": "2026-05-01/2026-05-31", "story_id": 1},
        {"what": "denied", "by": "Russia", "on": "2026-11-19T22:00:00+00:00", "where": "Harbour Wire",
         "act_days": "2026-05-01/2026-05-31", "story_id": 1},
    ],
    "standings": [{"party": "Lady R", "kind": "un_listed", "label": "UN-listed", "reason": "IMO 7309508",
                   "is_confirmed": False}],
    "origins": [[1]],
    "marks": [{"quote": "shells  to\nRussia", "says": "goods", "party": None, "actor": "eve", "story_id": 1}],
    "machine": {"kinds": ["shipping"], "status": "alleged"},
    "corrected": ["kinds"],
    "rules_now": "r2",
    "opened_at": "2026-11-20T03:00:00+00:00",
    "changed_at": "2026-11-21T09:30:00+00:00",
    "revision": 2,
    "stories": [
        {
            "id": 1,
            "title": "Shells shipped",
            "text": "North Korea shipped shells to Russia aboard Lady R.",
            "publisher": "Harbour Wire",
            "url": "https://news.example/shells",
            "published": "2026-11-19T22:00:00+00:00",
            "first_seen": "2026-11-20T02:00:00+00:00",
            "quality": "full",
            "capture": {"digest": "ab" * 32, "fetched_at": "2026-11-20T02:00:00+00:00"},
            "judgement": {
                "measures": [{"regime": "1718", "kind": "arms", "basis": "1718 OP8(b)", "in_force": True}],
                "parties": [
                    {"canonical": "North Korea", "evidence": [{"field": "text", "start": 0, "end": 38}]},
                    {"canonical": "Russia", "evidence": [{"field": "text", "start": 0, "end": 38}] * 3},
                ],
                "non_parties": [{"canonical": "Panel of Experts", "stance": "accuser"}],
                "versions": {"model": "m1", "rules": "r1"},
            },
            "reasons": ["score 0.90"],
            "rules": [],
            "joined_because": "first",
        }
    ],
    "history": [
        {"at": "2026-11-20T03:00:00+00:00", "actor": "machine", "action": "case.opened", "before": {}, "after": {},
         "versions": {}, "digest": "00" * 32},
        {"at": "2026-11-20T08:00:00+00:00", "actor": "eve", "action": "case.party_corrected", "before": {},
         "after": {"party": {"canonical": "Lady R"}, "role": "carrier", "empty": ""}, "versions": {},
         "digest": "11" * 32},
        {"at": "2026-11-21T09:30:00+00:00", "actor": "grace", "action": "case.decided", "before": {"state": "waiting"},
         "after": {"state": "decided", "disposition": "breach", "reason": "act_alleged", "note": "seen"},
         "versions": {"model": "m1", "policy": "p1"}, "digest": "22" * 32},
    ],
}  # fmt: skip
REASONS = {"breach": {"act_alleged": "A named source alleges the act"}}
REPORT = case_report(FOUND, "ada", "2026-11-22T10:00:00+00:00", REASONS)


def test_the_chronology_is_in_order_and_tells_of_publication_capture_and_every_change() -> None:
    told = [(m.at[:16], m.who, m.what) for m in REPORT.chronology]
    assert told == [
        ("2026-11-19T22:00", "Harbour Wire", "published source 1"),
        ("2026-11-20T02:00", "the machine", "captured source 1"),
        ("2026-11-20T03:00", "machine", "opened the case"),
        ("2026-11-20T08:00", "eve", "party corrected (party canonical Lady R; role carrier)"),
        ("2026-11-21T09:30", "grace", "decided: breach"),
    ]


def test_parties_stand_with_their_quotes_each_once_and_the_number_of_the_source() -> None:
    quoted = {party.name: party.quotes for party in REPORT.parties}
    assert quoted["Russia"] == (("North Korea shipped shells to Russia a", 1),)
    assert quoted["Lady R"] == ()
    assert REPORT.others == ("Panel of Experts (accuser)",)


def test_each_element_of_the_act_stands_with_the_words_that_meet_it_or_as_missing() -> None:
    [measure] = REPORT.measures
    assert [(e.name, e.met, e.quote) for e in measure.elements] == [
        ("actor", True, "North Korea"), ("target", False, ""),
    ]  # fmt: skip
    assert (measure.regime, measure.missing, measure.days, measure.source) == ("UN-SC1718", ("target",), "2026-05", 1)


def test_the_ledger_of_claims_says_who_says_what_when_and_of_which_days() -> None:
    [claim] = REPORT.claims
    assert claim.voices == (("alleged", "Panel of Experts, Japan"), ("denied", "Russia"))
    assert (claim.at[:10], claim.where, claim.days, claim.source) == ("2026-11-19", "Harbour Wire", "2026-05", 1)
    assert ("Days of the act", "2026-05") in REPORT.facts


def test_what_officers_corrected_stands_beside_what_the_machine_found() -> None:
    assert ("Kinds", "arms") in REPORT.facts and ("The machine found (kinds)", "shipping") in REPORT.facts
    [mark] = REPORT.marks
    assert (mark.quote, mark.says, mark.actor, mark.source) == ("shells to Russia", "goods", "eve", 1)


def test_a_party_stands_with_its_standing_and_why() -> None:
    told = {party.name: (party.standing, party.reason) for party in REPORT.parties}
    assert told["Lady R"] == ("UN-listed", "IMO 7309508") and told["Russia"] == ("", "")


def test_decisions_carry_reason_note_versions_and_the_digest_of_their_row() -> None:
    [decision] = REPORT.decisions
    assert (decision.word, decision.actor, decision.note) == ("breach", "grace", "seen")
    assert decision.reason == "A named source alleges the act" and decision.digest == "22" * 32
    assert decision.versions == (("model", "m1"), ("policy", "p1"))
    assert REPORT.versions == (
        ("model", "m1"), ("policy", "p1"), ("rules", "r1"), ("rules that read the elements", "r2"),
    )  # fmt: skip


def test_sources_carry_digest_and_law_its_paragraph() -> None:
    [source] = REPORT.sources
    assert source.digest == "ab" * 32 and source.url == "https://news.example/shells"
    assert REPORT.law == (
        "UN-SC1718, arms: 1718 OP8(b), in force on the day of the act (2026-05); "
        "paragraph or day not yet checked against the resolution",
    )
    assert ("Denied by", "Russia") in REPORT.facts


def test_a_case_of_which_little_is_known_has_a_report_too() -> None:
    bare = FOUND | {"parties": [], "regimes": [], "kinds": [], "status": None, "disposition": None, "state": "waiting"}
    story = FOUND["stories"][0] | {"capture": None, "published": None, "publisher": None, "url": None, "judgement": {}}
    bare |= {
        name: [] for name in ("measures", "held", "claims", "standings", "marks", "corrected", "denied_by", "history")
    }
    report = case_report(bare | {"stories": [story]}, "ada", REPORT.made_at, {})
    assert report.parties == report.decisions == report.chronology == report.measures == report.claims == ()
    assert ("Days of the act", "not told; the law of each story's day counts") in report.facts
    assert ("State", "waiting") in report.facts and ("Regimes", "open") in report.facts


def test_both_of_two_decisions_are_told_and_which_is_which() -> None:
    first = {"by": "ada", "disposition": "breach", "reason": "act_alleged", "note": "two ports", "evidence": "ab" * 32}
    rows = [
        ("ada", "case.proposed", {"state": "second", "proposal": first, "reason": "act_alleged", "note": "two ports"}),
        ("bob", "case.contested", {"disposition": "grey", "reason": "unclear", "first": first, "blind": True}),
        ("ada", "case.proposed", {"state": "second", "proposal": first, "reason": "act_alleged"}),
        ("bob", "case.decided", {"disposition": "breach", "reason": "act_alleged", "first": first, "blind": False}),
        ("bob", "case.noted", {"note": "asked the port"}),
    ]
    history = [
        {"at": f"2026-11-2{n}T08:00:00+00:00", "actor": who, "action": action, "before": {}, "after": after,
         "versions": {}, "digest": "33" * 32}
        for n, (who, action, after) in enumerate(rows)
    ]  # fmt: skip
    told = case_report(FOUND | {"history": history}, "ada", "2026-11-22T10:00:00+00:00", REASONS)
    assert [(d.actor, d.word) for d in told.decisions] == [
        ("ada", "breach (first of two)"), ("bob", "grey (second, against the first, unaware of the first)"),
        ("ada", "breach (first of two)"), ("bob", "breach (second, as the first)"),
    ]  # fmt: skip
    assert told.decisions[0].note == "two ports"
    done = [m.what for m in told.chronology if m.who in ("ada", "bob")]
    assert done == ["decided first: breach", "disagreed with the first decision: grey", "decided first: breach",
                    "decided: breach", "noted: asked the port"]  # fmt: skip
