"""A case page says why a story has no more text than its feed's own."""

from dataclasses import replace

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from compliance.story import TextQuality
from tests import factories
from tests.compliance.web.conftest import open_case, sign_in


def test_a_case_page_says_what_is_wrong_with_a_text(desk_engine: Engine, client: TestClient) -> None:
    notes = ("the page was not read: it took more than 256 MB", "2 <b>hidden</b> parts left out")
    reference = open_case(desk_engine, replace(factories.story(), quality=TextQuality.TEASER, notes=notes))
    sign_in(client)
    page = client.get(f"/cases/{reference}").text
    assert "teaser only" in page and "it took more than 256 MB" in page
    assert "2 &lt;b&gt;hidden&lt;/b&gt; parts left out" in page
