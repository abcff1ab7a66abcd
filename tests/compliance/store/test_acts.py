"""Told acts are found again by their rare terms, on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from benchmarks.case_index import act_of, fill
from compliance.particulars import Passage
from compliance.store import acts
from compliance.store.database import session_scope

KNOWN = 7


def test_a_case_is_found_by_its_rare_terms(engine: Engine) -> None:
    fill(engine, 12)
    with session_scope(engine) as session:
        assert KNOWN in {case.id for case in acts.alike(session, act_of(KNOWN, 1))}
        assert acts.alike(session, replace(act_of(KNOWN, 1), told=Passage(*[frozenset()] * 3))) == []


def test_a_term_that_too_many_acts_have_finds_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "_COMMONEST", 4)
    fill(engine, 60)
    common = Passage(frozenset({"rajin", "nampo", "hodeidah", "transponder"}), frozenset(), frozenset())
    with session_scope(engine) as session:
        assert acts.alike(session, replace(act_of(KNOWN, 1), told=common)) == []
        assert KNOWN in {case.id for case in acts.alike(session, act_of(KNOWN, 1))}
