"""The queue, its filters, search, views and triage, asked over HTTP."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from compliance.store import cases, ledger, priorities, queue, search, stories
from compliance.store.database import open_engine, session_scope, upgrade
from rules.findings import Bystander, MeasureFinding, Party
from rules.vocabulary import Kind, PartyType, Role, Stance, Status
from tests import factories
from tests.compliance.web.conftest import bearer, make_token, open_case, severity, sign_in

NOW = datetime.now(UTC)


def ship(name: str) -> tuple[Party, ...]:
    quote = factories.evidence("the freighter took artillery shells from Rajin in North Korea to Dunai in Russia")
    return (Party(name, name, PartyType.VESSEL, (Role.CARRIER,), (quote,)),)


@pytest.fixture
def three(desk_engine: Engine) -> list[str]:
    """A grave, a middling and a slight case, opened the slight one first."""
    slight = open_case(
        desk_engine,
        factories.story(fingerprint="1" * 64, publisher="Quiet Post"),
        factories.screening(0.4, parties=(), goods=(), kinds=(Kind.TRAVEL,), regimes=(), status=None, denied_by=()),
    )
    middling = open_case(
        desk_engine,
        factories.story(fingerprint="2" * 64),
        factories.screening(0.4, parties=ship("Ocean Lark"), goods=(), kinds=(Kind.SHIPPING,), regimes=("1970",)),
    )
    grave = open_case(desk_engine, factories.story(fingerprint="3" * 64), factories.screening(status=Status.DOCUMENTED))
    return [grave, middling, slight]


def shown(client: TestClient, path: str) -> list[str]:
    page = client.get(path)
    assert page.status_code == 200
    return re.findall(r'class="row [^"]*" href="/cases/([^"]+)"', page.text)


def test_the_gravest_case_stands_first(client: TestClient, three: list[str]) -> None:
    sign_in(client)
    assert shown(client, "/") == three


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("regime=1718", [0]),
        ("regime=1970", [1]),
        ("kind=shipping", [1]),
        ("role=carrier", [1]),
        ("party=Ocean+Lark", [1]),
        ("country=Russia", [0]),
        ("source=Quiet+Post", [2]),
        ("status=documented", [0]),
        ("status=unknown", [2]),
        ("severity=critical", [0]),
        ("assignee=nobody", [0, 1, 2]),
        ("age=1", [0, 1, 2]),
        ("age=1&older=1", []),
        ("regime=1718&kind=shipping", []),
        ("show=decided", []),
        ("show=due", []),
        ("show=nonsense&age=nonsense&colour=red", [0, 1, 2]),
        ("age=99999999999999999999", [0, 1, 2]),
        ("page=99999999999999999999", [0, 1, 2]),
        ("page=0&regime=" + "x" * 5_000, [0, 1, 2]),
        ("regime=%00", [0, 1, 2]),
        ("party=%27+OR+1%3D1+--", []),
    ],
)
def test_filters_stand_in_the_address(client: TestClient, three: list[str], query: str, places: list[int]) -> None:
    sign_in(client)
    assert shown(client, f"/?{query}") == [three[p] for p in places]


def test_counters_tell_what_waits_is_due_is_mine_and_needs_a_second_reader(
    client: TestClient, desk_engine: Engine, three: list[str]
) -> None:
    with session_scope(desk_engine) as session:
        for reference, changed in zip(
            three, ({"state": "second"}, {"assignee": "analyst"}, {"due_at": NOW - timedelta(hours=1)}), strict=True
        ):
            row = cases.by_reference(session, reference)
            assert row is not None
            for name, value in changed.items():
                setattr(row, name, value)
        counted = queue.counters(session, "analyst", NOW)
    assert counted == {"waiting": 2, "due": 1, "mine": 1, "second": 1, "snoozed": 0}
    sign_in(client)
    assert [shown(client, f"/?show={s}") for s in ("second", "mine", "due")] == [[r] for r in three]


def test_the_order_can_be_added_up_on_the_case_page(client: TestClient, three: list[str]) -> None:
    sign_in(client)
    page = client.get(f"/cases/{three[0]}").text
    for words, number in (("severity critical", 3000), ("score 0.90", 360)):
        assert re.search(rf"<td>{words}</td><td class=\"num\">{number}</td>", page)


def test_a_second_case_of_the_same_parties_is_no_news(desk_engine: Engine, three: list[str]) -> None:
    again = open_case(desk_engine, factories.story(fingerprint="4" * 64))
    with session_scope(desk_engine) as session:
        first, second = (cases.by_reference(session, r) for r in (three[0], again))
        assert first is not None and second is not None
        assert (first.is_novel, second.is_novel) == (True, False)


# Views


def test_a_view_is_kept_for_its_owner_alone(client: TestClient, three: list[str]) -> None:
    csrf = sign_in(client)
    kept = client.post("/views", data={"csrf": csrf, "name": "Libya ships", "query": "regime=1970&evil=1&show=due"})
    assert kept.headers["location"] == "/?show=due&regime=1970"
    assert "Libya ships" in client.get("/").text
    other = sign_in(client, "approver")
    assert "Libya ships" not in client.get("/").text
    assert client.post("/views/1/drop", data={"csrf": other}).status_code == 404
    csrf = sign_in(client)
    assert client.post("/views/1/drop", data={"csrf": csrf}).status_code == 303
    assert "Libya ships" not in client.get("/").text


def test_a_view_needs_a_name_and_a_token(client: TestClient) -> None:
    csrf = sign_in(client)
    assert client.post("/views", data={"csrf": csrf, "name": " \x07 "}).status_code == 422
    assert client.post("/views", data={"csrf": "x", "name": "a"}).status_code == 403


# Search


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def searched(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Both databases with one case and one story that is in none."""
    if request.param == "sqlite":
        engine: Engine = request.getfixturevalue("desk_engine")
    else:
        url = request.getfixturevalue("postgres_url")
        upgrade(url)
        engine = open_engine(url)
    open_case(engine)
    with session_scope(engine) as session:
        lone = factories.story(title="Café owners meet AK-47 smuggler", text="Nothing else.", fingerprint="l" * 64)
        stories.add(session, [lone], [(None, None)], "run", NOW)
    yield engine
    engine.dispose()


