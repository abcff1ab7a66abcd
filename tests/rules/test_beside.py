"""What is told of the others of a story counts in who did what."""

import math
from dataclasses import replace

import pytest

from rules.beside import LEAST, Alone, beside_features
from rules.candidates import Candidate
from rules.extraction import judgements, read_story
from rules.roles import judge
from rules.rulebook import load_rulebook
from rules.vocabulary import PartyType, Role
from rules.weights import ANSWERS, BESIDE, BesideWeights, RoleWeights

BOOK = load_rulebook()
EVEN = [0.0] * len(BESIDE)


def one(name: str, **odds: float) -> Alone:
    told = [odds.get(answer, -4.0) for answer in BESIDE]
    return Alone(Candidate(name, PartyType.COMPANY, is_known=False), told)


def weights(beside: BesideWeights | None, rows: dict[str, dict[str, float]] | None = None) -> RoleWeights:
    held = {name: tuple(row.get(a, 0.0) for a in ANSWERS) for name, row in (rows or {}).items()}
    return RoleWeights(tuple(0.0 for _ in ANSWERS), held, "none", beside)


def test_the_best_of_the_others_is_told_to_each_and_himself_is_none_of_them() -> None:
    seller, buyer, third = beside_features(
        [one("A", violator=3.0, supplier=2.0), one("B", violator=1.0, supplier=1.5), one("C", violator=-1.0)], BOOK
    )
    assert (seller["best supplier"], buyer["best supplier"], third["best supplier"]) == (1.5, 2.0, 2.0)
    assert (seller["second supplier"], buyer["second supplier"], third["second supplier"]) == (-4.0, -4.0, 1.5)
    assert (seller["likeliest violator"], buyer["likeliest violator"]) == (1.0, 3.0)
    assert seller["above supplier"] == 0 < buyer["above supplier"] < third["above supplier"]
    assert seller["short in supplier"] == 0 and third["alone"] == 0


def test_whoever_is_alone_has_nobody_beside_him() -> None:
    (features,) = beside_features([one("A", violator=12.0)], BOOK)
    assert features["alone"] == 1 and features["own violator"] == 8
    assert {features[f"{which} {a}"] for which in ("best", "second", "likeliest") for a in BESIDE} == {-8}
    assert beside_features([], BOOK) == []


def test_a_leader_and_the_party_he_leads_are_told_of_each_other() -> None:
    led, leader = (
        replace(one(name, violator=odds), candidate=Candidate(name, type_, is_known=True))
        for name, type_, odds in (("North Korea", PartyType.STATE, 2.0), ("Kim Jong Un", PartyType.PERSON, 1.0))
    )
    state, man = beside_features([led, leader], BOOK)
    assert man["has a principal"] and man["principal violator"] == 2.0 and not man["is a principal"]
    assert state["is a principal"] and state["agent violator"] == 1.0 and not state["has a principal"]


def test_where_another_surely_sells_the_next_is_taken_for_the_buyer() -> None:
    rows = {"first": {"supplier": 4.0, "recipient": -4.0}}
    candidates = [Candidate(n, PartyType.COMPANY, is_known=False) for n in ("A", "B")]
    features = [{"first": 1.0}, {}]

    def roles(beside: BesideWeights | None) -> list[tuple[Role, ...]]:
        book = replace(BOOK, roles=weights(beside, rows))
        return [judged.roles for judged in judge(features, candidates, {}, book)]

    by_himself = roles(None)
    assert by_himself[0][0] is Role.SUPPLIER and set(by_himself[1]) == set(Role)
    told = {f"own {a}": tuple(float(a == b) for b in BESIDE) for a in BESIDE}
    told["best supplier"] = tuple({"supplier": -1.0, "recipient": 1.0}.get(a, 0.0) for a in BESIDE)
    seller, buyer = roles(BesideWeights(tuple(EVEN), told))
    assert seller[0] is Role.SUPPLIER and buyer[0] is Role.RECIPIENT and Role.SUPPLIER not in buyer


def test_whoever_is_unlikely_by_himself_is_not_looked_at_again() -> None:
    read = read_story("", "Tomasz Wilk met Osric Lemairo in Aden.", BOOK)
    sure = BesideWeights((9.0, *EVEN[1:]), {})
    for bias, taken in ((LEAST - 0.1, False), (LEAST + 0.1, True)):
        book = replace(BOOK, roles=RoleWeights((bias, *([0.0] * (len(ANSWERS) - 1))), {}, "none", sure))
        assert {judged.violator > 0.9 for judged in judgements(read, book)} == {taken}


def test_among_very_many_names_each_is_told_of_the_best_two_and_of_how_many_are_above() -> None:
    count = 2_000
    told = beside_features([one(f"N{n}", violator=n / count) for n in range(count)], BOOK)
    assert told[0]["above violator"] == pytest.approx(math.log1p(count - 1))
    assert told[-1]["above violator"] == 0 and told[-1]["best violator"] == (count - 2) / count
    assert {(f["best violator"], f["second violator"]) for f in told[:-2]} == {
        ((count - 1) / count, (count - 2) / count)
    }
