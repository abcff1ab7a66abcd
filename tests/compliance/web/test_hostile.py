"""Sixty hostile strings in every field that a page, the API or a mail shows: nothing runs, nothing is fetched."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import Session, select

from compliance.alert import Alert, compose_alert
from compliance.case import Case, Quote
from compliance.classifier.classification import Neighbour, Term
from compliance.screening import screen
from compliance.store import cases as case_shelf
from compliance.store import ledger, outbox, runs, screenings, stories, users
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow, CaseStoryRow, FeedRow, OutboxRow, RunFeedRow, UserRow
from compliance.store.tables_desk import ChangeRow, MarkRow, ViewRow
from compliance.store.tables_people import TokenRow
from compliance.store.users import Role
from rules.findings import Bystander, Evidence, Goods, MeasureFinding, Party, RuleHit
from rules.vocabulary import Field, Kind, PartyType, Stance
from rules.vocabulary import Role as Part
from tests import factories
from tests.compliance.test_alert import CASE
from tests.compliance.web.conftest import bearer, make_token, sign_in
from tests.compliance.web.test_looks import opened
from tests.hostile import PAYLOADS, SUM

# What no page of ours has.
NEVER = {"iframe", "object", "embed", "img", "style", "base", "video", "audio", "source", "math", "template",
         "noscript", "animate", "use", "applet", "frame", "x"}  # fmt: skip
LEADING = {
    "href",
    "src",
    "action",
    "formaction",
    "xlink:href",
    "data",
    "poster",
    "background",
    "ping",
    "srcset",
    "cite",
}
OURS = ("/", "#", "?", "https://news.example/", "https://www.un.org/", "https://desk.example/cases/")


class Active(HTMLParser):
    """Collects what a browser would run, fetch or lead to elsewhere."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in NEVER or (tag == "script" and not given.get("src", "").startswith("/static/")):
            self.found.append(tag)
        if tag == "meta" and "http-equiv" in given:
            self.found.append("meta refresh")
        for name, value in given.items():
            leads_out = name in LEADING and (not value.startswith(OURS) or value.startswith(("//", "/\\")))
            if name.startswith("on") or name in ("style", "srcdoc") or (leads_out and tag != "script"):
                self.found.append(f"{tag} {name}={value[:40]}")

    handle_startendtag = handle_starttag


def active_in(page: str) -> list[str]:
    """Return what is active in a page."""
    parser = Active()
    parser.feed(page)
    return parser.found


def plant(engine: Engine) -> list[str]:
    """Fill a desk: a case for each payload, with the payload wherever a feed, a machine or an officer puts words."""
    now = datetime.now(UTC)
    with session_scope(engine) as session:
        references = [_plant_case(session, number, payload, now) for number, payload in enumerate(PAYLOADS)]
        runs.open_run(session, "run-1", now - timedelta(hours=2))
        admin = users.known(session, "admin")
        for number, payload in enumerate(PAYLOADS):
            _plant_around(session, number, payload, admin, now)
        runs.close_run(session, "run-1", {"stories_new": 60, **dict.fromkeys(PAYLOADS[:3], 1)}, list(PAYLOADS), now)
    return references


def _plant_case(session: Session, number: int, payload: str, now: datetime) -> str:
    text = f"{payload} shipped shells. {payload} denied it."
    span = Evidence(Field.TEXT, 0, len(payload), payload, "arms.carries")
    told = factories.story(
        fingerprint=f"{number}", title=payload, text=text, publisher=payload, published=now - timedelta(hours=number),
        url=payload if number % 2 else f"https://news.example/{payload}",
    )  # fmt: skip
    found = factories.extraction(
        parties=(
            Party(payload, payload, PartyType.COMPANY, (Part.SUPPLIER,), (span,)),
            Party("Russia", "Russia", PartyType.STATE, (Part.RECIPIENT,), (span,)),
        ),
        goods=(Goods(payload, Kind.ARMS, span),),
        denied_by=(payload,),
        bystanders=(Bystander(payload, f"{payload} Panel", PartyType.BODY, Stance.ACCUSER),),
        measures=(MeasureFinding("1718", "1718.arms.export", Kind.ARMS, (payload,), True),),
        hits=(RuleHit(payload, payload, span),),
    )  # fmt: skip
    told_of = factories.classification(
        why=(Term(payload, 1.5),), nearest=(Neighbour(payload, "breach", payload, 0.9),), version=payload
    )
    judged = screen(told_of, found, replace(factories.POLICY, version=payload))
    stories.add(session, [told], [(None, None)], "run-1", now)
    story_id = stories.waiting_ids(session)[-1]
    ids = screenings.add(session, [(stories.load(session, [story_id])[0], judged)], "run-1", now)
    row = case_shelf.open_case(session, story_id, ids[story_id], judged, payload, "run-1", now)
    session.flush()
    _plant_work(session, row, story_id, payload, now)
    return row.reference


