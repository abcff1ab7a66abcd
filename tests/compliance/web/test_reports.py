"""Reports and exports at the desk: what is given out, and that it is recorded who took it."""

import csv
import io
import json
import re
from html import unescape

import pypdf
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from compliance.store import ledger, readings
from compliance.store.database import session_scope
from compliance.store.tables import LedgerRow
from tests import factories
from tests.compliance.web.conftest import bearer, make_token, open_case, sign_in


def read_of(engine: Engine, what: str) -> list[LedgerRow]:
    with session_scope(engine) as session:
        return ledger.of_subject(session, readings.subject_of(what))


def test_a_case_is_given_out_as_page_and_pdf_and_both_are_recorded(
    client: TestClient, desk_engine: Engine, reference: str
) -> None:
    sign_in(client, "auditor")
    page = client.get(f"/cases/{reference}/report").text
    for shown in ("Chronology", "1718 OP8(b)", "artillery shells from Rajin", "published source 1", "model-1"):
        assert shown in page, shown
    made = client.get(f"/cases/{reference}/report.pdf")
    assert made.headers["content-disposition"] == f'attachment; filename="{reference}.pdf"'
    assert reference in pypdf.PdfReader(io.BytesIO(made.content)).pages[0].extract_text()
    told = [(row.actor, row.action, row.after) for row in read_of(desk_engine, reference)]
    assert told == [("auditor", "case.viewed", {"way": "report_page"}), ("auditor", "exported", {"format": "pdf"})]


def test_the_case_file_holds_what_the_page_shows_elements_claims_and_days(
    client: TestClient, desk_engine: Engine, reference: str
) -> None:
    sign_in(client)
    dossier = client.get(f"/api/v1/cases/{reference}/dossier").json()
    page = client.get(f"/cases/{reference}/report").text
    made = client.get(f"/cases/{reference}/report.pdf").content
    pdf = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(made)).pages)
    shown, printed = (re.sub(r"[\s\u200b]+", "", unescape(re.sub(r"<[^>]+>", "", text))) for text in (page, pdf))
    assert dossier["held"] and dossier["claims"]
    for held in dossier["held"]:
        assert {e["name"] for e in held["elements"]} == {"actor", "target", "goods", "direction", "date"}
        words = [e["quote"] for e in held["elements"]] + [held["what"], *("Missing." for _ in held["missing"])]
        for word in ("".join(w.split()) for w in words):
            assert word in shown and word in printed, word
    for claim in dossier["claims"]:
        line = f"{claim['what']} by {claim['by']}".replace(" ", "")
        assert line in shown and line in printed, line
    assert "thedayoftheactisnottold" in shown and "thedayoftheactisnottold" in printed


def test_a_view_is_recorded_once_a_while_and_for_each_person(
    client: TestClient, desk_engine: Engine, reference: str
) -> None:
    for name in ("analyst", "viewer", "analyst"):
        sign_in(client, name)
        client.get(f"/cases/{reference}")
        client.get(f"/cases/{reference}")
    assert [row.actor for row in read_of(desk_engine, reference)] == ["analyst", "viewer"]
    client.get("/cases/EW-2026-99999")
    assert read_of(desk_engine, "EW-2026-99999") == []
    with session_scope(desk_engine) as session:
        assert [row.action for row in ledger.of_subject(session, reference)] == ["case.opened"]


def test_what_cannot_be_recorded_is_not_shown(client: TestClient, desk_engine: Engine, reference: str) -> None:
    sign_in(client)
    with desk_engine.begin() as connection:
        connection.execute(
            text("CREATE TRIGGER full BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        )
    for path in (f"/cases/{reference}", f"/cases/{reference}/report.pdf", "/exports/cases.csv"):
        answer = client.get(path)
        assert answer.status_code == 500 and "artillery" not in answer.text


def test_csv_holds_a_row_a_case_and_no_formula(client: TestClient, desk_engine: Engine, reference: str) -> None:
    hostile = factories.screening(denied_by=("=HYPERLINK(1)",), goods=())
    other = open_case(desk_engine, factories.story(fingerprint="g" * 64), hostile)
    sign_in(client)
    answer = client.get("/exports/cases.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"), newline="")))
    assert [row["case"] for row in rows] == [reference, other]
    assert rows[0]["suppliers"] == "North Korea" and rows[0]["regimes"] == "UN-SC1718"
    assert rows[1]["denied_by"] == "'=HYPERLINK(1)"
    [taken] = read_of(desk_engine, "cases")
    assert (taken.actor, taken.action, taken.after) == ("analyst", "exported", {"format": "csv"})


def test_json_lines_hold_whole_case_files_of_the_state_asked_for(
    client: TestClient, desk_engine: Engine, reference: str
) -> None:
    headers = bearer(make_token(desk_engine, "viewer"))
    lines = client.get("/api/v1/exports/cases", headers=headers).text.splitlines()
    [found] = [json.loads(line) for line in lines]
    assert found["case"] == reference and found["stories"][0]["text"] == factories.TEXT
    assert client.get("/api/v1/exports/cases?state=decided", headers=headers).text == ""
    assert [row.after["format"] for row in read_of(desk_engine, "cases")] == ["jsonl"]


def test_many_cases_are_given_out_page_by_page(
    client: TestClient, desk_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from compliance import export

    monkeypatch.setattr(export, "_PAGE", 2)
    made = [open_case(desk_engine, factories.story(fingerprint=str(i) * 64)) for i in range(5)]
    sign_in(client)
    told = client.get("/exports/cases.jsonl").text.splitlines()
    assert [json.loads(line)["case"] for line in told] == made


def test_followthemoney_entities_come_once_each_or_it_is_told_what_is_missing(
    client: TestClient, desk_engine: Engine, reference: str
) -> None:
    open_case(desk_engine, factories.story(fingerprint="g" * 64))
    sign_in(client)
    answer = client.get("/exports/cases.ftm")
    if answer.status_code == 406:
        assert "embargowatch[ftm]" in answer.text
        return
    entities = [json.loads(line) for line in answer.text.splitlines()]
    assert len({e["id"] for e in entities}) == len(entities)
    assert [e["schema"] for e in entities].count("PublicBody") == 2
