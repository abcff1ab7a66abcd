"""The PDF: nothing of the text is lost, nothing in it is taken for markup, and the same case gives the same bytes."""

import io
from dataclasses import replace

import pypdf
import pytest

from compliance.report.casereport import CaseReport, Moment, PartyEntry
from compliance.report.glyphs import drawable
from compliance.report.pdf import case_pdf
from tests.compliance.report.test_casereport import REPORT


def text_of(report: CaseReport) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(case_pdf(report))).pages)


def test_the_pdf_says_what_the_report_says() -> None:
    told = text_of(REPORT)
    for shown in (
        "EW-2026-00001", "North Korea → artillery shells → Russia", "carrier", "1718 OP8(b)", "published source 1",
        "A named source alleges the act", "22" * 8, "ab" * 8, "An allegation is not a finding",
        "Panel of Experts (accuser)", "not met: target", "Missing. nobody is named", "denied by Russia",
        "days of the act: 2026-05", "UN-listed: IMO 7309508", "The machine found",
    ):  # fmt: skip
        assert shown.replace(" ", "") in told.replace(" ", "").replace("\u200b", ""), shown


def test_the_same_report_gives_the_same_bytes() -> None:
    assert case_pdf(REPORT) == case_pdf(REPORT)
    assert case_pdf(REPORT) != case_pdf(replace(REPORT, act="else"))


SCRIPTS = {
    "Chinese": "朝鮮礦業公司", "Japanese": "武器を運んだ",
    "Korean": "조선광업개발", "Russian": "Корейская компания",
    "Greek": "πλοίο", "Hindi": "जहाज", "accents": "Łódź – Ñandú, Đà Nẵng",
}  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_text_in_every_covered_script_is_set_as_text(script: str) -> None:
    told = text_of(replace(REPORT, act=SCRIPTS[script]))
    assert "U+" not in told
    assert set(SCRIPTS[script]) - {" "} <= set(told)


def test_arabic_and_hebrew_are_set_from_the_right_with_numbers_in_their_own_order() -> None:
    """A reader takes characters in the order drawn, so letters come out last first; the number does not."""
    for word, shown in (("قذائف 122", "ق"), ("פגזים 122", "ם")):
        told = text_of(replace(REPORT, act=word))
        assert "122" in told and "U+" not in told and shown in told, told[:80]


def test_a_character_without_a_glyph_or_that_acts_unseen_is_written_as_its_code_point() -> None:
    assert drawable("a\u202eb") == "a‹U+202E›b" and drawable("🚢") == "‹U+1F6A2›" and drawable("\x00") == "‹U+0000›"
    assert drawable("line\nnext\ttab") == "line\nnext\ttab"
    assert drawable("می\u200cخواهم") == "می\u200cخواهم"
    assert drawable("\ud800") == "‹U+D800›"
    assert "U+1F6A2" in text_of(replace(REPORT, act="ship 🚢"))


MARKUP = [
    '#import "@preview/x:1.0.0"', '#read("/etc/passwd")', "*b* _i_ $x$", "= heading", "#panic()", "\\ #[", "]]", "```",
    "<label>", "@ref",
]  # fmt: skip


@pytest.mark.parametrize("payload", MARKUP)
def test_nothing_in_a_report_is_taken_for_markup(payload: str) -> None:
    hostile = replace(
        REPORT,
        act=payload,
        parties=(PartyEntry(payload, payload, (payload,), ((payload, 1),)),),
        chronology=(Moment(payload, payload, payload),),
        reasons=(payload,),
        made_by=payload,
    )
    told = text_of(hostile).replace(" ", "").replace("\n", "")
    assert told.count(payload.replace(" ", "")) >= 5 and "root:" not in told


def test_a_very_long_case_is_set_on_many_pages() -> None:
    long = replace(REPORT, chronology=REPORT.chronology * 120, act="word " * 400, reasons=("x" * 5_000,))
    pages = pypdf.PdfReader(io.BytesIO(case_pdf(long))).pages
    assert len(pages) > 10 and f"{len(pages)} of {len(pages)}" in pages[-1].extract_text()


def test_the_pdf_is_tagged_and_names_its_title_and_language() -> None:
    reader = pypdf.PdfReader(io.BytesIO(case_pdf(REPORT)))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en"
    assert reader.metadata is not None and "EW-2026-00001" in (reader.metadata.title or "")


def test_no_word_however_long_runs_off_the_page() -> None:
    long = "W" * 300
    party = PartyEntry(long, "company", ("carrier",), ((long, 1),))
    moment = Moment("2026-11-20T03:00:00+00:00", long, f"noted: {long}")
    told = text_of(replace(REPORT, act=long, parties=(party,), chronology=(moment,), law=(long,), reasons=(long,)))
    assert told.replace("\n", "").replace("\u200b", "").count(long) >= 3
    assert max(len(line.replace("\u200b", "")) for line in told.splitlines()) < 140