def _plant_work(session: Session, row: CaseRow, story_id: int, payload: str, now: datetime) -> None:
    """Have officers type the payload wherever they can."""
    row.assignee, row.claimed_by, row.status = payload, payload, payload
    row.kinds, row.regimes = [payload], ["1718", payload]
    session.get_one(CaseStoryRow, (row.id, story_id)).reason = payload
    mark = {"field": "text", "start": 0, "end": len(payload), "quote": payload, "says": payload, "party": payload}
    session.add(MarkRow(case_id=row.id or 0, story_id=story_id, actor=payload, at=now, **mark))
    party = {"canonical": payload, "name": payload, "type": payload, "roles": [payload]}
    facts = {"kinds": [payload], "parties": [party],
             "status": payload, "regimes": [payload], "assignee": payload}  # fmt: skip
    change = ChangeRow(
        case_id=row.id or 0, at=now, actor=payload, action=payload, before=facts, after=facts, note=payload
    )
    session.add(change)
    session.flush()
    for action in (
        "case.opened",
        "case.corrected",
        "case.assigned",
        "case.noted",
        "case.decided",
        "case.marked",
        payload,
    ):
        after = facts | {
            "note": payload,
            "reason": payload,
            "quote": payload,
            "to": payload,
            "why": payload,
            payload: payload,
        }
        if action == "case.decided":
            after |= {"disposition": payload}
        ledger.append(
            session, at=now, actor=payload, action=action, subject=row.reference, before=facts, after=after,
            versions={payload: payload},
        )  # fmt: skip


def _plant_around(session: Session, number: int, payload: str, admin: UserRow, now: datetime) -> None:
    """Put the payload beside the cases: feeds, runs, alerts, views, tokens, people, the record."""
    session.add(
        FeedRow(id=f"f{number}", url=payload, title=payload, state="http_error", reason=payload, failures=3,
                state_since=now, last_checked=now, last_success=now, moved_to=payload)
    )  # fmt: skip
    runs.record_feed(session, RunFeedRow(run_id="run-1", feed_id=f"f{number}", state="http_error", reason=payload))
    session.add(ViewRow(owner="admin", name=f"{payload} {number}", query=f"party={quote(payload)}", created_at=now))
    lasts = {"created_at": now, "expires_at": now + timedelta(days=2)}
    session.add(
        TokenRow(
            user_id=admin.id or 0,
            name=f"{payload} {number}",
            hint=payload,
            digest=f"{number}",
            scopes=["read"],
            **lasts,
        )
    )
    session.add(UserRow(name=f"{payload} {number}", role=Role.VIEWER.value, password="", created_at=now))
    ledger.append(session, at=now, actor=payload, action=payload, subject=payload, after={payload: payload})
    mail = {"subject": payload, "text": payload, "html": payload, "to": payload}
    outbox.add(session, Alert(f"a{number}", payload, mail), subject=payload, event=payload, run_id=None, now=now)
    session.flush()
    row = session.exec(select(OutboxRow).where(OutboxRow.alert_id == f"a{number}")).one()
    row.state, row.reason, row.channel = ("due", "sent", "dead")[number % 3], payload, f"{payload} {number}"


@pytest.fixture
def planted(desk_engine: Engine) -> list[str]:
    return plant(desk_engine)


LISTS = (
    "/", "/?page=2", "/?show=mine", "/?show=decided", "/search?q=shipped", "/search?q=alert", "/coverage", "/analytics",
    "/exports", "/people", "/account", "/record", "/alerts", "/alerts?show=due", "/alerts?show=sent", "/subscriptions",
    "/certificates", "/triage",
)  # fmt: skip


