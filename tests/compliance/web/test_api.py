"""The API: lists in pages, changes that detect conflicts and are done once, errors that say what to do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func
from sqlmodel import select

from compliance.store import ledger, users
from compliance.store.database import session_scope
from compliance.store.tables import LedgerRow, UserRow
from compliance.store.tables_people import AnswerRow, TokenRow
from compliance.store.users import Role, Scope
from tests import factories
from tests.compliance.web.conftest import PASSWORD, bearer, make_token, open_case, sign_in

V1 = "/api/v1"
DECISION = {"disposition": "breach", "reason": "act_alleged", "note": "seen"}


@pytest.fixture
def api(client: TestClient, desk_engine: Engine) -> TestClient:
    """A client with an analyst's token."""
    client.headers.update(bearer(make_token(desk_engine)))
    return client


def etag(api: TestClient, reference: str) -> str:
    return str(api.get(f"{V1}/cases/{reference}").headers["etag"])


def decide(api: TestClient, reference: str, tag: str | None, key: str = "", **changes: Any) -> Any:
    headers = {"if-match": tag} if tag else {}
    headers |= {"idempotency-key": key} if key else {}
    return api.post(f"{V1}/cases/{reference}/decisions", json=DECISION | changes, headers=headers)


def test_cases_come_in_pages_and_none_twice(api: TestClient, desk_engine: Engine) -> None:
    made = [open_case(desk_engine, factories.story(fingerprint=str(i) * 64)) for i in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = api.get(f"{V1}/cases", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [case["case"] for case in page["items"]]
        # What is opened meanwhile does not shift the pages.
        if cursor is None:
            open_case(desk_engine, factories.story(fingerprint="z" * 64))
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == made[::-1]


@pytest.mark.parametrize("cursor", ["x", "MTo", "1:5", "MTo5OTk5OTk5OTk5OTk5OTk5OTk5", "é", "MjoxMg", "====", "MTotNQ"])
def test_a_cursor_that_is_none_of_ours_is_told(api: TestClient, cursor: str) -> None:
    answer = api.get(f"{V1}/cases", params={"cursor": cursor})
    assert answer.status_code == 400 and "begin the list anew" in answer.json()["detail"]


def test_lists_are_narrowed_by_what_is_asked(api: TestClient, desk_engine: Engine, reference: str) -> None:
    other = open_case(desk_engine, factories.story(fingerprint="g" * 64))
    decide(api, reference, etag(api, reference))

    def found(**asked: str) -> list[str]:
        return [case["case"] for case in api.get(f"{V1}/cases", params=asked).json()["items"]]

    assert found(state="decided") == [reference] == found(disposition="breach")
    assert found(state="waiting") == [other]
    assert found(changed_since=(datetime.now(UTC) + timedelta(hours=1)).isoformat()) == []
    assert api.get(f"{V1}/cases", params={"state": "maybe"}).status_code == 422


def test_a_decision_is_recorded_under_the_tokens_owner(api: TestClient, desk_engine: Engine, reference: str) -> None:
    tag = etag(api, reference)
    answer = decide(api, reference, tag)
    assert answer.status_code == 201 and answer.json()["disposition"] == "breach"
    assert answer.headers["etag"] == etag(api, reference) != tag
    with session_scope(desk_engine) as session:
        event = ledger.of_subject(session, reference)[-1]
        assert (event.actor, event.after["note"]) == ("analyst", "seen")
    history = api.get(f"{V1}/cases/{reference}/history").json()["items"]
    assert [event["action"] for event in history] == ["case.opened", "case.decided"]
    reopened = api.post(
        f"{V1}/cases/{reference}/reopenings", json={"note": "new facts"}, headers={"if-match": answer.headers["etag"]}
    )
    assert reopened.status_code == 201 and reopened.json()["state"] == "waiting"


def test_a_change_of_what_was_not_seen_is_refused(api: TestClient, reference: str) -> None:
    tag = etag(api, reference)
    assert decide(api, reference, None).status_code == 428
    assert decide(api, reference, '"else"').status_code == 412
    assert decide(api, reference, tag).status_code == 201
    assert decide(api, reference, tag).status_code == 412
    assert decide(api, reference, "*").status_code == 409
    assert decide(api, "EW-2026-99999", tag).status_code == 404


def test_a_case_that_is_known_already_is_not_sent_again(api: TestClient, reference: str) -> None:
    tag = etag(api, reference)
    answer = api.get(f"{V1}/cases/{reference}", headers={"if-none-match": f'"x", {tag}'})
    assert answer.status_code == 304 and answer.content == b""


def test_with_a_key_a_write_is_done_once_and_answered_alike(
    api: TestClient, desk_engine: Engine, reference: str
) -> None:
    tag = etag(api, reference)
    first = decide(api, reference, tag, key="k1")
    again = decide(api, reference, tag, key="k1")
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true" and again.headers["etag"] == first.headers["etag"]
    assert "idempotency-replayed" not in first.headers
    with session_scope(desk_engine) as session:
        decided = select(func.count()).select_from(LedgerRow).where(LedgerRow.action == "case.decided")
        assert session.exec(decided).one() == 1


def test_a_key_belongs_to_one_request_of_one_person(api: TestClient, desk_engine: Engine, reference: str) -> None:
    other = open_case(desk_engine, factories.story(fingerprint="g" * 64))
    assert decide(api, reference, etag(api, reference), key="k").status_code == 201
    assert decide(api, other, etag(api, other), key="k").status_code == 422
    assert decide(api, reference, etag(api, reference), key="k", note="else").status_code == 422
    api.headers.update(bearer(make_token(desk_engine, "approver")))
    assert decide(api, other, etag(api, other), key="k").status_code == 201


def test_a_refused_write_leaves_its_key_free(api: TestClient, reference: str) -> None:
    assert decide(api, reference, '"stale"', key="k").status_code == 412
    assert decide(api, reference, etag(api, reference), key="k").status_code == 201


def test_a_write_that_lost_its_process_is_taken_up_and_one_under_way_is_not(
    api: TestClient, desk_engine: Engine, reference: str
) -> None:
    tag = etag(api, reference)
    decide(api, reference, '"stale"', key="other")
    path = f"{V1}/cases/{reference}/decisions"
    from compliance.web.api.work import Decision

    told = users.digest(f"POST {path} {Decision(**DECISION).model_dump_json()}")
    now = datetime.now(UTC)
    with session_scope(desk_engine) as session:
        user = users.known(session, "analyst")
        row = AnswerRow(user_id=user.id or 0, key="k", request_digest=told, headers={}, created_at=now)
        session.add(row)
    assert decide(api, reference, tag, key="k").status_code == 409
    with session_scope(desk_engine) as session:
        row = session.get_one(AnswerRow, (user.id, "k"))
        row.created_at = now - timedelta(minutes=2)
        session.add(row)
    assert decide(api, reference, tag, key="k").status_code == 201


def test_the_same_write_sent_many_times_at_once_is_done_once(
    api: TestClient, desk_engine: Engine, reference: str
) -> None:
    tag = etag(api, reference)
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _: decide(api, reference, tag, key="k").status_code, range(8)))
    assert statuses.count(201) >= 1 and set(statuses) <= {201, 409}
    with session_scope(desk_engine) as session:
        decided = select(func.count()).select_from(LedgerRow).where(LedgerRow.action == "case.decided")
        assert session.exec(decided).one() == 1


