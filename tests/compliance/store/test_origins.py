"""Which story each text comes from, on both databases."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from compliance.store import origins, stories
from compliance.store.database import session_scope
from compliance.store.tables_origins import BandRow
from compliance.story import Story
from tests import factories
from tests.compliance.intake.test_copies import CUT, EDITED, RETOLD, WIRE
from tests.factories import NOW

TOLD = {
    "wire": factories.story(text=WIRE, feed_id="wire", published=NOW + timedelta(hours=2), fingerprint="wire"),
    "early": factories.story(text=CUT, feed_id="post", published=NOW, fingerprint="early"),
    "late": factories.story(text=EDITED, feed_id="news", published=NOW + timedelta(hours=5), fingerprint="late"),
    "own": factories.story(text=RETOLD, feed_id="own", published=NOW, fingerprint="own"),
}


def read(engine: Engine, told: Sequence[Story], wires: Sequence[str] = (), day: int = 0) -> dict[str, int]:
    """Store the stories one by one, as feeds bring them; return ids by fingerprint."""
    now = NOW + timedelta(days=day)
    for story in told:
        with session_scope(engine) as session:
            stories.add(session, [story], [(None, None)], "run", now)
            rows = stories.of_fingerprints(session, [story.fingerprint], "run")
            origins.find_origins(session, rows, wires, now)
            # A step that runs twice leaves the rows of once.
            origins.find_origins(session, rows, wires, now)
    with session_scope(engine) as session:
        rows = stories.of_fingerprints(session, [s.fingerprint for s in told], "run")
        return {row.fingerprint: row.id or 0 for row in rows}


@pytest.mark.parametrize(("wires", "origin"), [([], "early"), (["wire"], "wire")])
def test_copies_are_tied_to_the_wire_or_else_the_earliest(engine: Engine, wires: list[str], origin: str) -> None:
    ids = read(engine, list(TOLD.values()), wires)
    with session_scope(engine) as session:
        found = origins.origins_of(session, list(ids.values()))
    assert {name: found[ids[name]] for name in ("wire", "early", "late")} == dict.fromkeys(
        ("wire", "early", "late"), ids[origin]
    )
    assert found[ids["own"]] == ids["own"]


def test_the_order_in_which_copies_come_decides_nothing(engine: Engine) -> None:
    for number, order in enumerate(permutations(["wire", "early", "late"])):
        marked = [
            factories.story(
                text=TOLD[n].text.replace("Masindi", f"Town{number}"),
                feed_id=TOLD[n].feed_id,
                published=TOLD[n].published,
                fingerprint=f"{n}-{number}",
            )
            for n in order
        ]
        # Far enough apart that one round's copies do not meet the next round's.
        ids = read(engine, marked, ["wire"], day=40 * number)
        with session_scope(engine) as session:
            found = origins.origins_of(session, list(ids.values()))
        assert set(found.values()) == {ids[f"wire-{number}"]}


def test_a_story_unknown_to_the_table_is_its_own_origin(engine: Engine) -> None:
    with session_scope(engine) as session:
        assert origins.origins_of(session, [7, 8]) == {7: 7, 8: 8}
        assert origins.origins_of(session, []) == {}


def test_keys_are_dropped_when_no_copies_will_come(engine: Engine) -> None:
    read(engine, [TOLD["wire"]])
    read(engine, [TOLD["own"]], day=40)
    with session_scope(engine) as session:
        assert len({row.story_id for row in session.exec(select(BandRow))}) == 1


def test_a_text_that_hundreds_repeat_is_tied_and_its_keys_do_not_grow(engine: Engine) -> None:
    """A key is kept for the first stories that had it, so that reading the thousandth copy costs what the tenth did."""
    told = [
        factories.story(text=f"{WIRE} {number}", published=NOW + timedelta(minutes=number), fingerprint=f"c{number}")
        for number in range(260)
    ]
    for start in range(0, 260, 65):
        part = told[start : start + 65]
        with session_scope(engine) as session:
            stories.add(session, part, [(None, None)] * 65, "run", NOW)
            rows = stories.of_fingerprints(session, [s.fingerprint for s in part], "run")
            origins.find_origins(session, rows, (), NOW)
    with session_scope(engine) as session:
        rows = stories.of_fingerprints(session, [s.fingerprint for s in told], "run")
        found = origins.origins_of(session, [row.id or 0 for row in rows])
        kept = Counter(row.band for row in session.exec(select(BandRow)))
    assert len(set(found.values())) == 1
    assert max(kept.values()) == 200