def addresses(references: list[str]) -> Iterator[str]:
    """Every page that shows something, and those whose address itself carries a payload."""
    yield from LISTS
    for reference in references:
        yield from (f"/cases/{reference}", f"/cases/{reference}/report", f"/triage?case={reference}")
    for payload in PAYLOADS:
        yield from (f"/search?q={quote(payload)}", f"/record?subject={quote(payload)}&actor={quote(payload)}",
                    f"/?party={quote(payload)}&source={quote(payload)}&kind={quote(payload)}",
                    f"/cases/{quote(payload, safe='')}", f"/login?next={quote(payload)}")  # fmt: skip


def test_sixty_payloads_in_every_field_are_text_on_every_page(client: TestClient, planted: list[str]) -> None:
    assert len(PAYLOADS) == len(set(PAYLOADS)) == len(planted) == 60
    sign_in(client, "admin")
    for path in addresses(planted):
        page = client.get(path)
        assert page.status_code in (200, 303, 404), (path, page.status_code)
        assert active_in(page.text) == [], path
        assert SUM not in page.text.replace("7777*7777", "") and "alert(1)</script>" not in page.text, path
    shown = unescape(client.get(f"/cases/{planted[0]}").text)
    assert shown.count(PAYLOADS[0]) > 20, "it is shown, word for word, as text"


def test_the_check_itself_finds_every_payload_that_is_not_escaped() -> None:
    found = [
        payload
        for payload in PAYLOADS[:42]
        if active_in(f'<p>{payload}</p><input value="{payload}"><a title={payload}>')
    ]
    ours = '<p class="a"><a href="/cases/x">x</a><script type="module" src="/static/desk.js"></script></p>'
    assert len(found) >= 35 and active_in(ours) == []
    assert active_in('<a href="javascript:alert(1)">') and active_in("<a href=//evil.example>")


def test_sixty_payloads_travel_as_json_that_no_browser_takes_for_a_page(
    client: TestClient, desk_engine: Engine
) -> None:
    headers = bearer(make_token(desk_engine, "admin"))
    planted = plant(desk_engine)
    lists = ("queue?limit=100", "queue/choices", "cases?limit=100", "stories?limit=100", "feeds?limit=100", "coverage",
             "runs", "alerts?state=dead", "views", "tokens", "users", "record?limit=200", "analytics", "vocabulary",
             "exports/cases?format=jsonl", "exports/cases?format=csv")  # fmt: skip
    for path in (*lists, *(f"cases/{r}/dossier" for r in planted), *(f"cases/{r}" for r in planted[::10])):
        answer = client.get(f"/api/v1/{path}", headers=headers)
        assert answer.status_code == 200, (path, answer.text[:300])
        assert answer.headers["x-content-type-options"] == "nosniff" and "html" not in answer.headers["content-type"]
        if "json" in answer.headers["content-type"] and "jsonl" not in path:
            json.loads(answer.text)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_mail_and_its_subject_hold_the_payload_as_text(payload: str) -> None:
    hostile: Case = replace(
        CASE, act=payload, measures=(payload,), status=payload, denied_by=(payload,), reasons=(payload,),
        parties=({"canonical": payload, "type": payload, "roles": [payload]},), goods=(payload,), changes=(payload,),
        quotes=(Quote(payload, payload, payload),), kinds=(payload,), regimes=(payload,),
    )  # fmt: skip
    mail = compose_alert(hostile, "https://desk.example", "a@x", "b@x", why=payload).payload
    assert [line for line in active_in(mail["html"]) if " style=" not in line] == [], mail["html"][:400]
    assert not set(mail["subject"]) & {"\r", "\n", "\u2028", "\u202e"}
    assert SUM not in mail["html"] and SUM not in mail["text"]


@pytest.mark.browser
def test_a_browser_runs_and_fetches_nothing_though_its_content_policy_is_off(
    chromium_path: str, desk_url: str, planted: list[str]
) -> None:
    """With the policy set aside, escaping alone has to hold."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        page = opened(browser, desk_url, bypass_csp=True)
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        for path in (*LISTS, *(f"/cases/{r}" for r in planted), *(f"/cases/{r}/report" for r in planted[::6])):
            page.goto(desk_url + path, wait_until="domcontentloaded")
            assert (
                page.evaluate(
                    "document.querySelectorAll('iframe,img,object,embed,base,video,[onload],[onerror]').length"
                )
                == 0
            )
        browser.close()
    assert said == [] and [url for url in asked if not url.startswith(f"{desk_url}/")] == []