def test_search_finds_parties_quotes_and_stories_as_one_types(searched: Engine) -> None:
    with session_scope(searched) as session:
        for words in ("russia", "ARTILL", "north korea shel", "EW-2026", "freighter took artillery", "rajin"):
            assert [c.reference for c in search.search(session, words).cases] == ["EW-2026-00001"], words
        for words in ("smuggler", "ak-47", "AK 4", "47", "owners smug", "café"):
            [hit] = search.search(session, words).stories
            assert (hit.title[:4], hit.reference) == ("Café", None), words
        [story] = search.search(session, "groundless").stories
        assert story.reference == "EW-2026-00001"
        assert search.search(session, "smuggler groundless") == search.Hits((), ())


HOSTILE = ["", " ", '"', "'", "*", "a* OR b", "NEAR(a b)", "title:x", "-x", "!!", "&|!():*<->", "%", "\\", "\x00x",
           "'; DROP TABLE stories; --", "x" * 5_000, "w " * 5_000, "\u202eabc", "日本", "{{7777*7777}}",
           "🚢"]  # fmt: skip


def test_no_search_breaks_or_is_read_as_a_command(searched: Engine) -> None:
    with session_scope(searched) as session:
        for given in HOSTILE:
            search.search(session, given)
        assert search.search(session, "russia").cases


@pytest.mark.postgres
def test_what_holds_two_frequent_words_is_found_though_it_is_rare(postgres_url: str) -> None:
    upgrade(postgres_url)
    engine = open_engine(postgres_url)
    with session_scope(engine) as session:
        session.connection().exec_driver_sql(
            "INSERT INTO stories (fingerprint, title, text, first_seen, quality) SELECT 'f' || i, "
            "CASE WHEN mod(i, 9000) = 0 THEN 'oil ship' WHEN mod(i, 2) = 0 THEN 'oil' ELSE 'ship' END, "
            "'', now(), 'full' FROM generate_series(1, 30000) AS n(i)"
        )
        session.connection().exec_driver_sql("SELECT gin_clean_pending_list('ix_stories_fts_0')")
    with session_scope(engine) as session:
        assert [hit.id for hit in search.search(session, "oil ship").stories] == [27000, 18000, 9000]
        assert len(search.search(session, "oil").stories) == 20
    engine.dispose()