@pytest.mark.parametrize("extra", ["actor", "revision", "state", "role", "user_id", "at", "versions", "is_admin"])
def test_a_field_that_is_not_listed_changes_nothing(api: TestClient, reference: str, extra: str) -> None:
    answer = decide(api, reference, etag(api, reference), **{extra: "admin"})
    assert answer.status_code == 422 and answer.json()["errors"][0]["where"] == f"body.{extra}"
    assert api.get(f"{V1}/cases/{reference}").json()["state"] == "waiting"


def test_nobody_makes_himself_more_than_he_is(api: TestClient, desk_engine: Engine) -> None:
    name = f"{V1}/users/analyst"
    assert api.patch(name, json={"role": "admin"}, headers={"if-match": "*"}).status_code == 403
    made = api.post(f"{V1}/tokens", json={"name": "t", "scopes": ["read"], "user_id": 4, "role": "admin"})
    assert made.status_code == 422
    with session_scope(desk_engine) as session:
        assert session.exec(select(UserRow.role).where(UserRow.name == "analyst")).one() == "analyst"


def test_a_reason_must_fit_the_decision(api: TestClient, reference: str) -> None:
    answer = decide(api, reference, etag(api, reference), reason="lawful")
    assert answer.status_code == 422 and "act_alleged" in answer.json()["detail"]


