"""Every page in a real browser: nothing for axe to find, no script or request from elsewhere, usable at 360 pixels."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine
from sqlmodel import select

from compliance.alert import Alert
from compliance.case import Disposition
from compliance.certifying import issue
from compliance.decision import dispose_case, reopen_case
from compliance.monitor import Monitor, fetch_policy
from compliance.settings import Settings
from compliance.store import outbox, queue, runs, subscriptions, users
from compliance.store.database import session_scope
from compliance.store.tables import FeedRow, OutboxRow, RunFeedRow
from compliance.subscription import Subscription
from compliance.web.app import ROUTERS
from tests import factories
from tests.compliance.web.conftest import PASSWORD, open_case

pytestmark = pytest.mark.browser
# Every page by the name of its route, at the addresses that show it; {} stands for a case's reference.
PAGES = {
    "login_page": ("/login",),
    "queue_page": ("/", "/?show=decided&regime=1718", "/?show=snoozed", "/?show=second"),
    "search_page": ("/search?q=shells", "/search?q=qqq", "/search"),
    "case_page": ("/cases/{}", "/cases/EW-2026-00001"),
    "triage_page": ("/triage", "/triage?show=snoozed"),
    "coverage_page": ("/coverage",),
    "analytics_page": ("/analytics", "/analytics?months=1"),
    "exports_page": ("/exports",),
    "record_page": ("/record",),
    "people_page": ("/people",),
    "account_page": ("/account",),
    "report_page": ("/cases/{}/report",),
    "alerts_page": ("/alerts", "/alerts?show=due", "/alerts?show=sent"),
    "subscriptions_page": ("/subscriptions",),
    "certificates_page": ("/certificates",),
    "certificate_page": ("/certificates/1",),
}
# What a browser is given but does not show as a page of the desk.
NO_PAGES = {"healthz", "readyz", "sso_begin", "sso_return", "report_pdf", "export_file", "certificate_json",
            "certificate_pdf"}  # fmt: skip
ADDRESSES = [*(path for paths in PAGES.values() for path in paths), "/nothing-here"]
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def test_every_page_of_the_desk_is_looked_at() -> None:
    shown = {route.name for router in ROUTERS for route in router.routes if "GET" in route.methods}
    assert shown == PAGES.keys() | NO_PAGES


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield running
        running.close()


def opened(browser: Browser, url: str, **context: Any) -> Page:
    """Return a page on which an administrator is signed in."""
    page = browser.new_context(**context).new_page()
    page.goto(f"{url}/login")
    page.fill("input[name=name]", "admin")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{url}/")
    return page


@pytest.fixture
def filled(desk_engine: Engine) -> str:
    """A desk that has read and judged for two weeks; return the reference of a case."""
    now = datetime.now(UTC)
    routes = [("North Korea", "Russia", "1718"), ("Iran", "the Houthis", "2140"), ("Sudan", "RSF", "1591")]
    reference = ""
    for i in range(9):
        giver, taker, regime = routes[i % 3 if i < 6 else 0]
        found = factories.extraction()
        parties = tuple(
            type(p)(name, name, p.type, p.roles, p.evidence)
            for p, name in zip(found.parties, (giver, taker), strict=True)
        )
        told = factories.story(fingerprint=str(i) * 64, published=now - timedelta(hours=9 * i))
        reference = open_case(desk_engine, told, factories.screening(parties=parties, regimes=(regime,)))
    with session_scope(desk_engine) as session:
        for name, title, state, failures in (
            ("harbour", "Harbour Wire", "ok", 0),
            ("seoul", "조선일보 국제", "ok", 0),
            ("levant", "أخبار المشرق", "http_error", 4),
        ):
            session.add(
                FeedRow(
                    id=name,
                    url=f"https://{name}.example/rss",
                    title=title,
                    state=state,
                    failures=failures,
                    entries=40,
                    reason="503 Service Unavailable" if failures else "",
                    state_since=now - timedelta(days=2),
                    last_checked=now,
                    last_success=now - timedelta(days=2 if failures else 0),
                )
            )
        for ago in range(12, 0, -1):
            at = now - timedelta(days=ago)
            runs.open_run(session, f"run-{ago}", at)
            for name in ("harbour", "seoul"):
                new = 0 if name == "seoul" and ago < 5 else 12
                row = RunFeedRow(run_id=f"run-{ago}", feed_id=name, state="ok", entries=new, new=new)
                runs.record_feed(session, row)
            counts = {"feeds_due": 3, "stories_new": 24, "screened": 24, "flagged": 2, "cases_opened": 1}
            faults = ["flagged and cases opened + joined: 2 and 1"] if ago == 7 else []
            runs.close_run(session, f"run-{ago}", counts, faults, at)
    words = [("ada", Disposition.BREACH), ("bob", Disposition.BREACH), ("ada", Disposition.GREY)]
    for i, (reader, word) in enumerate(words):
        reason = "act_alleged" if word is Disposition.BREACH else "unclear"
        dispose_case(desk_engine, f"EW-{now:%Y}-{i // 2 + 1:05d}", word, reason, "", reader, i % 2 * 2 + 1, now)
        if i == 0:
            reopen_case(desk_engine, f"EW-{now:%Y}-00001", "a second reading", "ada", 2, now)
    return reference


@pytest.fixture
def furnished(desk_engine: Engine, desk_settings: Settings, filled: str) -> str:
    """The filled desk with a certificate, an alert of each state, a subscription and a saved view."""
    now = datetime.now(UTC)
    monitor = Monitor(desk_settings, desk_engine, (), fetch_policy(desk_settings))
    with session_scope(desk_engine) as session:
        issue(session, monitor, now.date() - timedelta(days=1), now)
        for number, state in enumerate(("due", "sent", "dead")):
            alert = Alert(f"id-{number}", "a@desk.example", {"subject": f"Alert {number}", "text": "t", "to": "a"})
            outbox.add(session, alert, subject=filled, event=f"e{number}", run_id=None, now=now)
            session.flush()
            row = session.exec(select(OutboxRow).where(OutboxRow.alert_id == alert.id)).one()
            row.state, row.reason = state, "550 no such mailbox" if state == "dead" else ""
        own = Subscription(channel="email", to=("a@desk.example",))
        subscriptions.add(session, users.known(session, "admin").id or 0, own, now)
        queue.keep_view(session, "admin", "Korea", queue.Filters(regime="1718"), now)
    return filled


def test_every_page_is_sound_for_axe_and_asks_nobody_else(browser: Browser, desk_url: str, furnished: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for scheme, width in (("light", 1280), ("dark", 360)):
        size = {"width": width, "height": 844}
        page = opened(browser, desk_url, color_scheme=scheme, viewport=size, bypass_csp=True)
        asked: list[str] = []
        page.on("request", lambda request, to=asked: to.append(request.url))
        for path in ADDRESSES:
            page.goto(desk_url + path.format(furnished))
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            found = Axe().run(page, options={"runOnly": STANDARDS}).response["violations"]
            told = [(v["id"], v["impact"], [n["html"][:160] for n in v["nodes"]]) for v in found]
            assert told == [], (scheme, path)
        assert [url for url in asked if not url.startswith(desk_url)] == []
        page.context.close()


def test_no_page_breaks_its_own_content_policy_or_overflows_a_phone(
    browser: Browser, desk_url: str, furnished: str
) -> None:
    page = opened(browser, desk_url, viewport={"width": 360, "height": 740})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in ADDRESSES:
        page.goto(desk_url + path.format(furnished))
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, (path, wide)
    assert [line for line in said if "404" not in line] == []
    page.context.close()


FOCUSED = """() => { const e = document.activeElement; if (e === document.body) return null;
  const s = getComputedStyle(e), box = e.getBoundingClientRect();
  return {what: e.outerHTML.slice(0, 120), drawn: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2,
          seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight}; }"""
MOVING = """() => [...document.querySelectorAll("*")].filter((e) => { const s = getComputedStyle(e);
  return s.transitionDuration !== "0s" || s.animationName !== "none" || s.scrollBehavior === "smooth"; }).length"""


def test_focus_is_seen_wherever_the_tab_key_leads_and_nothing_moves_where_that_is_asked(
    browser: Browser, desk_url: str, furnished: str
) -> None:
    page = opened(browser, desk_url, reduced_motion="reduce", viewport={"width": 1280, "height": 800})
    for path in ADDRESSES:
        page.goto(desk_url + path.format(furnished))
        assert page.evaluate(MOVING) == 0, path
        reached = 0
        for _ in range(45):
            page.keyboard.press("Tab")
            found = page.evaluate(FOCUSED)
            if found is None:
                break
            reached += 1
            assert found["drawn"] and found["seen"], (path, found["what"])
        assert reached >= 2, path
    page.context.close()
    page = opened(browser, desk_url, reduced_motion="no-preference")
    assert page.evaluate(MOVING) > 0, "what is looked for can be found"
    page.context.close()


def test_a_token_is_made_and_a_role_given_by_keyboard_alone(browser: Browser, desk_url: str, filled: str) -> None:
    page = opened(browser, desk_url, java_script_enabled=False)
    page.goto(f"{desk_url}/account")
    page.focus("form[action='/account/tokens'] input[name=name]")
    page.keyboard.type("nightly")
    page.keyboard.press("Enter")
    assert page.locator("code.secret").inner_text().startswith("ewt_")
    page.goto(f"{desk_url}/people")
    page.focus("select[aria-label='Role of viewer']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    assert page.locator("select[aria-label='Role of viewer']").input_value() == "analyst"
    page.context.close()