def test_the_search_page_takes_anything(client: TestClient, reference: str) -> None:
    sign_in(client)
    for given in HOSTILE:
        page = client.get("/search", params={"q": given[:1_000]})
        assert page.status_code == 200 and "60481729" not in page.text, given


def test_the_search_page_leads_to_what_is_older(client: TestClient, desk_engine: Engine) -> None:
    sign_in(client)
    for number in range(22):
        open_case(desk_engine, factories.story(fingerprint=f"{number}"))
    page = client.get("/search?q=artillery").text
    older = page.partition('<a href="/search?')[2].partition('"')[0].replace("&amp;", "&")
    assert "EW-2026-00003" in page and "EW-2026-00002" not in page
    last = client.get(f"/search?{older}").text
    assert "EW-2026-00002" in last and "EW-2026-00003" not in last and "Older" not in last
    for odd in ("0-0", "x", "-1--1", "9" * 12 + "-1", "1-" + "9" * 30, "%00", "\u0661-1"):
        assert client.get("/search", params={"q": "artillery", "older": odd}).status_code == 200, odd


def test_an_edited_case_is_found_by_its_new_words_alone(searched: Engine) -> None:
    with session_scope(searched) as session:
        row = cases.by_reference(session, "EW-2026-00001")
        assert row is not None
        row.parties = [{"canonical": "Zanzibar Line", "name": "Zanzibar Line", "type": "company", "roles": ["carrier"]}]
        row.act = "Zanzibar Line → shells"
        priorities.restate(session, row, severity())
    with session_scope(searched) as session:
        assert search.search(session, "zanzi").cases and not search.search(session, "EW-2026 peru").cases


# Triage


def test_triage_counts_on_and_turns_to_the_next_case(client: TestClient, three: list[str]) -> None:
    csrf = sign_in(client)
    start = client.get("/triage")
    assert start.headers["location"] == f"/triage?case={three[0]}"
    page = client.get(start.headers["location"]).text
    assert "<b>1</b> of <b>3</b>" in page and f'href="/triage?case={three[1]}"' in page
    form = {
        "csrf": csrf,
        "revision": "1",
        "disposition": "not_breach",
        "reason": "lawful",
        "back": f"/triage?case={three[0]}",
    }
    following = client.post(f"/cases/{three[0]}/decide", data=form).headers["location"]
    assert following == f"/triage?done=1&case={three[1]}"
    assert "<b>2</b> of <b>3</b>" in client.get(following).text


def test_triage_keeps_its_filters_and_ends(client: TestClient, three: list[str]) -> None:
    csrf = sign_in(client)
    back = client.get("/triage?kind=shipping").headers["location"]
    form = {"csrf": csrf, "revision": "1", "disposition": "grey", "reason": "unclear", "back": back}
    last = client.post(f"/cases/{three[1]}/decide", data=form).headers["location"]
    assert last == "/triage?kind=shipping&done=1"
    assert "1 case is done with" in client.get(last).text
    undone = client.post("/undo", data={"csrf": csrf, "back": last}).headers["location"]
    assert undone == f"/triage?kind=shipping&case={three[1]}"
    assert "<b>1</b> of <b>1</b>" in client.get(undone).text


def test_triage_offers_nobody_a_case_that_another_has_claimed(client: TestClient, three: list[str]) -> None:
    csrf = sign_in(client, "approver")
    assert client.post(f"/cases/{three[0]}/claim", data={"csrf": csrf}).status_code == 303
    sign_in(client, "analyst")
    assert client.get("/triage").headers["location"] == f"/triage?case={three[1]}"
    assert "approver is working on it" in client.get(f"/cases/{three[0]}").text


