import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from compliance.screening import leave_unjudged
from compliance.store import cases, draws, ledger, priorities, screenings, stories
from compliance.store.database import session_scope
from compliance.web.highlight import pieces
from rules.vocabulary import PartyType
from tests import factories
from tests.compliance.web.conftest import open_case, severity, sign_in


def decide(client: TestClient, reference: str, csrf: str, **changes: str) -> object:
    form = {"csrf": csrf, "disposition": "breach", "reason": "act_alleged", "note": "seen", "revision": "1"}
    return client.post(f"/cases/{reference}/decide", data=form | changes)


def test_the_queue_shows_the_act_and_its_law(client: TestClient, reference: str) -> None:
    sign_in(client)
    page = client.get("/").text
    assert "North Korea → artillery shells → Russia" in page
    assert "UN-SC1718" in page and reference in page and "denied by <bdi>Russia</bdi>" in page


def test_an_empty_queue_says_why_it_is_empty(client: TestClient) -> None:
    sign_in(client)
    assert "has never run here, so nothing has been looked at" in client.get("/").text


def test_the_case_shows_who_did_what_in_whose_words(client: TestClient, reference: str) -> None:
    sign_in(client)
    page = client.get(f"/cases/{reference}").text
    for shown in ("supplier", "recipient", "1718 OP8(b)", "in force on the day", "shells + carried", "Harbour Wire"):
        assert shown in page
    leads = set(re.findall(r'href="#([qm]\d[^"]*)"', page))
    assert leads <= set(re.findall(r'class="spot" id="([^"]+)"', page))
    # Both parties, the goods, the rule's sentence and the denial lead to their words.
    assert len(leads) >= 4


def test_a_decision_lands_in_the_case_and_the_ledger(client: TestClient, desk_engine: Engine, reference: str) -> None:
    csrf = sign_in(client)
    answer = decide(client, reference, csrf)
    assert answer.status_code == 303 and answer.headers["location"] == "/"
    assert "Decided: breach" in client.get(f"/cases/{reference}").text
    with session_scope(desk_engine) as session:
        event = ledger.of_subject(session, reference)[-1]
        assert (event.actor, event.action) == ("analyst", "case.decided")
        told = {"state": "decided", "disposition": "breach", "reason": "act_alleged", "note": "seen"}
        assert told.items() <= event.after.items()
        assert {"model": "model-1", "rules": "rules-1", "policy": "policy-1"}.items() <= event.versions.items()
        assert event.versions["severity"]
        assert ledger.broken_links(session) == []


def test_deciding_leads_to_the_next_case(client: TestClient, desk_engine: Engine, reference: str) -> None:
    other = open_case(desk_engine, factories.story(fingerprint="g" * 64))
    csrf = sign_in(client)
    assert decide(client, reference, csrf).headers["location"] == f"/cases/{other}"


def test_a_stale_tab_is_told_and_loses_no_typing(client: TestClient, reference: str) -> None:
    csrf = sign_in(client)
    decide(client, reference, csrf)
    late = decide(client, reference, csrf, disposition="not_breach", reason="lawful", note="my long thoughts")
    assert late.status_code == 409
    assert "my long thoughts" in late.text and "stands as breach" in late.text


def test_a_reason_must_fit_the_decision(client: TestClient, reference: str) -> None:
    csrf = sign_in(client)
    assert decide(client, reference, csrf, disposition="breach", reason="lawful").status_code == 422
    assert decide(client, reference, csrf, disposition="maybe").status_code == 422


def test_a_decided_case_can_be_reopened_and_the_record_keeps_both(
    client: TestClient, desk_engine: Engine, reference: str
) -> None:
    csrf = sign_in(client)
    decide(client, reference, csrf)
    client.post(f"/cases/{reference}/reopen", data={"csrf": csrf, "revision": "2", "note": "new facts"})
    assert "Decide" in client.get(f"/cases/{reference}").text
    with session_scope(desk_engine) as session:
        actions = [event.action for event in ledger.of_subject(session, reference)]
    assert actions == ["case.opened", "case.decided", "case.reopened"]


@pytest.mark.parametrize("name", ["EW-2026-99999", "x..y", "%2e%2e%2f%2e%2e", "x" * 500, "' OR 1=1 --"])
def test_an_unknown_case_is_not_found(client: TestClient, name: str) -> None:
    sign_in(client)
    assert client.get(f"/cases/{name}").status_code == 404


PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7777*7777}}",
    "javascript:alert(1)",
    "</mark><svg/onload=x>",
]