def test_somebody_elses_token_is_as_if_it_were_not_there(api: TestClient, desk_engine: Engine) -> None:
    make_token(desk_engine, "admin")
    with session_scope(desk_engine) as session:
        theirs = session.exec(select(TokenRow).order_by(TokenRow.id.desc())).first()
        assert theirs is not None and theirs.id is not None
    assert api.delete(f"{V1}/tokens/{theirs.id}").status_code == 404
    assert [t["id"] for t in api.get(f"{V1}/tokens").json()] != [theirs.id]
    csrf = sign_in(api)
    answer = api.post(f"/account/tokens/{theirs.id}/end", data={"csrf": csrf})
    assert answer.status_code == 404
    with session_scope(desk_engine) as session:
        assert session.get(TokenRow, theirs.id) is not None


def test_a_token_is_shown_once_and_kept_as_a_digest(api: TestClient, desk_engine: Engine) -> None:
    made = api.post(f"{V1}/tokens", json={"name": "nightly", "scopes": ["read"], "days": 3}).json()
    assert made["token"].startswith("ewt_") and len(made["token"]) > 40
    listed = api.get(f"{V1}/tokens").text
    assert made["token"] not in listed and made["hint"] in listed
    with session_scope(desk_engine) as session:
        kept = session.get_one(TokenRow, made["id"])
        assert kept.digest == users.digest(made["token"]) and made["token"] not in str(kept.model_dump())
        assert [r.action for r in ledger.of_subject(session, "user:analyst")] == ["token.made"]
        for row in session.exec(select(LedgerRow)):
            assert made["token"] not in str(row.model_dump())
    assert api.get(f"{V1}/me", headers=bearer(made["token"])).json()["scopes"] == ["read"]


def test_a_token_makes_none_that_may_do_or_last_more_than_itself(client: TestClient, desk_engine: Engine) -> None:
    own = bearer(make_token(desk_engine, "admin", Scope.ADMIN, lasts=timedelta(hours=2)))
    more = client.post(f"{V1}/tokens", json={"name": "a", "scopes": ["admin", "decide"]}, headers=own)
    assert more.status_code == 403
    same = client.post(f"{V1}/tokens", json={"name": "b", "scopes": ["admin"], "days": 366}, headers=own).json()
    assert datetime.fromisoformat(same["expires_at"]) <= datetime.now(UTC) + timedelta(hours=2)


def test_a_token_ends_with_its_day_its_owner_and_his_password(client: TestClient, desk_engine: Engine) -> None:
    def status(token: str) -> int:
        return client.get(f"{V1}/me", headers=bearer(token)).status_code

    over = make_token(desk_engine, "viewer", lasts=timedelta(microseconds=1))
    assert status(over) == 401
    token = make_token(desk_engine, "viewer")
    assert status(token) == 200 and status(token[:-1]) == 401 and status(token.removeprefix("ewt_")) == 401
    with session_scope(desk_engine) as session:
        users.disable(session, "viewer")
    assert status(token) == 401
    changed = make_token(desk_engine, "auditor")
    with session_scope(desk_engine) as session:
        users.set_password(session, "auditor", "another herd of quiet geese")
    assert status(changed) == 401


def test_a_role_that_was_taken_away_is_gone_for_tokens_at_once(client: TestClient, desk_engine: Engine) -> None:
    own = bearer(make_token(desk_engine, "auditor"))
    assert client.get(f"{V1}/record", headers=own).status_code == 200
    with session_scope(desk_engine) as session:
        users.set_role(session, "auditor", Role.VIEWER)
    assert client.get(f"{V1}/record", headers=own).status_code == 403


