"""Every field of the case page leads to words that the story holds."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from compliance.quoting import first_anchor, quoted
from compliance.screening import judgement
from compliance.web.highlight import cut
from tests import factories


def found(**changes: Any) -> list[Any]:
    screening = factories.screening(**changes)
    told = factories.story()
    hits = [{"rule": h.rule, "evidence": {"field": h.evidence.field.value, "start": h.evidence.start,
             "end": h.evidence.end}} for h in screening.extraction.hits]  # fmt: skip
    return quoted(0, told.title, told.text, judgement(told, screening), hits)


def test_parties_goods_rules_and_denials_each_lead_to_their_words() -> None:
    spans = found()
    said = {s.about: (factories.TITLE if s.field == "title" else factories.TEXT)[s.start : s.end] for s in spans}
    assert "Rajin in North Korea to Dunai" in said["party:Russia"]
    assert said["goods:artillery shells"] == "artillery shells"
    # Russia denies through its capital: the sentence that denies stands for it.
    assert said["denial:Russia"] == "Moscow called the account groundless."
    assert first_anchor(spans, "rule:arms.carries") and first_anchor(spans, "party:Peru") is None


def test_every_anchor_of_a_page_is_its_own() -> None:
    anchors = [s.anchor for s in found()]
    assert len(set(anchors)) == len(anchors)


def test_a_name_told_a_thousand_times_is_marked_a_few() -> None:
    empty = {"parties": [], "goods": ["oil"], "denied_by": [], "non_parties": []}
    assert len(quoted(0, "", "oil " * 1_000, empty, [])) == 3


@given(st.text(max_size=80), st.lists(st.tuples(st.integers(-5, 90), st.integers(-5, 90)), max_size=6))
def test_pieces_join_to_the_text_whatever_the_spans(text: str, spans: list[tuple[int, int]]) -> None:
    evidence = [{"field": "text", "start": a, "end": b} for a, b in spans]
    party = {"canonical": "A", "name": "A", "roles": ["supplier"], "evidence": evidence}
    given_ = {"parties": [party], "goods": ["a", "(", ""], "denied_by": ["A"], "non_parties": []}
    found_ = quoted(0, "", text, given_, [])
    assert "".join(p.text for p in cut(text, "text", found_)) == text
