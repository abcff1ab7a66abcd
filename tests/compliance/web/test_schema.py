"""The API answers as its OpenAPI document says, whatever it is sent: schemathesis, a few examples of each operation."""

import random
from typing import Any

import pytest
import requests
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine

from tests import factories
from tests.compliance.web.conftest import bearer, make_token, open_case

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 5


def test_the_document_names_every_operation_and_how_one_shows_who_one_is(
    client: TestClient, desk_engine: Engine
) -> None:
    document = client.get("/api/v1/openapi.json", headers=bearer(make_token(desk_engine, "viewer"))).json()
    assert document["openapi"].startswith("3.1") and document["security"] == [{"token": []}, {"session": []}]
    operations = [op for path in document["paths"].values() for op in path.values()]
    assert len(operations) >= 60
    assert all(op["description"] and "401" in op["responses"] and "500" in op["responses"] for op in operations)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_nothing_that_is_sent_breaks_the_api_or_is_answered_otherwise_than_documented(
    desk_url: str, desk_engine: Engine, reference: str
) -> None:
    known = [reference, open_case(desk_engine, factories.story(fingerprint="g" * 64))]
    headers = bearer(make_token(desk_engine, "admin"))
    with requests.Session() as session:
        session.headers.update(headers)
        document = session.get(f"{desk_url}/api/v1/openapi.json", timeout=60).json()
        schema = schemathesis.openapi.from_dict(document)
        tried: dict[str, set[int]] = {}
        chance = random.Random(7)

        for result in schema.get_all_operations():
            operation = result.ok()

            @given(case=operation.as_strategy())
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def probe(case: Any) -> None:
                # What each operation needs to get somewhere: a real case and a true ETag among the made-up ones.
                if "reference" in (case.path_parameters or {}) and chance.random() < 0.7:
                    case.path_parameters["reference"] = chance.choice(known)
                if "token_id" in (case.path_parameters or {}):
                    # Any but the one that asks, which would then be asked for in vain.
                    case.path_parameters["token_id"] = max(2, case.path_parameters["token_id"])
                if "If-Match" in (case.headers or {}) and chance.random() < 0.7:
                    case.headers["If-Match"] = "*"
                response = case.call(base_url=f"{desk_url}/api/v1", headers=headers, session=session)
                tried.setdefault(case.operation.definition.raw["operationId"], set()).add(response.status_code)
                case.validate_response(response, checks=CHECKS)

            probe()
    assert len(tried) >= 60 and not any(401 in statuses for statuses in tried.values())
    assert sum(bool(statuses & {200, 201, 204}) for statuses in tried.values()) >= 40, tried