def test_a_stale_tab_in_triage_keeps_every_word(client: TestClient, three: list[str]) -> None:
    csrf = sign_in(client)
    form = {"csrf": csrf, "revision": "1", "note": "a minister <b>is</b> named", "back": f"/triage?case={three[0]}"}
    assert client.post(f"/cases/{three[0]}/escalate", data=form).status_code == 303
    typed = {"disposition": "not_breach", "reason": "lawful", "note": "my long thoughts"}
    late = client.post(f"/cases/{three[0]}/decide", data=form | typed)
    assert late.status_code == 409 and "has changed since you opened it" in late.text
    assert 'data-turns="true"' in late.text and late.text.count("my long thoughts") == 2
    assert re.search(r'value="not_breach" [^>]*checked', late.text) and 'value="lawful" selected' in late.text


@pytest.mark.parametrize(
    "back",
    ["//evil.example/triage", "https://evil.example/triage", "/\\evil", "/logout", "/triage\r\nX: 1", "x" * 1_000],
)
def test_a_form_goes_back_to_this_desk_alone(client: TestClient, three: list[str], back: str) -> None:
    csrf = sign_in(client)
    answer = client.post(f"/cases/{three[0]}/note", data={"csrf": csrf, "note": "x", "back": back})
    assert answer.headers["location"] == f"/cases/{three[0]}"


def test_reading_writes_nothing(client: TestClient, desk_engine: Engine, three: list[str]) -> None:
    sign_in(client)
    with session_scope(desk_engine) as session:
        entered = len(list(ledger.of_subject(session, three[0])))
    for path in ("/", "/triage", f"/triage?case={three[0]}", f"/cases/{three[0]}", "/search?q=shells"):
        client.get(path)
    with session_scope(desk_engine) as session:
        assert len(list(ledger.of_subject(session, three[0]))) == entered
        row = cases.by_reference(session, three[0])
        assert row is not None and (row.claimed_by, row.revision) == (None, 1)


# Work through forms


def test_every_correction_has_a_form_and_the_machines_word_stays_beside_it(
    client: TestClient, desk_engine: Engine, three: list[str]
) -> None:
    csrf = sign_in(client)
    one = f"/cases/{three[0]}"

    def send(to: str, **form: object) -> int:
        with session_scope(desk_engine) as session:
            row = cases.by_reference(session, three[0])
            assert row is not None
            revision = str(row.revision)
        return client.post(f"{one}/{to}", data={"csrf": csrf, "revision": revision, **form}).status_code

    assert send("party", do="add", name="Vostok Line", type="company", roles=["carrier", "broker"]) == 303
    assert send("party", do="change", canonical="Russia", name="Russia", type="state", roles="broker") == 303
    assert send("party", do="remove", canonical="North Korea") == 303
    assert send("facts", fact="regimes", values=["", "1970"]) == 303
    assert send("facts", fact="kinds", values=["arms", "finance"]) == 303
    assert send("facts", fact="status", values="") == 303
    assert send("mark", story="3", quote="Moscow called the account groundless", says="denial") == 303
    assert send("facts", fact="regimes", values=["42"]) == 422
    assert send("party", do="add", name="<script>", type="company", roles="carrier") == 303
    page = client.get(one).text
    assert "The machine found: <bdi>North Korea</bdi> (supplier), <bdi>Russia</bdi> (recipient)" in page
    assert "The machine found regimes: 1718" in page and "The machine found status: documented" in page
    assert "Marked by officers" in page and "k-marked" in page and "<script>" not in unescape_scripts(page)
    assert send("undo", number=str(1)) == 409  # other corrections of the parties came after
    assert send("unmark", number="1") == 303


def unescape_scripts(page: str) -> str:
    """The page without the one script that belongs there."""
    return page.replace('<script type="module" src="/static/desk.js"></script>', "")


def test_an_unlisted_field_changes_nothing(client: TestClient, desk_engine: Engine, three: list[str]) -> None:
    csrf = sign_in(client)
    extra = {"state": "decided", "disposition": "breach", "priority": "9", "assignee": "x", "severity": "low",
             "actor": "admin", "needs_second": "false", "score": "0"}  # fmt: skip
    client.post(f"/cases/{three[0]}/snooze", data={"csrf": csrf, "revision": "1", **extra})
    with session_scope(desk_engine) as session:
        row = cases.by_reference(session, three[0])
        assert row is not None
        assert (row.state, row.disposition, row.severity, row.assignee) == ("snoozed", None, "critical", None)
        assert ledger.of_subject(session, three[0])[-1].actor == "analyst"


