"""The whole journey over real sockets: feed server → flow → database → case → receiver → decision in a browser."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from compliance.receiver import catch_alerts, caught
from compliance.settings import Settings
from compliance.store import cases, ledger, runs, users
from compliance.store.database import session_scope
from compliance.store.users import Role
from compliance.web.app import create_app
from tests.compliance.intake.hostile import hostile, reply
from tests.serving import serving

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
PASSWORD = "a long enough password"
ACT = (
    "North Korea has shipped artillery shells and ballistic missiles to Russia in violation of U.N. Security Council "
    "sanctions, South Korea's spy agency said on Friday. The weapons were seized on a freighter at Rajin, inspectors "
    "from the panel of experts found. Moscow and Pyongyang deny the arms transfers."
)
FEED = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour Wire</title>
<item><title>North Korea shipped shells to Russia, experts find</title><guid isPermaLink="false">a</guid>
<link>https://wire.example/a</link><pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate>
<description>{ACT}</description></item>
<item><title>Rain delays cup final</title><guid isPermaLink="false">b</guid><link>https://wire.example/b</link>
<pubDate>Fri, 20 Nov 2026 11:00:00 GMT</pubDate><description>The final was put off until Sunday.</description></item>
</channel></rss>"""


@pytest.mark.browser
def test_a_story_travels_from_feed_to_decision(
    settings: Settings, engine: Engine, tmp_path: Path, chromium_path: str
) -> None:
    catalogue = tmp_path / "feeds.yml"
    mails = tmp_path / "mails"
    with hostile({"/rss": reply(FEED.encode(), headers="Content-Type: application/rss+xml\r\n")}) as feeds:
        catalogue.write_text(f"feeds:\n  - {{id: wire, url: '{feeds.base}/rss', title: Harbour Wire}}\n")
        with catch_alerts(mails, SECRET) as hook:
            given = settings.model_dump() | {"webhook_url": hook, "webhook_secret": SECRET}
            for opened, delivered in ((1, 1), (0, 0)):
                report = _run(Settings(**given), catalogue)
                assert report.has_reconciled, report.faults
                assert (report.counts.cases_opened, report.counts.alerts_delivered) == (opened, delivered)
                # The other story was cleared; it is the night's random draw, once.
                assert report.counts.cases_drawn == opened
    with session_scope(engine) as session:
        [case, drawn] = cases.waiting(session)
        assert (drawn.act, drawn.origin, case.origin) == ("Rain delays cup final", "random", "screening")
        assert case.act.startswith("North Korea → ") and case.act.endswith(" → Russia") and case.regimes[0] == "1718"
        assert [run.state for run in runs.latest(session)] == ["reconciled", "reconciled"]
        users.add_user(session, "grace", Role.ANALYST, PASSWORD, datetime.now(UTC))
        users.add_user(session, "ada", Role.APPROVER, PASSWORD, datetime.now(UTC))
    [mail] = caught(mails)
    assert case.reference in str(mail["subject"]) and "North Korea (supplier)" in str(mail["text"])
    with serving(create_app(settings, engine)) as base:
        _decide_in_browser(base, chromium_path, case.reference, drawn.reference)
    with session_scope(engine) as session:
        first, last = ledger.of_subject(session, case.reference)[-2:]
        assert (first.actor, first.after["note"]) == ("grace", "Seen in the original.")
        assert (last.actor, last.after["disposition"]) == ("ada", "breach")
        assert ledger.broken_links(session) == []
        row = cases.by_reference(session, case.reference)
        assert row is not None and (row.state, row.disposition) == ("decided", "breach")


def _run(settings: Settings, catalogue: Path):  # type: ignore[no-untyped-def]  # the report's type needs Prefect imported
    """The steps as the flow calls them, without Prefect's engine; the engine has tests of its own."""
    from compliance import delivery, pipeline
    from compliance.coverage import RunCounts
    from compliance.monitor import assemble

    monitor, counts, started = assemble(settings, catalogue), RunCounts(), datetime.now(UTC)
    run_id = pipeline.open_run(monitor.engine)
    pipeline.ingest(monitor, run_id, counts)
    pipeline.screen_waiting(monitor, run_id, counts)
    delivery.deliver_due(monitor, counts)
    report = pipeline.close_run(monitor.engine, run_id, counts, started)
    monitor.engine.dispose()
    return report


def _decide_in_browser(base: str, chromium_path: str, reference: str, following: str) -> None:
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path)
        page = browser.new_page()
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.goto(base)
        page.fill("input[name=name]", "grace")
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_text(reference).click()
        expect(page.locator("mark").first).to_be_visible()
        page.keyboard.press("b")
        page.select_option("select[name=reason]", "act_alleged")
        page.fill("textarea[name=note]", "Seen in the original.")
        page.keyboard.press("Control+Enter")
        expect(page).to_have_url(f"{base}/cases/{following}")
        expect(page.get_by_role("heading", name="Drawn at random")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        # So grave a case needs a second person.
        page.fill("input[name=name]", "ada")
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Second reader").click()
        page.get_by_text(reference).click()
        expect(page.get_by_text("grace decided breach")).to_be_visible()
        page.keyboard.press("b")
        page.select_option("select[name=reason]", "act_documented")
        page.get_by_role("button", name="Record and go on").click()
        expect(page).to_have_url(f"{base}/cases/{following}")
        assert problems == []
        browser.close()
