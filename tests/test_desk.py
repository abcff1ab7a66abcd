"""The desk in a real browser: a queue worked by keyboard, two people's decision, marks, and axe on every page."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from sqlalchemy import Engine

from compliance.settings import Settings
from compliance.severity import load_severity_policy
from compliance.store import cases, changes, ledger
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow
from compliance.web.app import create_app
from tests import factories
from tests.compliance.web.conftest import PASSWORD, desk_engine, desk_settings, open_case, severity, staffed_desk
from tests.serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["desk_engine", "desk_settings", "staffed_desk"]
pytestmark = pytest.mark.browser
SHIPPED = load_severity_policy(Settings().config / "severity.yml")


@pytest.fixture
def desk(desk_settings: Settings, desk_engine: Engine) -> Iterator[str]:
    """A running desk with three cases: one grave, for which two people must agree, and two that one decides."""
    grave = factories.screening(status=None)
    open_case(desk_engine, factories.story(fingerprint="a" * 64), grave, SHIPPED)
    for number in range(2):
        told = factories.story(fingerprint=f"{number}" * 64, title=f"Shells again, report {number}")
        open_case(desk_engine, told, factories.screening(0.5 - number / 10), severity())
    with serving(create_app(desk_settings, desk_engine)) as base:
        yield base


@contextmanager
def browser(chromium_path: str, **context: Any) -> Iterator["Page"]:
    """A page whose every error is a failure."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_path)
        page = opened.new_context(**context).new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda m: (
                problems.append(m.text) if m.type == "error" and "responded with a status of" not in m.text else None
            ),
        )
        yield page
        opened.close()
    assert problems == []


def sign_in(page: "Page", base: str, name: str) -> None:
    page.goto(f"{base}/login")
    # A busy machine may give the first field its focus a moment after the page has loaded.
    page.wait_for_selector("input:focus")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/")


def row_of(engine: Engine, reference: str) -> CaseRow:
    with session_scope(engine) as session:
        row = cases.by_reference(session, reference)
        assert row is not None
        return row


def test_a_queue_is_worked_by_keyboard_and_a_second_person_approves(
    desk: str,
    desk_engine: Engine,
    chromium_path: str,
) -> None:
    from playwright.sync_api import expect

    with browser(chromium_path) as page:
        sign_in(page, desk, "analyst")
        page.keyboard.press("t")
        expect(page.locator(".progress")).to_contain_text("1 of 3")
        # A mark on the document itself: whatever loads a page anew loses it, however late a busy
        # machine reports that the page the test began with has loaded.
        page.evaluate("window.markedByTest = true")
        # Next and back; then breach, with the first reason and a note.
        page.keyboard.press("j")
        expect(page.locator(".progress")).to_contain_text("2 of 3")
        page.keyboard.press("k")
        expect(page.locator(".progress")).to_contain_text("1 of 3")
        page.keyboard.press("m")
        page.keyboard.type("bn is typed here, not done")
        page.keyboard.press("Escape")
        for key in ("b", "1", "Enter"):
            page.keyboard.press(key)
        expect(page.locator(".progress")).to_contain_text("2 of 3 · 1 done")
        # A clear reject is three keys; it is taken back with one, and done again.
        for key in ("n", "3", "Enter"):
            page.keyboard.press(key)
        expect(page.locator(".progress")).to_contain_text("3 of 3 · 2 done")
        assert row_of(desk_engine, "EW-2026-00002").disposition == "not_breach"
        page.keyboard.press("u")
        expect(page.locator(".progress")).to_contain_text("2 of 3 · 1 done")
        assert row_of(desk_engine, "EW-2026-00002").state == "waiting"
        page.keyboard.press("s")
        expect(page.locator(".progress")).to_contain_text("3 of 3 · 2 done")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("e")
        page.keyboard.type("a minister is named")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".tag.escalated")).to_be_visible()
        page.keyboard.press("a")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("assigned to analyst")).to_be_visible()
        assert page.evaluate("window.markedByTest === true"), "triage turned by loading a page anew"
    first, second, third = (row_of(desk_engine, f"EW-2026-0000{n}") for n in (1, 2, 3))
    assert (first.state, second.state, third.escalated, third.assignee) == ("second", "snoozed", True, "analyst")
    assert first.proposal is not None and first.proposal["note"] == "bn is typed here, not done"
    with browser(chromium_path) as page:
        sign_in(page, desk, "approver")
        page.goto(f"{desk}/triage?show=second")
        expect(page.locator(".first")).to_contain_text("analyst decided breach")
        for key in ("b", "1", "Enter"):
            page.keyboard.press(key)
        expect(page.get_by_text("1 case is done with")).to_be_visible()
    assert row_of(desk_engine, "EW-2026-00001").disposition == "breach"
    with session_scope(desk_engine) as session:
        assert ledger.broken_links(session) == []