def test_a_token_opens_no_page(api: TestClient, reference: str) -> None:
    assert api.get("/").status_code == 303
    assert api.post(f"/cases/{reference}/decide", data={"revision": "1"}).status_code == 403


@pytest.mark.parametrize(
    "sent", [{}, {"x-csrf-token": "wrong"}, {"x-csrf-token": "OWN", "origin": "https://evil.example"}]
)
def test_a_write_with_a_browsers_session_needs_its_csrf_token(
    client: TestClient, reference: str, sent: dict[str, str]
) -> None:
    csrf = sign_in(client)
    headers = {"if-match": "*"} | {k: v.replace("OWN", csrf) for k, v in sent.items()}
    path = f"{V1}/cases/{reference}/decisions"
    assert client.post(path, json=DECISION, headers=headers).status_code == 403
    assert client.post(path, json=DECISION, headers={"if-match": "*", "x-csrf-token": csrf}).status_code == 201


def test_a_person_is_added_changed_and_locked_out_by_an_admin(client: TestClient, desk_engine: Engine) -> None:
    client.headers.update(bearer(make_token(desk_engine, "admin")))
    new = {"name": "grace", "role": "analyst", "password": PASSWORD}
    made = client.post(f"{V1}/users", json=new)
    assert made.status_code == 201 and "password" not in made.json()
    assert client.post(f"{V1}/users", json=new).status_code == 422
    tag = client.get(f"{V1}/users/grace").headers["etag"]
    changed = client.patch(f"{V1}/users/grace", json={"role": "approver"}, headers={"if-match": tag})
    assert changed.json()["role"] == "approver"
    late = client.patch(f"{V1}/users/grace", json={"active": False}, headers={"if-match": tag})
    assert late.status_code == 412
    last = client.patch(f"{V1}/users/admin", json={"active": False}, headers={"if-match": "*"})
    assert last.status_code == 422 and "last admin" in last.json()["detail"]
    with session_scope(desk_engine) as session:
        assert [r.action for r in ledger.of_subject(session, "user:grace")] == ["user.added", "user.role_changed"]


def test_a_person_is_changed_in_all_that_is_given_or_in_nothing(client: TestClient, desk_engine: Engine) -> None:
    client.headers.update(bearer(make_token(desk_engine, "admin")) | {"if-match": "*"})
    for given in ({"role": "viewer", "active": False, "password": "short"}, {"active": True, "role": "viewer"}):
        name = "analyst" if "password" in given else "admin"
        answer = client.patch(f"{V1}/users/{name}", json=given)
        assert answer.status_code == 422, answer.text
        told = client.get(f"{V1}/users/{name}").json()
        assert (told["role"], told["active"]) == (name, True)
    with session_scope(desk_engine) as session:
        assert ledger.of_subject(session, "user:analyst") == ledger.of_subject(session, "user:admin") == []


def test_of_two_who_change_a_person_at_once_one_is_told(client: TestClient, desk_engine: Engine) -> None:
    client.headers.update(bearer(make_token(desk_engine, "admin")))
    tag = client.get(f"{V1}/users/viewer").headers["etag"]

    def change(role: str) -> int:
        return client.patch(f"{V1}/users/viewer", json={"role": role}, headers={"if-match": tag}).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(change, ["analyst", "auditor"])) == [200, 412]


def test_a_password_is_no_part_of_what_is_remembered_of_a_request(client: TestClient, desk_engine: Engine) -> None:
    """A plain digest of it would be open to guessing: the same request with another password is the same request."""
    client.headers.update(bearer(make_token(desk_engine, "admin")) | {"idempotency-key": "k"})
    new = {"name": "grace", "role": "analyst", "password": PASSWORD}
    assert client.post(f"{V1}/users", json=new).status_code == 201
    again = client.post(f"{V1}/users", json=new | {"password": "another herd of quiet geese"})
    assert again.status_code == 201 and again.headers["idempotency-replayed"] == "true"
    with session_scope(desk_engine) as session:
        for row in session.exec(select(AnswerRow)):
            assert PASSWORD not in str(row.model_dump())


