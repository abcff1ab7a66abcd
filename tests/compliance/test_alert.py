from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from compliance.alert import alert_id, compose_alert, plain
from compliance.case import Case, Quote

CASE = Case(
    reference="EW-2026-00042",
    act="Iran → drone engine → Houthis",
    verdict="alert",
    score=0.4321,
    kinds=("arms",),
    regimes=("2140",),
    measures=("UN-SC2140: 2216 OP14",),
    status="alleged",
    denied_by=("Iran",),
    parties=({"canonical": "Iran", "type": "state", "roles": ["supplier"]},
             {"canonical": "Lorna Grey", "type": "vessel", "roles": ["carrier"]}),
    quotes=(Quote("engines from Iran were found on the dhow", "Harbour Wire", "https://news.example/1"),),
    reasons=("score 0.43 reaches the alert threshold 0.18",),
    opened_at=datetime(2026, 11, 20, tzinfo=UTC),
)  # fmt: skip
HOSTILE = 'x\r\nBcc: all@evil.example\r\n\r\n<script>alert(1)</script>{{7*7}}\u202egnp.exe\u200b\x00" onload="a'


class Tags(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def test_a_mail_tells_act_parties_law_denial_quote_reason_and_link() -> None:
    alert = compose_alert(CASE, "https://desk.example/", "from@x", "to@x")
    assert alert.payload["subject"] == "[alert] EW-2026-00042 Iran → drone engine → Houthis (UN-SC2140)"
    for part in (alert.payload["text"], alert.payload["html"]):
        for words in ("Iran (supplier)", "Lorna Grey (carrier, vessel)", "2216 OP14", "denied by Iran", "0.43",
                      "engines from Iran were found", "Harbour Wire", "https://desk.example/cases/EW-2026-00042",
                      "reaches the alert threshold", "not a finding"):  # fmt: skip
            assert words in part, words


@pytest.mark.parametrize("place", ["act", "party", "quote", "publisher", "reason", "measure"])
def test_no_name_or_headline_adds_a_header_or_markup(place: str) -> None:
    quote = CASE.quotes[0]
    case = {
        "act": replace(CASE, act=HOSTILE),
        "party": replace(CASE, parties=({"canonical": HOSTILE, "type": "company", "roles": ["broker"]},)),
        "quote": replace(CASE, quotes=(replace(quote, text=HOSTILE),)),
        "publisher": replace(CASE, quotes=(replace(quote, publisher=HOSTILE),)),
        "reason": replace(CASE, reasons=(HOSTILE,)),
        "measure": replace(CASE, measures=(HOSTILE,)),
    }[place]
    payload = compose_alert(case, "https://desk.example", "from@x", "to@x").payload
    EmailMessage()["Subject"] = payload["subject"]
    tags = Tags()
    tags.feed(payload["html"])
    assert "script" not in tags.tags and not [a for a in tags.attributes if a.startswith("on")]
    for part in (payload["text"], payload["html"]):
        assert not {"\u202e", "\u200b", "\x00", "\r"} & set(part)
        assert "\nBcc:" not in part


def test_a_mail_stays_short_however_much_a_case_holds() -> None:
    parties = tuple({"canonical": "N" * 500, "type": "company", "roles": ["broker"]} for _ in range(500))
    quotes = tuple(replace(CASE.quotes[0], text="q" * 50_000) for _ in range(2))
    payload = compose_alert(replace(CASE, act="a" * 9_000, parties=parties, quotes=quotes), "u", "f", "t").payload
    assert len(payload["subject"]) <= 160 and len(payload["text"]) < 6_000


def test_equal_facts_give_an_equal_id_and_other_facts_another() -> None:
    assert alert_id("a", "b", "c", "d") == alert_id("a", "b", "c", "d")
    assert len({alert_id(*facts) for facts in (("a", "b", "c", "d"), ("ab", "", "c", "d"), ("a", "b", "c", "e"))}) == 3


def test_plain_text_is_one_bounded_line() -> None:
    assert plain("a\u2028b\tc\n", 10) == "a b c"
    assert plain("abcdef", 4) == "abc…"
