"""The pages in a real browser: nothing serious for axe, no script or request from elsewhere, usable at 360 pixels.

With EMBARGOWATCH_SCREENSHOTS naming a folder, coverage and analytics are pictured there, light, dark and on a phone.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine

from compliance.case import Disposition
from compliance.decision import dispose_case, reopen_case
from compliance.store import runs
from compliance.store.database import session_scope
from compliance.store.tables import FeedRow, RunFeedRow
from tests import factories
from tests.compliance.web.conftest import PASSWORD, open_case

pytestmark = pytest.mark.browser
PAGES = ("/coverage", "/analytics", "/exports", "/record", "/people", "/account", "/cases/{}/report", "/nothing-here")


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


def test_every_page_is_sound_for_axe_and_asks_nobody_else(browser: Browser, desk_url: str, filled: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for scheme, width in (("light", 1280), ("dark", 390)):
        size = {"width": width, "height": 844}
        page = opened(browser, desk_url, color_scheme=scheme, viewport=size, bypass_csp=True)
        asked: list[str] = []
        page.on("request", lambda request, to=asked: to.append(request.url))
        for path in PAGES:
            page.goto(desk_url + path.format(filled))
            found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
            serious = [
                (v["id"], [n["html"][:160] for n in v["nodes"]])
                for v in found.response["violations"]
                if v["impact"] in ("serious", "critical")
            ]
            assert serious == [], (scheme, path)
        assert [url for url in asked if not url.startswith(desk_url)] == []
        page.context.close()


def test_no_page_breaks_its_own_content_policy_or_overflows_a_phone(
    browser: Browser, desk_url: str, filled: str
) -> None:
    page = opened(browser, desk_url, viewport={"width": 360, "height": 740})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in PAGES:
        page.goto(desk_url + path.format(filled))
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, (path, wide)
    assert [line for line in said if "404" not in line] == []
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


def test_pictures_of_coverage_and_analytics_are_taken(
    browser: Browser, desk_url: str, filled: str, tmp_path: Path
) -> None:
    """They are kept where EMBARGOWATCH_SCREENSHOTS names a folder."""
    folder = Path(os.environ.get("EMBARGOWATCH_SCREENSHOTS") or tmp_path)
    looks: dict[str, dict[str, Any]] = {
        "light": {"viewport": {"width": 1280, "height": 900}},
        "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
        "phone": {"viewport": {"width": 390, "height": 844}},
    }
    for look, context in looks.items():
        page = opened(browser, desk_url, **context)
        for path in PAGES[:-1]:
            page.goto(desk_url + path.format(filled))
            name = path.strip("/").replace("/{}/", "-")
            picture = folder / f"{name}-{look}.png"
            page.screenshot(path=str(picture), full_page=look == "phone")
            assert picture.stat().st_size > 10_000
        page.context.close()