def test_ones_own_password_changes_only_with_the_present_one_and_ends_everything(
    client: TestClient, desk_engine: Engine
) -> None:
    own, new = bearer(make_token(desk_engine)), "another herd of quiet geese"
    wrong = client.put(f"{V1}/me/password", json={"current": "not this one", "new": new}, headers=own)
    assert wrong.status_code == 422 and new not in wrong.text
    assert client.put(f"{V1}/me/password", json={"current": PASSWORD, "new": "short"}, headers=own).status_code == 422
    for _ in range(12):
        last = client.put(f"{V1}/me/password", json={"current": "not this one", "new": new}, headers=own)
    assert last.status_code == 429 and int(last.headers["retry-after"]) > 0
    other = bearer(make_token(desk_engine, "approver"))
    assert client.put(f"{V1}/me/password", json={"current": PASSWORD, "new": new}, headers=other).status_code == 204
    assert client.get(f"{V1}/me", headers=other).status_code == 401
    sign_in(client, "approver", new)


def test_sessions_are_listed_and_ended(client: TestClient, desk_engine: Engine) -> None:
    own = bearer(make_token(desk_engine))
    csrf = sign_in(client)
    assert len(client.get(f"{V1}/me/sessions", headers=own).json()) == 1
    # The browser that asks keeps its own.
    kept = client.delete(f"{V1}/me/sessions", headers={"x-csrf-token": csrf})
    assert kept.json() == {"ended": 0} and client.get("/").status_code == 200
    assert client.delete(f"{V1}/me/sessions", headers=own).json() == {"ended": 1}
    assert client.get("/").status_code == 303


def test_views_are_kept_for_their_owner_alone(api: TestClient, desk_engine: Engine) -> None:
    given = {"name": " Arms  to Yemen ", "filters": {"regime": "2140", "age": 7, "older": True}}
    made = api.post(f"{V1}/views", json=given)
    assert made.status_code == 201 and made.json()["name"] == "Arms to Yemen"
    assert made.json()["filters"] == {"regime": "2140", "age": "7", "older": "1"}
    api.post(f"{V1}/views", json={"name": "Arms to Yemen", "filters": {"kind": "arms"}})
    [view] = api.get(f"{V1}/views").json()
    assert view["filters"] == {"kind": "arms"}
    path = f"{V1}/views/{view['id']}"
    other = bearer(make_token(desk_engine, "viewer"))
    assert api.get(path, headers=other).status_code == 404
    assert api.delete(path, headers=other | {"if-match": "*"}).status_code == 404
    assert api.delete(path, headers={"if-match": made.headers["etag"]}).status_code == 412
    assert api.delete(path, headers={"if-match": api.get(path).headers["etag"]}).status_code == 200
    assert api.get(f"{V1}/views").json() == []
    for number in range(100):
        assert api.post(f"{V1}/views", json={"name": f"view {number}"}).status_code == 201
    assert api.post(f"{V1}/views", json={"name": "one more"}).status_code == 422


