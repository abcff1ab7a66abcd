"""A case is told of when it opens, and again only when something that matters is new."""

from dataclasses import replace

import pytest

from compliance.novelty import ChangeKind, Facts, changes, event_of, facts_of

BEFORE = Facts(
    verdict="review",
    parties={"North Korea": ("supplier",)},
    origins=frozenset({1}),
    measures={"1718 OP8": "UN-SC1718: OP8"},
    status="alleged",
    denied_by=frozenset(),
)


def judgement(**changed: object) -> dict[str, object]:
    given = {
        "parties": [{"canonical": "North Korea", "roles": ["supplier"]}],
        "measures": [{"regime": "1718", "basis": "OP8", "in_force": True}],
        "status": "alleged",
        "denied_by": [],
    }
    return given | changed


def test_a_case_that_was_not_there_is_opened() -> None:
    (change,) = changes(None, BEFORE)
    assert change.kind is ChangeKind.OPENED and event_of([change]) == "case.alert"


def test_the_same_facts_again_are_no_change() -> None:
    assert changes(BEFORE, BEFORE) == ()


@pytest.mark.parametrize(
    ("after", "kind", "words"),
    [
        (replace(BEFORE, parties={**BEFORE.parties, "Lady R": ("carrier",)}), ChangeKind.PARTY, "Lady R (carrier)"),
        (replace(BEFORE, origins=frozenset({1, 7})), ChangeKind.ORIGIN, "2 independent sources now, 1 before"),
        (replace(BEFORE, measures={**BEFORE.measures, "1970 OP9": "UN-SC1970: OP9"}), ChangeKind.MEASURE, "1970"),
        (replace(BEFORE, status="documented"), ChangeKind.STATUS, "from alleged to documented"),
        (replace(BEFORE, denied_by=frozenset({"Russia"})), ChangeKind.DENIAL, "denied by Russia"),
        (replace(BEFORE, verdict="alert"), ChangeKind.VERDICT, "from review to alert"),
    ],
    ids=str,
)
def test_each_thing_that_matters_is_a_change_and_is_said(after: Facts, kind: ChangeKind, words: str) -> None:
    (change,) = changes(BEFORE, after)
    assert change.kind is kind and words in change.words


@pytest.mark.parametrize("after", [replace(BEFORE, status=None), replace(BEFORE, verdict="clear"),
                                   replace(BEFORE, parties={"North Korea": ("supplier", "broker")}),
                                   replace(BEFORE, parties={}, measures={})], ids=str)  # fmt: skip
def test_what_is_weaker_or_gone_alarms_nobody(after: Facts) -> None:
    assert changes(BEFORE, after) == ()


def test_equal_changes_are_one_event_and_others_another() -> None:
    party = replace(BEFORE, parties={**BEFORE.parties, "Lady R": ("carrier",)})
    both = replace(party, status="admitted")
    assert event_of(changes(BEFORE, party)) == event_of(changes(BEFORE, party)) != event_of(changes(BEFORE, both))
    assert event_of(changes(BEFORE, party)).startswith("case.changed:")


def test_facts_are_what_all_stories_say_together() -> None:
    other = judgement(
        parties=[{"canonical": "North Korea", "roles": ["broker"]}, {"canonical": "Russia", "roles": ["recipient"]}],
        measures=[
            {"regime": "1718", "basis": "OP8", "in_force": True},
            {"regime": "9", "basis": "x", "in_force": False},
        ],
        status="documented",
        denied_by=["Russia"],
    )
    found = facts_of([(1, "review", judgement()), (1, "review", judgement()), (5, "alert", other)])
    assert found is not None
    assert (found.verdict, found.status, found.denied_by) == ("alert", "documented", {"Russia"})
    assert found.parties == {"North Korea": ("supplier", "broker"), "Russia": ("recipient",)}
    assert found.origins == {1, 5} and list(found.measures) == ["1718 OP8"]
    assert facts_of([]) is None