def test_a_grave_case_goes_by_keyboard_from_login_through_two_people_to_its_pdf(
    desk: str, desk_engine: Engine, chromium_path: str, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    with browser(chromium_path) as page:
        sign_in(page, desk, "analyst")
        for key in ("t", "m"):
            page.keyboard.press(key)
            expect(page.locator("#decide")).to_be_visible()
        page.keyboard.type("two ports, one ship: Раджин – 羅津")
        page.keyboard.press("Escape")
        for key in ("b", "1", "Enter"):
            page.keyboard.press(key)
        expect(page.locator(".progress")).to_contain_text("1 done")
    with browser(chromium_path, accept_downloads=True) as page:
        sign_in(page, desk, "approver")
        page.goto(f"{desk}/triage?show=second")
        for key in ("b", "1", "Enter"):
            page.keyboard.press(key)
        expect(page.get_by_text("1 case is done with")).to_be_visible()
        page.keyboard.press("/")
        page.keyboard.type("ew-2026-00001")
        expect(page.locator("#found a").first).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/cases/EW-2026-00001")
        page.keyboard.press("r")
        page.wait_for_url("**/report")
        with page.expect_download() as download:
            page.keyboard.press("p")
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
    assert file.name == "EW-2026-00001.pdf" and file.read_bytes().startswith(b"%PDF-")
    check_pdf(file)
    with session_scope(desk_engine) as session:
        read = [(e.actor, e.action) for e in ledger.of_subject(session, "reading:EW-2026-00001")]
        assert ("approver", "exported") in read and ledger.broken_links(session) == []


def check_pdf(file: Path) -> None:
    """The report opens, says who decided what of whom, and carries every font that it is set in."""
    found = pypdf.PdfReader(file)
    assert 1 <= len(found.pages) <= 4
    told = "".join("".join(p.extract_text() for p in found.pages).replace("\u200b", "").split())
    for said in (
        "North Korea → artillery shells → Russia", "breach (first of two) by analyst", "Harbour Wire", "1718 OP8(b)",
        "breach (second, as the first) by approver", "two ports, one ship: Раджин – 羅津",
        "took artillery shells from Rajin",
    ):  # fmt: skip
        assert "".join(said.split()) in told, said
    fonts = [f.get_object() for p in found.pages for f in p["/Resources"]["/Font"].values()]
    assert len(fonts) >= 2
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert any(key.startswith("/FontFile") for key in descriptor), font


def test_evidence_is_marked_with_the_keyboard_and_with_the_mouse(
    desk: str,
    desk_engine: Engine,
    chromium_path: str,
) -> None:
    from playwright.sync_api import expect

    with browser(chromium_path) as page:
        sign_in(page, desk, "analyst")
        page.goto(f"{desk}/cases/EW-2026-00001")
        page.keyboard.press("]")
        page.keyboard.press("]")
        expect(page.locator("#marker")).to_contain_text("Moscow called the account groundless.")
        page.keyboard.press("x")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", name="Marked by officers")).to_be_visible()
        page.locator(".story .body").evaluate(
            """body => { const node = [...body.querySelectorAll("mark")].find(m => m.textContent.includes("artillery"));
            const range = document.createRange(); range.selectNodeContents(node);
            getSelection().removeAllRanges(); getSelection().addRange(range); }"""
        )
        page.locator("#marker button").click()
        page.locator("form.mark button").first.click()
        expect(page.locator(".found .plain a[href^='#m']")).to_have_count(2)
        # A field leads to its words.
        page.locator(".chain a", has_text="artillery shells").click()
        assert page.evaluate("document.querySelector('mark:has(:target)').textContent") == "artillery shells"
    with session_scope(desk_engine) as session:
        marks = changes.marks_of(session, 1)
    assert [m.quote for m in marks] == ["Moscow called the account groundless.", "artillery shells"]
    assert all(factories.TEXT[m.start : m.end] == m.quote for m in marks)


def test_an_unanswered_or_refused_decision_leaves_the_typing_in_place(
    desk: str,
    desk_engine: Engine,
    chromium_path: str,
) -> None:
    from playwright.sync_api import expect

    with browser(chromium_path) as page:
        # From the first page on: a page that is already open may send a request or two past a route that is new.
        broken = True
        page.route(
            "**/decide",
            lambda route: (
                route.fulfill(status=500, body="<main id=main>Something broke.</main>") if broken else route.continue_()
            ),
        )
        sign_in(page, desk, "analyst")
        page.goto(f"{desk}/triage?case=EW-2026-00002")
        page.fill("#decide textarea", "my long thoughts")
        page.keyboard.press("Escape")
        for key in ("n", "1"):
            page.keyboard.press(key)
        page.keyboard.press("Enter")
        expect(page.locator("#said")).to_contain_text("Something broke.")
        assert page.input_value("#decide textarea") == "my long thoughts"
        broken = False
        with session_scope(desk_engine) as session:  # somebody else is faster
            row = cases.by_reference(session, "EW-2026-00002")
            assert row is not None
            row.revision += 1
        page.locator("#decide .primary").click()
        expect(page.get_by_role("alert")).to_contain_text("has changed since you opened it")
        assert page.input_value("#decide textarea") == "my long thoughts"
        # Shown as it now stands, it can be recorded at once.
        page.locator("#decide .primary").click()
        expect(page.locator(".progress")).to_contain_text("1 done")
    assert row_of(desk_engine, "EW-2026-00002").disposition == "not_breach"


def test_search_answers_while_one_types(desk: str, chromium_path: str) -> None:
    from playwright.sync_api import expect

    with browser(chromium_path) as page:
        sign_in(page, desk, "viewer")
        page.keyboard.press("/")
        page.keyboard.type("artill")
        expect(page.locator("#found a").first).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/cases/**")


def test_the_desk_works_without_scripts(desk: str, desk_engine: Engine, chromium_path: str) -> None:
    with browser(chromium_path, java_script_enabled=False) as page:
        sign_in(page, desk, "analyst")
        page.click("text=Start triage")
        page.goto(f"{desk}/triage?case=EW-2026-00002")
        page.check("input[value=not_breach]")
        page.select_option("select[name=reason]", "lawful")
        page.click("text=Record and go on")
        assert "done=1" in page.url
        assert row_of(desk_engine, "EW-2026-00002").disposition == "not_breach"
        page.click("text=Undo my last change, in EW-2026-00002")
        assert row_of(desk_engine, "EW-2026-00002").state == "waiting"
        page.goto(f"{desk}/triage?case=EW-2026-00002")
        assert page.locator(".progress").inner_text().startswith("2 of 3")
        page.fill("textarea[name=note] >> nth=0", "asked the port")
        page.click("text=Note only")
        page.click("summary:has-text('Escalate')")
        page.fill("form[action$=escalate] textarea", "sails tomorrow")
        page.click("form[action$=escalate] button")
        assert row_of(desk_engine, "EW-2026-00002").escalated
        page.goto(f"{desk}/triage?case=EW-2026-00001")
        page.click("text=Snooze")
        assert row_of(desk_engine, "EW-2026-00001").state == "snoozed"
        page.goto(f"{desk}/triage?case=EW-2026-00003")
        page.click("summary:has-text('Assign')")
        page.select_option("form[action$=assign] select", "approver")
        page.click("form[action$=assign] button")
        assert row_of(desk_engine, "EW-2026-00003").assignee == "approver"


SIZES = {
    "wide": {"width": 3840, "height": 2160},
    "screen": {"width": 1920, "height": 1080},
    "phone": {"width": 360, "height": 780},
}
PAGES = ("/", "/?show=decided&regime=1718", "/?show=snoozed", "/search?q=shells", "/search?q=qqq", "/triage",
         "/triage?show=snoozed", "/cases/EW-2026-00001", "/cases/EW-2026-00003", "/nothing-here", "/login")  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(
    desk: str,
    desk_engine: Engine,
    chromium_path: str,
    scheme: str,
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with session_scope(desk_engine) as session:
        row = cases.by_reference(session, "EW-2026-00003")
        assert row is not None
        proposal = {"by": "approver", "disposition": "breach", "reason": "act_alleged", "note": "n", "evidence": ""}
        row.state, row.proposal, row.escalated, row.assignee = "second", proposal, True, "admin"
    axe = Axe()
    with browser(chromium_path, color_scheme=scheme) as page:
        sign_in(page, desk, "admin")
        for path in PAGES:
            page.goto(desk + path)
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            found = axe.run(page).response["violations"]
            told = [(v["id"], v["impact"], [n["html"][:90] for n in v["nodes"][:3]]) for v in found]
            assert told == [], path
        page.goto(desk)
        page.keyboard.press("?")
        assert axe.run(page).response["violations"] == []
        # It does find what is wrong.
        page.evaluate("document.querySelector('#main').innerHTML = '<input><p class=hint>'")
        assert {v["id"] for v in axe.run(page).response["violations"]} >= {"label"}


# What can be scrolled sideways without saying so: tables may, columns of cards must not.
CUT_OFF = """() => [...document.querySelectorAll("main, aside, section, ol, ul, form")]
  .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible")
  .map((e) => e.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_its_window(desk: str, chromium_path: str, size: str) -> None:
    with browser(chromium_path, viewport=SIZES[size], reduced_motion="reduce") as page:
        sign_in(page, desk, "admin")
        for path in PAGES:
            page.goto(desk + path)
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], path
            assert page.evaluate(CUT_OFF) == [], path


def test_every_role_and_mark_differs_by_more_than_its_colour(desk: str, chromium_path: str) -> None:
    with browser(chromium_path) as page:
        sign_in(page, desk, "viewer")
        looks = page.evaluate(
            """() => ["supplier","recipient","broker","carrier","financier","operator"].map((role) => {
            const tag = document.body.appendChild(document.createElement("span"));
            tag.className = `tag role role-${role}`; return getComputedStyle(tag, "::before").content; })"""
        )
        assert len(set(looks)) == 6 and "none" not in looks
