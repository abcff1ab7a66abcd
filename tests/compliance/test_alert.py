import json
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
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
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.links += [str(value) for name, value in attrs if name in ("href", "src", "action", "background")]


def test_a_mail_tells_act_parties_law_denial_quote_reason_and_link() -> None:
    alert = compose_alert(CASE, "https://desk.example/", "from@x", "to@x")
    assert alert.payload["subject"] == "[medium alert] EW-2026-00042 Iran → drone engine → Houthis (UN-SC2140)"
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


# Every character at which some reader of mails or some library breaks a line.
BREAKS = ["\r\n", "\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\0\n", "\n\n", "\r\n\t"]


@pytest.mark.parametrize("line_break", BREAKS, ids=ascii)
@pytest.mark.parametrize("place", ["act", "regime"])
def test_a_subject_with_a_line_break_is_sent_as_one_header(line_break: str, place: str) -> None:
    evil = f"x{line_break}Bcc: all@evil.example{line_break}{line_break}body"
    case = replace(CASE, act=evil) if place == "act" else replace(CASE, regimes=(evil,))
    payload = compose_alert(case, "https://desk.example", "from@x.example", "to@x.example").payload
    mail = EmailMessage(policy=SMTP)
    for header in ("from", "to", "subject"):
        mail[header] = payload[header]
    mail.set_content(payload["text"])
    mail.add_alternative(payload["html"], subtype="html")
    arrived = message_from_bytes(mail.as_bytes(), policy=SMTP)
    assert arrived.get_all("subject") == [payload["subject"]] and arrived["bcc"] is None
    assert payload["subject"].startswith("[medium alert] EW-2026-00042") and "all@evil.example" in payload["subject"]


def test_a_quote_with_markup_arrives_word_for_word_as_text() -> None:
    said = 'He said <b>"5 < 6" & \'left\'</b> <img src=//evil.example/x> <a href="javascript:a()">now</a>'
    case = replace(CASE, quotes=(replace(CASE.quotes[0], text=said),))
    payload = compose_alert(case, "https://desk.example", "f@x", "t@x").payload
    page = Tags()
    page.feed(payload["html"])
    assert said in page.words and said in payload["text"]
    assert not {"img", "b", "script"} & set(page.tags)
    assert page.links == ["https://desk.example/cases/EW-2026-00042"]


def test_a_link_leads_only_to_the_desk_whatever_the_source_was() -> None:
    case = replace(CASE, quotes=(replace(CASE.quotes[0], url="javascript:alert(1)"),))
    for desk in ("https://desk.example", "https://desk.example/", "https://desk.example//"):
        payload = compose_alert(case, desk, "f@x", "t@x").payload
        assert payload["case"]["link"] == "https://desk.example/cases/EW-2026-00042"
        assert "javascript" not in payload["html"] + payload["text"]


def test_what_the_rules_could_not_tell_is_said_and_not_left_out() -> None:
    bare = replace(CASE, parties=(), measures=(), kinds=(), regimes=(), status=None, denied_by=(), quotes=())
    payload = compose_alert(bare, "https://desk.example", "f@x", "t@x").payload
    assert payload["subject"].endswith("(regime open)")
    for words in ("Parties: none found", "check the regime by hand", "Kind: open", "Status: unknown\n"):
        assert words in payload["text"]


def test_amounts_are_bounded_part_by_part() -> None:
    parties = tuple({"canonical": f"P{n}", "type": "state", "roles": ["broker"]} for n in range(40))
    case = replace(CASE, parties=parties, measures=tuple(f"M{n}" for n in range(40)), score=1 / 3)
    payload = compose_alert(case, "https://desk.example", "f@x", "t@x").payload
    assert [n for n in range(40) if f"P{n} (" in payload["text"]] == list(range(12))
    assert "M5" in payload["text"] and "M6" not in payload["text"]
    assert payload["case"]["score"] == 0.3333 and "Score: 0.33" in payload["text"]
    full = replace(
        case, act="界" * 9_000, measures=("界" * 900,) * 9, quotes=(replace(CASE.quotes[0], text="界" * 9_000),) * 2
    )
    body = json.dumps(compose_alert(full, "https://desk.example", "f@x", "t@x").payload, ensure_ascii=False).encode()
    assert len(body) < 20_000


def test_half_characters_and_hidden_ones_never_reach_the_wire() -> None:
    hidden = "a\ud800b\u2066c\U000e0041d\ue000e\ufefff"
    payload = compose_alert(replace(CASE, act=hidden, reasons=(hidden,)), "https://d.example", "f@x", "t@x").payload
    assert json.dumps(payload, ensure_ascii=False).encode()
    assert " abcdef " in payload["subject"] and payload["case"]["act"] == "abcdef"


def test_the_same_case_is_told_alike_each_time_and_to_each_recipient_under_its_own_id() -> None:
    first, again, other = (compose_alert(CASE, "https://d.example", "f@x", to) for to in ("a@x", "a@x", "b@x"))
    assert first == again and first.id != other.id and (first.recipient, other.recipient) == ("a@x", "b@x")


@pytest.mark.parametrize("limit", [1, 2, 5, 80])
def test_plain_text_never_exceeds_its_limit(limit: int) -> None:
    for text in ("a" * 500, "界 " * 300, " \n\t ", "a b" * 100, "\u202e" * 500):
        assert len(plain(text, limit)) <= limit
