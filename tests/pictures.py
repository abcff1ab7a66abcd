"""Pictures of the desk for the documentation: `python -m tests.pictures docs/screenshots`.

A desk is filled as in real use: feeds, nights, stories of the corpus that model and rules judge, decisions of two
people, and stories in other scripts. Each page is then pictured light, dark and as on a phone.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine

from compliance.case import CaseOrigin, CaseState, Disposition
from compliance.classifier.corpus import Example, load_corpus
from compliance.coverage import RunCounts
from compliance.decision import dispose_case
from compliance.judging import screen_waiting
from compliance.monitor import Monitor, assemble
from compliance.report.glyphs import folders
from compliance.settings import Settings
from compliance.store import cases, origins, runs, stories
from compliance.store.database import session_scope
from compliance.store.tables import FeedRow, RunFeedRow
from compliance.story import Story
from compliance.web.app import create_app
from tests import factories
from tests.compliance.web.conftest import PASSWORD, open_case, severity, staff
from tests.conftest import chromium
from tests.serving import serving

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}},
}
_PAPERS = {"harbour": "Harbour Wire", "seoul": "한반도 일보", "levant": "أخبار المشرق", "strait": "The Strait Courier",
           "sahel": "Sahel Matin", "neva": "Невский вестник"}  # fmt: skip
_OTHER_SCRIPTS = (
    (
        "北朝鮮の貨物船、ロシアへ砲弾を運ぶ",
        "検査官によると、貨物船は北朝鮮の羅津からロシアのドゥナイへ砲弾を運んだ。",
        "seoul",
    ),
    ("تقرير: سفينة نقلت قذائف من كوريا الشمالية إلى روسيا", "قال مفتشون إن السفينة حملت قذائف مدفعية.", "levant"),
)


def fill(settings: Settings) -> Monitor:
    """Fill an empty desk and return what it stands on."""
    monitor = assemble(settings)
    staff(monitor.engine)
    now = datetime.now(UTC)
    _tell_nights(monitor.engine, now)
    for title, text, feed in _OTHER_SCRIPTS:
        told = factories.story(title=title, text=text, publisher=_PAPERS[feed], fingerprint=title, published=now)
        found = factories.extraction()
        parties = tuple(replace(p, evidence=()) for p in found.parties)
        open_case(monitor.engine, told, factories.screening(0.62, parties=parties, hits=()), severity())
    with session_scope(monitor.engine) as session:
        told = list(_recent(now))
        stories.add(session, told, [(None, None)] * len(told), "run-1", now)
        stored = stories.known(session, [s.fingerprint for s in told])
        origins.find_origins(session, [stored[s.fingerprint] for s in told], (), now)
    screen_waiting(monitor, "run-1", RunCounts())
    _decide(monitor.engine, now)
    return monitor


def _recent(now: datetime) -> Iterator[Story]:
    """Yield breaches of the corpus that are told lately, as if told in the last weeks, some by two papers."""
    told = [e for e in load_corpus() if e.label == "breach" and (e.story.published or now).year >= 2024]
    papers = list(_PAPERS)
    for number, example in enumerate(told[::6]):
        yield _as_told(example, papers[number % len(papers)], now - timedelta(hours=7 * number + 2))
        if number % 5 == 0:
            again = replace(example, story=replace(example.story, title=f"{example.story.title} (agency)"))
            yield _as_told(again, papers[(number + 1) % len(papers)], now - timedelta(hours=7 * number))


def _as_told(example: Example, feed: str, at: datetime) -> Story:
    told = replace(
        example.story,
        publisher=_PAPERS[feed],
        feed_id=feed,
        published=at,
        url=f"https://{feed}.example/{example.story.id}",
    )
    return replace(told, fingerprint=sha256(f"{feed} {told.title}".encode()).hexdigest())


def _tell_nights(engine: Engine, now: datetime) -> None:
    with session_scope(engine) as session:
        for name, title in _PAPERS.items():
            fails = name == "sahel"
            session.add(
                FeedRow(
                    id=name, url=f"https://{name}.example/rss", title=title, entries=40, failures=4 if fails else 0,
                    state="http_error" if fails else "ok", reason="503 Service Unavailable" if fails else "",
                    state_since=now - timedelta(days=2), last_checked=now - timedelta(minutes=40),
                    last_success=now - timedelta(days=2 if fails else 0, minutes=40),
                )
            )  # fmt: skip
        for ago in range(12, 0, -1):
            at = now - timedelta(days=ago)
            runs.open_run(session, f"run-{ago}", at)
            for name in _PAPERS:
                new = 0 if name == "neva" and ago < 5 else 9 + (ago * 7 + len(name)) % 11
                row = RunFeedRow(run_id=f"run-{ago}", feed_id=name, state="ok", entries=new, new=new)
                runs.record_feed(session, row)
            counts = {"feeds_due": 6, "stories_new": 74, "screened": 74, "flagged": 6, "cases_opened": 5}
            faults = ["flagged and cases opened + joined: 6 and 5"] if ago == 7 else []
            runs.close_run(session, f"run-{ago}", counts, faults, at)


def _decide(engine: Engine, now: datetime) -> None:
    words: Sequence[tuple[Disposition, str]] = (
        (Disposition.BREACH, "act_alleged"), (Disposition.NOT_BREACH, "lawful"), (Disposition.GREY, "unclear"),
    )  # fmt: skip
    with session_scope(engine) as session:
        found = [(r.reference, r.revision) for r in cases.listed(session, "waiting", limit=500)]
    for number, (reference, revision) in enumerate(found[::3]):
        word, reason = words[number % 3]
        dispose_case(engine, reference, word, reason, "", "analyst", revision, now)
        with session_scope(engine) as session:
            row = cases.by_reference(session, reference)
        if row is not None and row.state == CaseState.SECOND.value and number % 2 == 0:
            args = (word, reason, "", "approver", row.revision, now)
            dispose_case(engine, reference, *args, is_approver=True)


def pages_of(engine: Engine) -> dict[str, str]:
    """Return what is pictured: the name of each picture and its address."""
    with session_scope(engine) as session:
        waiting = [r for r in cases.listed(session, "waiting", limit=500) if r.origin != CaseOrigin.RANDOM.value]
        full = max(waiting, key=lambda r: (r.origins, len(r.denied_by), len(r.parties), r.score))
    return {
        "queue": "/",
        "case": f"/cases/{full.reference}",
        "triage": f"/triage?case={full.reference}",
        "coverage": "/coverage",
        "analytics": "/analytics?months=3",
    }


@contextmanager
def _signed_in(browser: Browser, url: str, **context: Any) -> Iterator[Page]:
    page = browser.new_context(**context).new_page()
    page.goto(f"{url}/login")
    page.fill("input[name=name]", "approver")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{url}/")
    yield page
    page.context.close()


def _fonts(home: str) -> str:
    """Return a configuration that adds the fonts of the PDFs to the machine's: a reader's machine has such."""
    folders_ = "".join(f"<dir>{folder}</dir>" for folder in folders())
    file = Path(home) / "fonts.conf"
    file.write_text(
        f'<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>{folders_}'
        f"<cachedir>{home}/fonts</cachedir></fontconfig>"
    )
    return str(file)


def main(folder: Path) -> None:
    """Write every picture into the folder."""
    with tempfile.TemporaryDirectory() as home:
        monitor = fill(Settings(home=Path(home), database_url=f"sqlite:///{home}/desk.db"))
        pages = pages_of(monitor.engine)
        with serving(create_app(monitor.settings, monitor.engine)) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium(), args=["--no-sandbox"], env={**os.environ, "FONTCONFIG_FILE": _fonts(home)}
            )
            for look, context in LOOKS.items():
                with _signed_in(browser, url, **context) as page:
                    for name, path in pages.items():
                        page.goto(url + path)
                        page.screenshot(path=str(folder / f"{name}-{look}.png"))
                        if name == "case" and look == "light":
                            law = page.locator("section.card", has=page.locator(".held"))
                            law.screenshot(path=str(folder / "law-light.png"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
