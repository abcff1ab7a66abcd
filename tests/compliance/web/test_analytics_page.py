"""The page of figures is counted again when a case changed, but not all the time."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from compliance.case import Disposition
from compliance.decision import dispose_case
from tests.compliance.web.conftest import sign_in


def test_a_count_serves_until_a_case_changes_and_longer_where_it_is_dear(
    client: TestClient, desk_engine: Engine, reference: str
) -> None:
    sign_in(client)
    kept: dict[datetime, Any] = client.app.state.counted
    assert "<b>none</b> decided yet" in client.get("/analytics").text
    [(since, first)] = kept.items()
    kept[since] = cheap = replace(first, cost=0.0)
    client.get("/analytics")
    assert kept[since] is cheap, "nothing changed"
    dispose_case(desk_engine, reference, Disposition.BREACH, "act_alleged", "", "ada", 1, datetime.now(UTC))
    kept[since] = replace(cheap, cost=60.0)
    assert "<b>none</b> decided yet" in client.get("/analytics").text, "a minute's count serves for twenty"
    kept[since] = cheap
    assert "<b>none</b> decided yet" not in client.get("/analytics").text


def test_how_readers_agree_is_told_with_how_it_is_computed(client: TestClient, reference: str) -> None:
    sign_in(client)
    page = client.get("/analytics").text
    assert "Kappa is Cohen" in page and "second readings, first one unknown to the reader" in page
