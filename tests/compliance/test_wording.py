"""A case in one sentence that claims no more than its sources do."""

from dataclasses import replace

import pytest

from compliance.wording import sentence
from tests.compliance.test_alert import CASE


def party(name: str, *roles: str, kind: str = "state") -> dict[str, object]:
    return {"canonical": name, "type": kind, "roles": list(roles)}


IRAN, GROUP, SHIP = party("Iran", "supplier"), party("Houthis", "recipient"), party("Lorna Grey", "carrier")
PAYER = party("Samira Holt", "financier")


@pytest.mark.parametrize(
    ("parties", "changes", "said"),
    [
        ((IRAN, GROUP, SHIP), {"goods": ("rifle", "mine")},
         "Iran is said to have supplied rifle and mine to Houthis, carried by Lorna Grey; denied by Iran."),
        ((IRAN, GROUP), {"status": "documented", "denied_by": ()},
         "Iran is documented to have supplied arms to Houthis."),
        ((IRAN,), {"status": "admitted"}, "Iran is said to have admitted having supplied arms; denied by Iran."),
        ((GROUP, PAYER), {"denied_by": (), "goods": ("a", "b", "c", "d")},
         "Houthis is said to have received a, b and c, paid for by Samira Holt."),
        ((), {"denied_by": (), "kinds": ()}, "Someone not named is said to have been part of the act."),
        ((IRAN, party("Syria", "supplier"), GROUP), {"denied_by": ("Iran", "Syria"), "kinds": ("finance",)},
         "Iran and Syria are said to have moved money to Houthis; denied by Iran and Syria."),
    ],
)  # fmt: skip
def test_the_sentence_says_who_what_and_for_whom(
    parties: tuple[dict[str, object], ...], changes: dict[str, object], said: str
) -> None:
    assert sentence(replace(CASE, parties=parties, **changes)) == said