@pytest.mark.parametrize("name", ["nobody-here", "viewer", "auditor", "x" * 500])
def test_a_case_is_assigned_to_officers_alone(client: TestClient, three: list[str], name: str) -> None:
    csrf = sign_in(client)
    answer = client.post(f"/cases/{three[0]}/assign", data={"csrf": csrf, "revision": "1", "assignee": name})
    assert answer.status_code == 422
    assert (
        client.post(
            f"/cases/{three[0]}/assign", data={"csrf": csrf, "revision": "1", "assignee": "approver"}
        ).status_code
        == 303
    )


def test_the_second_reader_may_be_kept_unaware(client: TestClient, desk_engine: Engine) -> None:
    terms = {s: replace(t, four_eyes=True, blind=True) for s, t in severity().terms.items()}
    reference = open_case(desk_engine, policy=replace(severity(), terms=terms))
    csrf = sign_in(client, "analyst")
    form = {"csrf": csrf, "revision": "1", "disposition": "breach", "reason": "act_alleged", "note": "PLAIN AS DAY"}
    client.post(f"/cases/{reference}/decide", data=form)
    assert "PLAIN AS DAY" in client.get(f"/cases/{reference}").text
    sign_in(client, "approver")
    page = client.get(f"/cases/{reference}").text
    assert "PLAIN AS DAY" not in page and "You read unaware of it" in page
    assert "PLAIN AS DAY" not in client.get(f"/triage?show=second&case={reference}").text
    for path in (f"/cases/{reference}/report", "/exports/cases.jsonl"):
        answer = client.get(path)
        assert answer.status_code == 200 and reference in answer.text and "PLAIN AS DAY" not in answer.text, path
    given = bearer(make_token(desk_engine, "approver"))
    for path in (f"/api/v1/cases/{reference}", f"/api/v1/cases/{reference}/history"):
        answer = client.get(path, headers=given)
        assert answer.status_code == 200 and reference in answer.text and "PLAIN AS DAY" not in answer.text, path
    sign_in(client, "auditor")
    assert "PLAIN AS DAY" in client.get(f"/cases/{reference}").text


def test_the_author_is_refused_as_second_reader_and_keeps_the_note(client: TestClient, desk_engine: Engine) -> None:
    terms = {s: replace(t, four_eyes=True) for s, t in severity().terms.items()}
    reference = open_case(desk_engine, policy=replace(severity(), terms=terms))
    csrf = sign_in(client, "admin")
    form = {"csrf": csrf, "revision": "1", "disposition": "breach", "reason": "act_alleged", "note": "sure"}
    client.post(f"/cases/{reference}/decide", data=form)
    again = client.post(f"/cases/{reference}/decide", data=form | {"revision": "2"})
    assert again.status_code == 403 and "a second person must agree" in again.text and "sure" in again.text


def test_right_to_left_and_wide_scripts_are_marked_as_what_they_are(client: TestClient, desk_engine: Engine) -> None:
    text = "شحنت كوريا الشمالية قذائف إلى روسيا. 北朝鮮が砲弾を送った。"
    told = factories.story(title="قذائف", text=text, fingerprint="5" * 64)
    reference = open_case(desk_engine, told, factories.screening(parties=(), goods=(), denied_by=(), hits=()))
    sign_in(client)
    page = unescape(client.get(f"/cases/{reference}").text)
    assert text in page and re.search(r'class="body" dir="auto"', page)


def test_a_listed_party_is_told_from_one_named_before_and_one_unlisted(
    client: TestClient, desk_engine: Engine, three: list[str]
) -> None:
    quote = factories.evidence("the freighter took artillery shells from Rajin in North Korea to Dunai in Russia")
    names = ("KOREA MINING DEVELOPMENT TRADING CORPORATION", "North Korea", "Blue Heron Ltd")
    parties = tuple(Party(n, n, PartyType.COMPANY, (Role.BROKER,), (quote,)) for n in names)
    measure = MeasureFinding("1718", "1718.arms.export", Kind.ARMS, ("1718 OP8(b)",), True)
    told = factories.story(fingerprint="6" * 64)
    reference = open_case(desk_engine, told, factories.screening(parties=parties, measures=(measure,)))
    sign_in(client)
    page = client.get(f"/cases/{reference}").text
    found = re.findall(r'class="standing st-\w+">([^<]+)</span> <small class="reason">([^<]+)', page)
    assert [standing for standing, _ in found] == ["UN-listed", "named before", "unlisted"]
    assert "KPe." in found[0][1] and "listed name" in found[0][1] and three[0] in found[1][1]