class _Active(HTMLParser):
    """Collects what a browser would run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("img", "svg", "iframe", "object", "embed", "style", "base", "meta") and tag != "meta":
            self.found.append(tag)
        for name, value in attrs:
            leads = name in ("href", "src", "action", "formaction") and (value or "").lower().startswith("javascript:")
            if name.startswith("on") or leads:
                self.found.append(f"{tag} {name}")
            if tag == "script" and name == "src" and not (value or "").startswith("/static/"):
                self.found.append(str(value))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_in_any_field_becomes_active(client: TestClient, desk_engine: Engine, payload: str) -> None:
    found = factories.extraction()
    party = replace(found.parties[0], canonical=payload, name=payload, type=PartyType.COMPANY)
    told = factories.story(title=payload, text=payload + factories.TEXT, publisher=payload, url="https://x.example/")
    screening = factories.screening(parties=(party,), denied_by=(payload,), goods=())
    reference = open_case(desk_engine, told, screening)
    csrf = sign_in(client)
    work = {"csrf": csrf, "note": payload}
    client.post("/views", data=work | {"name": payload, "query": f"party={payload}"})
    client.post(f"/cases/{reference}/note", data=work)
    mark = {"story": "1", "revision": "1", "quote": payload, "says": payload[:40], "party": payload}
    assert client.post(f"/cases/{reference}/mark", data=work | mark).status_code == 303
    shown = client.get(f"/triage?case={reference}").text
    refused = decide(client, reference, csrf, note=payload, reason=payload[:80]).text
    decide(client, reference, csrf, note=payload, revision="2")
    for path in ("/?show=decided", f"/?party={quote(payload)}", f"/search?q={quote(payload)}", f"/cases/{reference}",
                 f"/triage?party={quote(payload)}", "/coverage", shown, refused):  # fmt: skip
        page = path if path.startswith("<!doctype") else client.get(path, follow_redirects=True).text
        active = _Active()
        active.feed(page)
        assert active.found == [], path
        assert "60481729" not in page or "{{7777*7777}}" not in payload
    assert payload in unescape(client.get(f"/cases/{reference}").text)


def test_pieces_join_to_the_text_and_keep_overlaps() -> None:
    def span(start: int, end: int) -> dict[str, object]:
        return {"field": "text", "start": start, "end": end}

    text = "кто дал 武器 кому"
    parties = [
        {"canonical": "A", "evidence": [span(0, 9), span(4, 12)]},
        {"canonical": "B", "evidence": [span(7, len(text)), span(5, 900), span(-3, 2)]},
    ]
    cut = pieces(text, "text", parties)
    assert "".join(p.text for p in cut) == text
    assert {p.parties for p in cut} >= {("A",), ("A", "B"), ("B",)}
    assert sorted(a for p in cut for a in p.anchors) == ["q0-0", "q0-1", "q1-0"]


def test_the_coverage_page_says_what_was_left_unread_for_its_language(client: TestClient, desk_engine: Engine) -> None:
    sign_in(client)
    assert "None in the last 30 days." in client.get("/coverage").text
    now = datetime.now(UTC)
    with session_scope(desk_engine) as session:
        stories.add(session, [factories.story(feed_id="levant")], [(None, None)], "run", now)
        [story_id] = stories.waiting_ids(session)
        told = stories.load(session, [story_id])
        screenings.add(session, [(told[0], leave_unjudged("ar", "m", "r", factories.POLICY))], "run", now)
    page = client.get("/coverage").text
    assert "<td>ar</td><td>levant</td>" in page and "Nothing is known about what they tell." in page


def test_a_case_drawn_at_random_is_shown_as_such_and_stands_last(
    client: TestClient, desk_engine: Engine, reference: str
) -> None:
    now = datetime.now(UTC)
    with session_scope(desk_engine) as session:
        stories.add(session, [factories.story(title="A quiet day", fingerprint="q")], [(None, None)], "run", now)
        [story_id] = stories.waiting_ids(session)
        told = stories.load(session, [story_id])
        screenings.add(session, [(told[0], factories.screening(0.1))], "run", now)
        [(story, found)] = draws.told(session, [story_id], 2)
        row = cases.open_drawn(session, story, found, "drawn at random", "run", now)
        priorities.restate(session, row, severity())
        drawn = row.reference
    review = open_case(desk_engine, factories.story(fingerprint="r"), factories.screening(0.4))
    sign_in(client)
    queue = client.get("/").text
    assert queue.index(reference) < queue.index(review) < queue.index(drawn)
    assert queue.count("random draw") == 1 and "A quiet day" in queue and "verdict-clear" not in queue
    page = client.get(f"/cases/{drawn}").text
    assert "Drawn at random" in page and "Why it was flagged" not in page and "Decide" in page
    assert "random draw" not in client.get(f"/cases/{reference}").text
