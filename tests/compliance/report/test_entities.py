"""Cases as FollowTheMoney entities that the followthemoney library itself takes."""

from typing import Any

import pytest

from compliance.report.entities import entities
from tests.compliance.report.test_casereport import FOUND

followthemoney = pytest.importorskip(
    "followthemoney",
    reason="NO FOLLOWTHEMONEY: pip install 'embargowatch[ftm]' (PyICU may need libicu-dev)",
)


def test_a_case_becomes_an_event_its_parties_stories_and_links() -> None:
    found = list(entities(FOUND))
    schemata = sorted(entity["schema"] for entity in found)
    assert schemata == ["Article", "Documentation", "Documentation", "Event", "PublicBody", "PublicBody",
                        "UnknownLink", "UnknownLink", "Vessel"]  # fmt: skip
    for entity in found:
        proxy = followthemoney.model.get_proxy(entity)
        proxy.schema.validate(entity)
        for name, values in entity["properties"].items():
            prop = proxy.schema.get(name)
            assert values and all(prop.type.validate(value) for value in values), (name, values)


def name_of(entity: dict[str, Any]) -> str:
    return str(entity["properties"]["name"][0])


def test_links_lead_from_supplier_and_carrier_to_recipient_and_say_alleged() -> None:
    found = {entity["id"]: entity for entity in entities(FOUND)}
    links = [e["properties"] for e in found.values() if e["schema"] == "UnknownLink"]
    ends = sorted(
        (name_of(found[link["subject"][0]]), name_of(found[link["object"][0]]), link["role"][0]) for link in links
    )
    assert ends == [("Lady R", "Russia", "alleged carrier"), ("North Korea", "Russia", "alleged supplier")]
    [event] = [e for e in found.values() if e["schema"] == "Event"]
    assert (
        "not a finding" in event["properties"]["summary"][0] and "Denied by Russia" in event["properties"]["summary"][0]
    )
    assert event["properties"]["programId"] == ["UN-SC1718"]


def test_the_same_party_has_the_same_id_in_every_case() -> None:
    other = FOUND | {"case": "EW-2026-00002"}
    ids = [{e["id"] for e in entities(case) if e["schema"] in ("PublicBody", "Vessel")} for case in (FOUND, other)]
    assert ids[0] == ids[1]