def test_a_weak_alias_counts_beside_another_name_of_the_story_and_the_page_says_so(
    client: TestClient, desk_engine: Engine
) -> None:
    quote = factories.evidence("the freighter took artillery shells from Rajin in North Korea to Dunai in Russia")
    parties = (Party("Terminator", "Terminator", PartyType.PERSON, (Role.BROKER,), (quote,)),)
    days = "2012-05-01/2012-05-31"
    measure = MeasureFinding("1533", "1533.arms", Kind.ARMS, ("2293 OP1",), True, unverified=True, days=days)
    m23 = Bystander("M23", "M23", PartyType.GROUP, Stance.MENTIONED)
    cases_of = [
        open_case(
            desk_engine,
            factories.story(fingerprint=fingerprint * 64),
            factories.screening(parties=parties, measures=(measure,), bystanders=others),
        )
        for fingerprint, others in (("7", (m23,)), ("8", ()))
    ]
    sign_in(client)
    beside, alone = (unescape(client.get(f"/cases/{reference}").text) for reference in cases_of)
    assert "a weak alias of CDi.030" in beside and "the story names M23 (CDe.006) too" in beside
    assert "listed on 2012-12-31" not in beside and "days of the act: 2012-05<" in beside
    assert "a paragraph or day not yet checked against the resolution" in beside
    assert "a weak alias of" not in alone


WRITES = [
    *("decide", "claim", "release", "assign", "escalate", "snooze", "wake", "note", "party", "facts"),
    *("mark", "unmark", "move", "split", "merge", "undo", "reopen"),
]


def test_no_forged_form_changes_a_case(client: TestClient, desk_engine: Engine, three: list[str]) -> None:
    other = sign_in(client, "approver")
    csrf = sign_in(client)
    form = {"revision": "1", "disposition": "breach", "reason": "act_alleged", "note": "x", "do": "remove",
            "canonical": "Russia", "fact": "kinds", "values": "finance", "story": "3", "quote": "Moscow",
            "target": three[1], "number": "1"}  # fmt: skip
    for to in WRITES:
        for token, headers in (
            ("", {}),
            ("x", {}),
            (other, {}),
            (csrf, {"origin": "https://evil.example"}),
            (csrf, {"origin": "null"}),
            (csrf, {"origin": "http://127.0.0.1.evil.example:8000"}),
        ):
            sent = client.post(f"/cases/{three[0]}/{to}", data=form | {"csrf": token}, headers=headers)
            assert sent.status_code == 403, (to, token, headers)
        assert client.get(f"/cases/{three[0]}/{to}").status_code == 405
    with session_scope(desk_engine) as session:
        row = cases.by_reference(session, three[0])
        assert row is not None and (row.revision, row.claimed_by) == (1, None)
        assert len(ledger.of_subject(session, three[0])) == 1


def test_another_cases_marks_changes_and_stories_are_out_of_reach(client: TestClient, three: list[str]) -> None:
    csrf = sign_in(client)
    form = {"csrf": csrf, "revision": "1"}
    assert client.post(f"/cases/{three[0]}/mark", data=form | {"story": "3", "quote": "Moscow"}).status_code == 303
    elsewhere = f"/cases/{three[1]}"
    assert client.post(f"{elsewhere}/unmark", data=form | {"number": "1"}).status_code == 422
    assert client.post(f"{elsewhere}/undo", data=form | {"number": "1"}).status_code == 404
    assert client.post(f"{elsewhere}/mark", data=form | {"story": "3", "quote": "Moscow"}).status_code == 422
    assert client.post(f"{elsewhere}/split", data=form | {"story": "3"}).status_code == 422
