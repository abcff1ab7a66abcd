"""Work on cases through the API over real HTTP, on SQLite and PostgreSQL: two people, their conflicts, the record."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import select

from compliance import audit
from compliance.settings import Settings
from compliance.store import answers, cases, ledger
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.store.tables import LedgerRow
from compliance.store.tables_people import AnswerRow
from compliance.web.app import create_app
from tests import factories
from tests.compliance.web.conftest import bearer, make_token, open_case, severity, sign_in, staff
from tests.compliance.web.test_rights import API, filled
from tests.compliance.web.test_work import join
from tests.serving import serving

V1 = "/api/v1"
DECISION = {"disposition": "breach", "reason": "act_alleged", "note": "seen"}


class Officer:
    """Somebody with a token, who looks before each change."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.web = url + V1, requests.Session()
        self.web.headers.update(bearer(token))

    def get(self, path: str, **asked: Any) -> Any:
        answer = self.web.get(self.url + path, params=asked, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def tag(self, reference: str) -> str:
        answer = self.web.get(f"{self.url}/cases/{reference}/dossier", timeout=30)
        return str(answer.headers["etag"])

    def send(self, method: str, path: str, body: Any = None, tag: str = "*", **headers: str) -> requests.Response:
        given = {"If-Match": tag} | headers
        return self.web.request(method, self.url + path, json=body, headers=given, timeout=30)

    def do(self, reference: str, what: str, body: Any = None, method: str = "POST") -> Any:
        answer = self.send(method, f"/cases/{reference}/{what}", body, self.tag(reference))
        assert answer.status_code in (200, 201), answer.text
        assert answer.headers["etag"] == self.tag(reference)
        return answer.json()


def four_eyes(*, blind: bool = False) -> Any:
    terms = {s: replace(t, four_eyes=True, blind=blind) for s, t in severity().terms.items()}
    return replace(severity(), terms=terms)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A staffed desk's database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("desk_engine")
        return
    url = request.getfixturevalue("postgres_url")
    upgrade(url)
    engine = open_engine(url)
    staff(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def any_url(any_engine: Engine, desk_settings: Settings) -> Iterator[str]:
    """The address of a desk on it that really listens."""
    with serving(create_app(desk_settings, any_engine)) as url:
        yield url


def is_whole(engine: Engine) -> bool:
    return not audit.verify(engine, []).broken


def test_two_people_work_a_case_from_claim_to_approval_and_the_record_is_whole(
    any_engine: Engine, any_url: str
) -> None:
    grave = open_case(any_engine, policy=four_eyes())
    second = join(any_engine, grave, title="The second telling")
    other = open_case(any_engine, factories.story(fingerprint="o" * 64), policy=four_eyes())
    ada = Officer(any_url, make_token(any_engine, "analyst"))
    bob = Officer(any_url, make_token(any_engine, "approver"))

    assert ada.get("/queue")["items"][0]["case"] == ada.get("/queue/next")["case"] == grave
    claimed = ada.do(grave, "claim")
    assert claimed["claimed_by"] == "analyst" and claimed["revision"] == 2
    kept_off = bob.send("POST", f"/cases/{grave}/notes", {"note": "a note is free"})
    assert kept_off.status_code == 201
    kept_off = bob.send("POST", f"/cases/{grave}/corrections", {"change": "set_status", "status": "admitted"})
    assert kept_off.status_code == 409 and "analyst is working on" in kept_off.json()["detail"]
    assert ada.do(grave, "claim", method="DELETE")["claimed_by"] is None
    assert ada.do(grave, "assignee", {"assignee": "analyst"}, "PUT")["assignee"] == "analyst"
    assert [line["case"] for line in ada.get("/queue", show="mine")["items"]] == [grave]

    # Corrections, each beside what the machine found, each undone or kept.
    added = ada.do(
        grave,
        "corrections",
        {"change": "add_party", "name": "Red Star", "type": "company", "roles": ["broker"]},
    )
    ada.do(
        grave,
        "corrections",
        {"change": "change_party", "party": "Red Star", "name": "Red Star Co", "type": "company", "roles": ["carrier"]},
    )
    kinds = ada.do(grave, "corrections", {"change": "set_kinds", "kinds": ["arms", "shipping"]})
    ada.do(grave, "undos", {"change": kinds["change"]})
    last = ada.get("/me/last-change")
    assert (last["case"], last["action"]) == (grave, "case.corrected") and last["change"] == added["change"] + 1
    seen = ada.get(f"/cases/{grave}/dossier")
    assert seen["held"] and all(
        [e["name"] for e in m["elements"]] == ["actor", "target", "goods", "direction", "date"] for m in seen["held"]
    )
    assert all({"on", "act_days"} <= claim.keys() for claim in seen["claims"])
    assert [p["canonical"] for p in seen["facts"]["parties"]] == ["North Korea", "Russia", "Red Star Co"]
    assert [p["canonical"] for p in seen["machine"]["parties"]] == ["North Korea", "Russia"]
    assert seen["corrected"] == ["parties"]
    ada.do(grave, "corrections", {"change": "remove_party", "party": "Red Star Co"})
    ada.do(grave, "corrections", {"change": "set_regimes", "regimes": ["1718", "1737"]})
    ada.do(grave, "corrections", {"change": "set_status", "status": None})
    assert ada.get(f"/cases/{grave}/dossier")["facts"]["status"] is None

    quote = "took artillery shells from Rajin"
    ada.do(grave, "marks", {"story": second, "quote": quote, "says": "goods", "party": "Russia"})
    [mark] = ada.get(f"/cases/{grave}/dossier")["marks"]
    assert mark["quote"] == quote == factories.TEXT[mark["start"] : mark["end"]]
    ada.do(grave, f"marks/{mark['id']}", method="DELETE")
    assert ada.get(f"/cases/{grave}/dossier")["marks"] == []

    # Regrouping: one story to the other case and back, split off, merged, and apart again.
    moved = ada.do(grave, "moves", {"story": second, "target": other})
    assert second in [s["id"] for s in ada.get(f"/cases/{other}")["stories"]]
    ada.do(grave, "undos", {"change": moved["change"]})
    split = ada.do(grave, "splits", {"story": second})["opened"]
    assert [s["id"] for s in ada.get(f"/cases/{split}")["stories"]] == [second]
    merged = ada.do(split, "merges", {"target": grave})
    assert merged["state"] == "merged" and ada.get(f"/cases/{split}/dossier")["merged_into"] == grave
    assert len(ada.get(f"/cases/{grave}/dossier")["stories"]) == 2

    ada.do(other, "snoozes", {"note": "nothing new"})
    assert ada.do(other, "wakings")["state"] == "waiting"
    ada.do(other, "escalations", {"note": "the vessel sails tomorrow"})
    ada.do(other, "acknowledgements")
    assert [line["case"] for line in ada.get("/queue", limit=1)["items"]] == [other]

    # Two people: the first decision, taken back and given again, and the second by another.
    assert ada.do(grave, "decisions", DECISION)["state"] == "second"
    ada.do(grave, "undos", {"change": ada.get("/me/last-change")["change"]})
    assert ada.do(grave, "decisions", DECISION)["state"] == "second"
    own = ada.send("POST", f"/cases/{grave}/decisions", DECISION)
    assert own.status_code == 403 and "a second person must agree" in own.json()["detail"]
    assert bob.do(grave, "decisions", DECISION)["disposition"] == "breach"
    alone = bob.send("POST", f"/cases/{grave}/undos", {"change": bob.get("/me/last-change")["change"]})
    assert alone.status_code == 409
    assert bob.do(grave, "reopenings", {"note": "new facts"})["state"] == "waiting"
    history = ada.get(f"/cases/{grave}/history", limit=5)
    actions = [event["action"] for event in history["items"]]
    while history["next"]:
        history = ada.get(f"/cases/{grave}/history", limit=5, cursor=history["next"])
        actions += [event["action"] for event in history["items"]]
    with session_scope(any_engine) as session:
        assert actions == [event.action for event in ledger.of_subject(session, grave)]
        refused = ledger.of_subject(session, f"refused:{grave}")
    assert [(r.actor, r.action) for r in refused] == [("analyst", "case.decision_refused")]
    assert len(ada.get(f"/cases/{grave}/changes", limit=200)["items"]) >= 14
    assert is_whole(any_engine)


def test_of_two_officers_who_decide_at_once_one_wins_and_both_stand_in_the_record(
    any_engine: Engine, any_url: str
) -> None:
    """Twenty races over real sockets on each database; benchmarks/races.py runs two hundred."""
    officers = [Officer(any_url, make_token(any_engine, name)) for name in ("analyst", "approver")]
    raced = [open_case(any_engine, factories.story(fingerprint=f"{n:064}")) for n in range(20)]
    for reference in raced:
        tag, gate = officers[0].tag(reference), threading.Barrier(2)
        told: list[int] = []

        def work(
            officer: Officer, reference: str = reference, tag: str = tag, gate: Any = gate, told: Any = told
        ) -> None:
            gate.wait()
            told.append(officer.send("POST", f"/cases/{reference}/decisions", DECISION, tag).status_code)

        threads = [threading.Thread(target=work, args=(officer,)) for officer in officers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told) in ([201, 409], [201, 412])
    with session_scope(any_engine) as session:
        for reference in raced:
            [won] = [e for e in ledger.of_subject(session, reference) if e.action == "case.decided"]
            [lost] = ledger.of_subject(session, f"refused:{reference}")
            assert {won.actor, lost.actor} == {"analyst", "approver"} and lost.after["disposition"] == "breach"
    assert is_whole(any_engine)


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("corrections", {"change": "set_kinds", "kinds": ["finance"]}),
        ("escalations", {"note": "look"}),
        ("splits", {"story": 1, "keep": True}),
        ("snoozes", {"note": ""}),
    ],
)
def test_of_many_writers_who_saw_the_same_one_wins(any_engine: Engine, any_url: str, what: str, body: Any) -> None:
    reference = open_case(any_engine)
    officers = [Officer(any_url, make_token(any_engine, name)) for name in ("analyst", "approver", "admin")] * 2
    tag, told, gate = officers[0].tag(reference), list[int](), threading.Barrier(6)

    def work(officer: Officer) -> None:
        gate.wait()
        told.append(requests.post(
            f"{officer.url}/cases/{reference}/{what}",
            json=body,
            headers={"If-Match": tag, "authorization": str(officer.web.headers["authorization"])},
            timeout=30,
        ).status_code)  # fmt: skip

    threads = [threading.Thread(target=work, args=(officer,)) for officer in officers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count(201) == 1 and set(told) <= {201, 409, 412}
    with session_scope(any_engine) as session:
        row = cases.by_reference(session, reference)
        assert row is not None and row.revision == 2
    assert is_whole(any_engine)


# What is refused


@pytest.fixture
def api(client: TestClient, desk_engine: Engine) -> TestClient:
    """A client with an analyst's token."""
    client.headers.update(bearer(make_token(desk_engine)) | {"if-match": "*"})
    return client


WORK: dict[str, tuple[str, str, Any]] = {
    "claim": ("POST", "claim", None),
    "release": ("DELETE", "claim", None),
    "assign": ("PUT", "assignee", {"assignee": "analyst"}),
    "escalate": ("POST", "escalations", {"note": "look"}),
    "snooze": ("POST", "snoozes", {"note": ""}),
    "wake": ("POST", "wakings", None),
    "note": ("POST", "notes", {"note": "seen"}),
    "acknowledge": ("POST", "acknowledgements", None),
    "correct": ("POST", "corrections", {"change": "set_kinds", "kinds": ["finance"]}),
    "mark": ("POST", "marks", {"story": 1, "quote": "artillery shells"}),
    "unmark": ("DELETE", "marks/1", None),
    "move": ("POST", "moves", {"story": 1, "target": "EW-2026-00002"}),
    "split": ("POST", "splits", {"story": 1, "keep": True}),
    "merge": ("POST", "merges", {"target": "EW-2026-00002"}),
    "undo": ("POST", "undos", {"change": 1}),
    "decide": ("POST", "decisions", DECISION),
    "reopen": ("POST", "reopenings", {"note": ""}),
}


def test_the_table_above_is_every_change_of_a_case() -> None:
    found = {n.removeprefix("api_") for n, r in API.items() if "{reference}" in r.path and r.methods != {"GET"}}
    assert found == WORK.keys()


def test_no_case_is_changed_by_who_has_not_seen_it_as_it_stands(api: TestClient, reference: str) -> None:
    del api.headers["if-match"]
    for name, (method, what, body) in WORK.items():
        path = f"{V1}/cases/{reference}/{what}"
        assert api.request(method, path, json=body).status_code == 428, name
        stale = api.request(method, path, json=body, headers={"if-match": '"stale"'})
        assert stale.status_code == 412 and stale.headers["content-type"] == "application/problem+json", name
        missing = api.request(method, f"{V1}/cases/EW-2026-09999/{what}", json=body, headers={"if-match": "*"})
        assert missing.status_code == 404, name
    assert api.get(f"{V1}/cases/{reference}").json()["revision"] == 1


def test_with_a_key_each_change_of_a_case_is_done_once(api: TestClient, desk_engine: Engine) -> None:
    def rows() -> int:
        with session_scope(desk_engine) as session:
            return len(session.exec(select(LedgerRow.id)).all())

    for name, method, path, body in _possible(api, desk_engine):
        keyed = {"idempotency-key": name}
        first = api.request(method, path, json=body, headers=keyed)
        assert first.status_code in (200, 201), (name, first.text)
        before = rows()
        again = api.request(method, path, json=body, headers=keyed)
        assert again.json() == first.json() and again.headers["idempotency-replayed"] == "true", name
        assert again.headers["etag"] == first.headers["etag"] and rows() == before, name


def _possible(api: TestClient, engine: Engine) -> Iterator[tuple[str, str, str, Any]]:
    """Yield every change of a case that a fresh one allows, each with a case of its own: name, method, path, body."""
    for number, name in enumerate(n for n in WORK if n not in ("wake", "unmark", "undo", "reopen")):
        reference, other = (open_case(engine, factories.story(fingerprint=f"{number}{c}" * 8)) for c in "ab")
        method, what, body = WORK[name]
        if name == "move":
            join(engine, reference)
        if body and "story" in body:
            body = body | {"story": api.get(f"{V1}/cases/{reference}").json()["stories"][0]["id"]}
        if body and "target" in body:
            body = body | {"target": other}
        yield name, method, f"{V1}/cases/{reference}/{what}", body


def test_a_change_whose_answer_was_lost_is_done_no_second_time(
    api: TestClient, desk_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between the change and the keeping of its answer, and the caller asks again."""

    def die(*_: object) -> None:
        raise RuntimeError("the machine stopped here")

    def done() -> list[str]:
        with session_scope(desk_engine) as session:
            return [row.action for row in session.exec(select(LedgerRow)) if row.actor == "analyst"]

    for name, method, path, body in _possible(api, desk_engine):
        keyed = {"idempotency-key": name}
        monkeypatch.setattr(answers, "keep", die)
        assert api.request(method, path, json=body, headers=keyed).status_code == 500, name
        monkeypatch.undo()
        before = done()
        assert api.request(method, path, json=body, headers=keyed).status_code == 409, name
        with session_scope(desk_engine) as session:
            row = session.exec(select(AnswerRow).where(AnswerRow.key == name)).one()
            row.created_at -= timedelta(minutes=2)
            session.add(row)
        again = api.request(method, path, json=body, headers=keyed)
        assert again.status_code == 409 and "its answer was lost" in again.json()["detail"], name
        assert done() == before, name


CANNOT_BE: list[tuple[str, Any, str]] = [
        ("corrections", {"change": "add_party", "name": "Russia", "type": "state", "roles": ["broker"]}, "named"),
        ("corrections", {"change": "remove_party", "party": "Nobody"}, "names no Nobody"),
        ("corrections", {"change": "set_regimes", "regimes": ["9999"]}, "no regime has the number"),
        ("corrections", {"change": "set_kinds", "kinds": ["arms"]}, "stands so already"),
        ("corrections", {"change": "set_kinds", "kinds": ["tea"]}, "does not fit"),
        ("corrections", {"change": "everything"}, "does not fit"),
        ("corrections", {"change": "set_kinds", "kinds": ["finance"], "revision": 9}, "does not fit"),
        ("marks", {"story": 1, "quote": "never said"}, "letter for letter"),
        ("marks", {"story": 2, "quote": "artillery shells"}, "does not tell of this case"),
        ("moves", {"story": 1, "target": "EW-2026-00002"}, "merge the cases instead"),
        ("moves", {"story": 1, "target": "EW-2026-09999"}, "there is no case"),
        ("merges", {"target": "EW-2026-00001"}, "name another case"),
        ("splits", {"story": 1}, "keep it in both"),
        ("escalations", {"note": " "}, "why the case is escalated"),
        ("notes", {"note": "\t"}, "empty"),
        ("notes", {"note": "a\x00b"}, "does not fit"),
        ("notes", {"note": "x" * 5_001}, "does not fit"),
        ("decisions", {"disposition": "breach", "reason": "lawful"}, "act_alleged"),
    ]  # fmt: skip


def test_what_cannot_be_is_told_and_changes_nothing(api: TestClient, desk_engine: Engine, reference: str) -> None:
    open_case(desk_engine, factories.story(fingerprint="o" * 64))
    for what, body, said in CANNOT_BE:
        answer = api.post(f"{V1}/cases/{reference}/{what}", json=body, headers={"idempotency-key": "k"})
        assert answer.status_code == 422 and said in answer.text, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert api.get(f"{V1}/cases/{reference}").json()["revision"] == 1
    with session_scope(desk_engine) as session:
        assert session.exec(select(AnswerRow)).all() == []


def test_half_a_character_is_refused_wherever_it_stands(api: TestClient, reference: str) -> None:
    for body in (b'{"note": "\\ud800"}', b'{"note": "", "\\ud800": 1}', b'{"change": "\\ud800"}'):
        for what in ("notes", "corrections"):
            path = f"{V1}/cases/{reference}/{what}"
            answer = api.post(path, content=body, headers={"content-type": "application/json"})
            assert answer.status_code == 422, answer.text
    assert api.get(f"{V1}/search?q=a%00b").status_code == 400
    assert api.get(f"{V1}/cases/a%00b").status_code == 400


def test_another_cases_marks_changes_and_stories_are_out_of_reach(
    api: TestClient, desk_engine: Engine, reference: str
) -> None:
    other = open_case(desk_engine, factories.story(fingerprint="o" * 64))
    made = api.post(f"{V1}/cases/{other}/marks", json={"story": 2, "quote": "artillery shells"})
    assert made.status_code == 201
    [mark] = api.get(f"{V1}/cases/{other}/dossier").json()["marks"]
    assert api.delete(f"{V1}/cases/{reference}/marks/{mark['id']}").status_code == 422
    assert api.post(f"{V1}/cases/{reference}/undos", json={"change": made.json()["change"]}).status_code == 404
    assert api.post(f"{V1}/cases/{reference}/splits", json={"story": 2}).status_code == 422
    assert len(api.get(f"{V1}/cases/{other}/dossier").json()["marks"]) == 1


def test_a_case_is_given_to_officers_alone(api: TestClient, reference: str) -> None:
    for name in ("viewer", "auditor", "nobody", "x" * 80):
        answer = api.put(f"{V1}/cases/{reference}/assignee", json={"assignee": name})
        assert answer.status_code == 422 and "no officer is named" in answer.json()["detail"]
    assert api.put(f"{V1}/cases/{reference}/assignee", json={"assignee": "approver"}).status_code == 200
    assert api.put(f"{V1}/cases/{reference}/assignee", json={}).json()["assignee"] is None


# The second reader


@pytest.mark.parametrize("reader", ["approver", "admin", "viewer"])
def test_nothing_that_the_api_or_a_page_tells_gives_the_first_decision_away(
    client: TestClient, desk_engine: Engine, reader: str
) -> None:
    """The first decision is given, made void, given, taken back, given again: no trace of any reaches the reader."""
    assert isinstance(client.app, FastAPI)
    client.app.state.severity = four_eyes(blind=True)
    reference = open_case(desk_engine, policy=four_eyes(blind=True))
    first = bearer(make_token(desk_engine, "analyst")) | {"if-match": "*"}
    word = {"disposition": "not_breach", "reason": "lawful", "note": "PLAIN AS DAY"}
    path = f"{V1}/cases/{reference}"
    assert client.post(f"{path}/decisions", json=word, headers=first).json()["state"] == "second"
    marked = {"story": 1, "quote": "artillery shells"}
    assert client.post(f"{path}/marks", json=marked, headers=first).json()["state"] == "waiting"
    given = client.post(f"{path}/decisions", json=word, headers=first).json()["change"]
    assert client.post(f"{path}/undos", json={"change": given}, headers=first).json()["state"] == "waiting"
    assert client.post(f"{path}/decisions", json=word, headers=first).json()["state"] == "second"
    assert client.post(f"{path}/decisions", json=word, headers=first).status_code == 403

    sign_in(client, reader)
    token = bearer(make_token(desk_engine, reader))
    asked = 0
    for name, route in API.items():
        if route.methods == {"GET"}:
            for query in ("", "?limit=200&show=second&state=second&q=shells&format=jsonl"):
                answer = client.get(f"{V1}{filled(route.path, reference)}{query}", headers=token)
                asked += answer.status_code == 200
                assert "PLAIN AS DAY" not in answer.text and '"lawful"' not in answer.text.replace('"lawful":', ""), (
                    name
                )
    assert asked >= 30
    for page in (
        f"/cases/{reference}",
        "/record",
        f"/record?subject=refused:{reference}",
        f"/cases/{reference}/report",
    ):
        assert "PLAIN AS DAY" not in client.get(page).text, page
        assert "&#39;lawful&#39;" not in client.get(page).text, page
    told = client.get(f"{path}/dossier", headers=token).json()
    assert told["proposal"] is None and told["second"] == ("waits" if reader == "viewer" else "blind")
    for who in ("auditor", "analyst"):
        seen = client.get(f"{path}/dossier", headers=bearer(make_token(desk_engine, who))).json()
        assert seen["proposal"]["note"] == "PLAIN AS DAY", who


def test_only_an_approver_gives_the_second_decision(client: TestClient, desk_engine: Engine) -> None:
    path = f"{V1}/cases/{open_case(desk_engine, policy=four_eyes())}/decisions"
    first, second = (bearer(make_token(desk_engine, name)) | {"if-match": "*"} for name in ("approver", "analyst"))
    assert client.post(path, json=DECISION, headers=first).status_code == 201
    answer = client.post(path, json=DECISION, headers=second)
    assert answer.status_code == 403 and "a second decision is an approver's" in answer.json()["detail"]


def test_a_second_reader_who_differs_sends_the_case_back(client: TestClient, desk_engine: Engine) -> None:
    reference = open_case(desk_engine, policy=four_eyes(blind=True))
    path = f"{V1}/cases/{reference}/decisions"
    first = bearer(make_token(desk_engine, "analyst")) | {"if-match": "*"}
    client.post(path, json=DECISION, headers=first)
    other = {"disposition": "not_breach", "reason": "lawful"}
    third = bearer(make_token(desk_engine, "approver")) | {"if-match": "*"}
    answer = client.post(path, json=other, headers=third).json()
    assert (answer["state"], answer["disposition"]) == ("waiting", None)
    history = client.get(f"{V1}/cases/{reference}/history", headers=third).json()["items"]
    assert [event["action"] for event in history] == ["case.opened", "case.proposed", "case.contested"]
