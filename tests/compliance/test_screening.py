from dataclasses import replace

from compliance.classifier.classification import Passage
from compliance.screening import Verdict, judgement, leave_unjudged, screen
from rules.findings import Extraction, MeasureFinding
from rules.vocabulary import Field, Kind
from tests.factories import POLICY, TEXT, TITLE, classification, extraction, screening, story


def test_a_score_under_review_is_clear_and_says_why() -> None:
    found = screening(0.29)
    assert found.verdict is Verdict.CLEAR and not found.is_flagged
    assert "under the review threshold 0.30" in found.reasons[0]


def test_a_score_between_the_thresholds_is_for_review() -> None:
    assert screening(0.3).verdict is Verdict.REVIEW
    assert screening(0.69).verdict is Verdict.REVIEW


def test_a_score_over_alert_with_a_named_party_is_an_alert() -> None:
    assert screening(0.7).verdict is Verdict.ALERT


def test_an_alert_needs_a_party_to_name() -> None:
    found = screen(classification(0.99), extraction(parties=()), POLICY)
    assert found.verdict is Verdict.REVIEW
    assert any("no alleged violator" in reason for reason in found.reasons)


def test_an_act_that_no_measure_forbade_on_its_day_is_clear() -> None:
    lapsed = MeasureFinding("2374", "2374.travel", Kind.TRAVEL, ("2374 OP1",), in_force=False)
    assert screen(classification(0.99), extraction(measures=(lapsed,)), POLICY).verdict is Verdict.CLEAR
    held = replace(lapsed, in_force=True)
    assert screen(classification(0.99), extraction(measures=(lapsed, held)), POLICY).verdict is Verdict.ALERT


def test_from_the_review_threshold_on_a_story_waits_for_an_officer() -> None:
    assert screening(0.29).verdict is Verdict.CLEAR
    assert screening(0.3).verdict is Verdict.REVIEW
    assert screening(0.5, regimes=(), measures=()).verdict is Verdict.REVIEW


def test_an_alert_needs_an_act_that_a_rule_found_under_a_measure_in_the_telling_passage() -> None:
    assert screening(0.7).verdict is Verdict.ALERT
    without = screening(0.7, regimes=(), measures=())
    assert without.verdict is Verdict.REVIEW
    assert "no act under a measure in the passage" in without.reasons[1]
    elsewhere = (Passage(Field.TEXT, len(TEXT) + 10, len(TEXT) + 400), Passage(Field.TITLE, 0, len(TITLE)))
    assert screen(classification(0.7, passage=elsewhere), extraction(), POLICY).verdict is Verdict.REVIEW


def test_kinds_come_from_the_rules_and_else_from_the_classifier() -> None:
    assert screening(kinds=(Kind.SHIPPING,)).kinds == (Kind.SHIPPING,)
    assert screen(classification(), Extraction(), POLICY).kinds == (Kind.ARMS,)


def test_the_judgement_has_the_promised_fields_and_true_offsets() -> None:
    told = story()
    line = judgement(told, screening())
    assert list(line) == [
        "id", "score", "verdict", "flagged", "kinds", "regimes", "measures", "parties", "non_parties", "goods",
        "status", "denied_by", "why", "nearest", "versions", "language", "covered", "national_only", "suspicion",
        "wording",
    ]  # fmt: skip
    assert line["versions"] == {"model": "model-1", "rules": "rules-1"}
    for party in line["parties"]:
        for span in party["evidence"]:
            assert party["name"] in getattr(told, span["field"])[span["start"] : span["end"]]


def test_a_story_that_was_not_judged_is_neither_clear_nor_flagged() -> None:
    found = leave_unjudged("fr", "model-1", "rules-1", POLICY)
    line = judgement(story(), found)
    assert (line["verdict"], line["flagged"], line["score"], line["covered"]) == ("not_covered", False, None, False)
    assert (line["language"], line["versions"]) == ("fr", {"model": "model-1", "rules": "rules-1"})
    empty = ("kinds", "regimes", "measures", "parties", "non_parties", "goods", "denied_by", "why")
    assert all(line[field] == [] for field in empty) and line["status"] is None
    assert found.reasons == ("told in a language that is not read (fr): not judged",)