def test_the_queue_comes_in_pages_in_its_stated_order(api: TestClient, desk_engine: Engine) -> None:
    made = [
        open_case(desk_engine, factories.story(fingerprint=f"{i}" * 64), factories.screening(0.71 + i / 50))
        for i in range(5)
    ]
    for show in ("waiting", "decided"):
        lines = api.get(f"{V1}/queue", params={"show": show}).json()["items"]
        whole = [c["case"] for c in lines]
        assert sorted(whole) == made
        order = [c["priority"] if show == "waiting" else c["changed_at"] for c in lines]
        assert order == sorted(order, reverse=True) and len(set(order)) == 5
        seen: list[str] = []
        cursor: str | None = None
        while len(seen) < 9:
            asked = {"show": show, "limit": 2, **({"cursor": cursor} if cursor else {})}
            page = api.get(f"{V1}/queue", params=asked).json()
            seen += [c["case"] for c in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == whole
        for reference in made if show == "waiting" else ():
            assert decide(api, reference, "*").status_code == 201
    place = api.get(f"{V1}/queue/places/{made[0]}", params={"show": "decided"}).json()
    assert place["total"] == 5
    assert api.get(f"{V1}/queue/counters").json()["waiting"] == 0 and api.get(f"{V1}/queue/next").json() == {
        "case": None
    }


def test_search_goes_on_by_cursor_and_its_pages_hold_everything_once(api: TestClient, desk_engine: Engine) -> None:
    made = [open_case(desk_engine, factories.story(fingerprint=f"{i}" * 64)) for i in range(5)]
    cases: list[str] = []
    told: list[int] = []
    asked: dict[str, str | int] = {"q": "artillery", "limit": 2}
    for _ in range(3):
        page = api.get(f"{V1}/search", params=asked).json()
        cases += [case["case"] for case in page["cases"]]
        told += [story["id"] for story in page["stories"]]
        open_case(desk_engine, factories.story(fingerprint=f"later {len(told)}"))
        asked["cursor"] = page["next"]
    assert cases == made[::-1] and told == sorted(told, reverse=True) and len(set(told)) == 5
    assert asked["cursor"] is None


def test_a_cursor_of_another_list_is_told(api: TestClient, desk_engine: Engine) -> None:
    for number in range(2):
        open_case(desk_engine, factories.story(fingerprint=f"{number}" * 64))
    cursor = api.get(f"{V1}/queue", params={"limit": 1}).json()["next"]
    for path in (
        "/queue?show=decided",
        "/feeds?",
        "/cases?",
        "/record?",
        "/search?q=x",
        "/cases/EW-2026-00001/history?",
    ):
        own = bearer(make_token(desk_engine, "auditor"))
        assert api.get(f"{V1}{path}&cursor={cursor}", headers=own).status_code == 400, path


def test_every_error_is_a_problem_document(api: TestClient, desk_engine: Engine) -> None:
    for answer in (
        api.get(f"{V1}/nothing"),
        api.get(f"{V1}/cases/EW-1"),
        api.put(f"{V1}/cases"),
        api.get(f"{V1}/cases", params={"limit": "many"}),
        api.get(f"{V1}/users"),
        api.get(f"{V1}/me", headers={"authorization": "Bearer x"}),
        api.post(f"{V1}/tokens", content=b"{" * 200_001),
        api.post(f"{V1}/tokens", content=b"\xff{", headers={"content-type": "application/json"}),
        api.get(f"{V1}/cases?cursor=" + "x" * 9_000),
        api.get(f"{V1}/me", headers={"host": "evil.example"}),
    ):
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        told = answer.json()
        assert told["status"] == answer.status_code >= 400 and told["title"] and told["detail"]


def test_the_record_and_its_state_are_there_for_auditors(
    client: TestClient, desk_engine: Engine, reference: str
) -> None:
    client.headers.update(bearer(make_token(desk_engine, "auditor")))
    client.get(f"{V1}/cases/{reference}")
    rows = client.get(f"{V1}/record", params={"subject": f"reading:{reference}"}).json()["items"]
    assert [(r["actor"], r["action"], r["after"]) for r in rows] == [("auditor", "case.viewed", {"way": "api_case"})]
    told = client.get(f"{V1}/record/verification").json()
    assert told["whole"] is True and told["rows"] == 2 and told["broken"] == []


def test_stories_coverage_runs_and_analytics_are_told(api: TestClient, reference: str) -> None:
    [story] = api.get(f"{V1}/stories").json()["items"]
    shown = api.get(f"{V1}/stories/{story['id']}").json()
    assert shown["text"] == factories.TEXT and shown["screenings"][0]["verdict"] == "alert"
    assert api.get(f"{V1}/stories", params={"feed": "other"}).json()["items"] == []
    assert api.get(f"{V1}/stories/99").status_code == 404
    counted = api.get(f"{V1}/coverage").json()["cases"]
    assert counted == {"waiting": 1, "decided": 0, "second": 0, "snoozed": 0, "merged": 0}
    assert api.get(f"{V1}/runs").json() == api.get(f"{V1}/feeds").json()["items"] == []
    routes = api.get(f"{V1}/analytics").json()["cases"]["routes"]
    assert routes == [{"from": "North Korea", "to": "Russia", "cases": 1}]
