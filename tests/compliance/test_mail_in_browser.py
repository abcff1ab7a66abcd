"""The mail as a phone shows it: nothing runs off the screen, nothing is fetched, the button can be hit."""

from dataclasses import replace

import pytest

from compliance.alert import compose_alert
from compliance.case import Case
from tests.compliance.test_alert import CASE, HOSTILE

LONG = replace(CASE, act="W" * 900, goods=("x" * 300,), changes=("new party: " + "y" * 300,), denied_by=("z" * 200,))
EVIL = replace(CASE, act=HOSTILE, goods=("<img src=//evil.example/x>",), changes=("<iframe src=//evil.example>",))


@pytest.mark.browser
@pytest.mark.parametrize("case", [CASE, LONG, EVIL], ids=["plain", "long", "evil"])
def test_a_mail_fits_a_phone_and_fetches_nothing(case: Case, chromium_path: str) -> None:
    from playwright.sync_api import sync_playwright

    payload = compose_alert(case, "https://desk.example", "a@x", "b@x", why="subscription night").payload
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 360, "height": 640})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.set_content(payload["html"])
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        links = page.query_selector_all("a")
        assert [a.get_attribute("href") for a in links] == ["https://desk.example/cases/EW-2026-00042"]
        box = links[0].bounding_box()
        assert box is not None and box["height"] >= 44
        assert float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")) >= 16
        assert asked == [] and page.query_selector("script, iframe, img") is None
        browser.close()
