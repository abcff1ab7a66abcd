"""Regimes as declared: which measure holds on which day, and a wrong file named with the key that is wrong."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from rules.regime import Measure, Regime, RegimeError, Window, load_regimes
from rules.rulebook import BOOK
from rules.vocabulary import Direction, Kind

REGIMES = load_regimes(BOOK / "regimes")
MEASURES = [measure for regime in REGIMES.values() for measure in regime.measures]
DAY = timedelta(days=1)
GOOD = """
id: '1'
key: UN-SC1
name: Ruritania
numbers: ['2']
list_prefixes: [RUi]
targets: [Ruritania]
territory: [Ruritania]
monitoring:
  - {body: Panel, from: 2001-01-01, to: null}
resolutions:
  - {number: 1, date: 2000-01-01}
measures:
  - code: 1.arms
    kind: arms
    direction: to_target
    what: Arms to Ruritania
    goods: [weapons]
    basis: [1 OP1]
    windows:
      - [2000-01-01, 2004-12-31]
      - [2010-01-01, null]
"""


def load(folder: Path, text: str, name: str = "UN-SC1.yml") -> Measure:
    (folder / name).write_text(text)
    return load_regimes(folder)["1"].measures[0]


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.code)
def test_a_measure_holds_from_its_first_day_to_its_last_and_on_no_day_beside(measure: Measure) -> None:
    for window in measure.windows:
        others = [w for w in measure.windows if w is not window]
        assert measure.is_in_force(window.start)
        eve = window.start - DAY
        assert measure.is_in_force(eve) == any(w.holds(eve) for w in others)
        if window.end is None:
            assert measure.is_in_force(date.max)
            continue
        assert measure.is_in_force(window.end)
        morrow = window.end + DAY
        assert measure.is_in_force(morrow) == any(w.holds(morrow) for w in others)


@pytest.mark.parametrize("regime", REGIMES.values(), ids=lambda r: r.key)
def test_a_regime_begins_with_its_first_measure_and_ends_with_its_last(regime: Regime) -> None:
    windows = [window for measure in regime.measures for window in measure.windows]
    first = min(window.start for window in windows)
    assert regime.is_in_force(first) and not regime.is_in_force(first - DAY)
    ends = [window.end for window in windows if window.end is not None]
    if len(ends) < len(windows):
        assert regime.is_in_force(date.max) and regime.is_in_force(None)
    else:
        assert regime.is_in_force(max(ends)) and not regime.is_in_force(max(ends) + DAY)
        assert not regime.is_in_force(None)


# Days of adoption and termination as the resolutions themselves bear them.
KNOWN = [
    ("418", date(1977, 11, 3), False), ("418", date(1977, 11, 4), True),
    ("418", date(1994, 5, 25), True), ("418", date(1994, 5, 26), False),
    ("661", date(1990, 8, 5), False), ("661", date(1990, 8, 6), True),
    ("1718", date(2006, 10, 13), False), ("1718", date(2006, 10, 14), True),
    ("1970", date(2011, 2, 25), False), ("1970", date(2011, 2, 26), True),
    ("1737", date(2006, 12, 22), False), ("1737", date(2006, 12, 23), True),
    ("1572", date(2016, 4, 28), True), ("1572", date(2016, 4, 29), False),
    ("2374", date(2023, 8, 31), True), ("2374", date(2023, 9, 1), False),
    ("1907", date(2018, 11, 14), True), ("1907", date(2018, 11, 15), False),
]  # fmt: skip


@pytest.mark.parametrize(("regime", "day", "holds"), KNOWN)
def test_a_regime_holds_between_the_days_of_its_resolutions(regime: str, day: date, holds: bool) -> None:
    assert REGIMES[regime].is_in_force(day) is holds


def test_the_snapback_on_iran_brings_back_what_had_lapsed() -> None:
    back = [m for m in REGIMES["1737"].measures if len(m.windows) > 1 or m.windows[0].start == date(2025, 9, 28)]
    assert back
    for measure in back:
        assert measure.is_in_force(date(2025, 9, 28)) and measure.is_in_force(None), measure.code
    lapsed = [m for m in REGIMES["1737"].measures if m.is_in_force(date(2015, 12, 1))]
    assert lapsed and any(not m.is_in_force(date(2024, 1, 1)) and m.is_in_force(date(2025, 9, 28)) for m in lapsed)


def test_a_target_that_was_taken_off_is_none_from_the_day_after() -> None:
    listed = REGIMES["1267"]
    days = (date(2026, 2, 26), date(2026, 2, 27), None)
    assert [listed.binds("Al-Nusrah Front", day) for day in days] == [True, False, False]
    assert all(listed.binds("ISIL", day) for day in days)


def test_a_measure_binds_a_name_on_its_days_alone_and_only_those_it_looks_at() -> None:
    liberia, serbia = REGIMES["1521"], REGIMES["713"]
    on = date(2012, 1, 1)
    assert liberia.is_bound("LURD", on) and not liberia.is_bound("Liberia", on)
    assert liberia.is_bound("Liberia", date(2009, 12, 16)) and not liberia.is_bound("Liberia", date(2009, 12, 17))
    trade = {name for name, measures in serbia.towards.items() if any(m.code == "757.trade" for m in measures)}
    assert trade == {"Yugoslavia", "Serbia", "Montenegro", "Bosnian Serbs"}
    somalia = REGIMES["751"]
    assert "Somalia" not in somalia.targets and somalia.is_bound("Somalia", date(2001, 1, 1))
    assert {m.code for m in somalia.towards["Somalia"]} == {"751.arms-old", "751.charcoal"}


def test_what_an_officer_is_shown_of_a_regime_is_read() -> None:
    korea = REGIMES["1718"]
    assert korea.committee == "1718 Committee" and korea.sources and korea.not_covered
    panel = next(b for b in korea.monitoring if b.body == "Panel of Experts")
    assert (panel.start, panel.end, panel.unverified) == (date(2009, 6, 12), date(2024, 4, 30), False)
    assert all(m.exemptions for m in korea.measures if m.code == "1718.refined-oil")
    assert any(m.confirmed_to == date(2026, 10, 17) for m in REGIMES["2653"].measures)


def test_an_unknown_day_falls_under_what_has_no_known_end(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).is_in_force(None)
    ended = GOOD.replace("      - [2010-01-01, null]\n", "")
    assert not load(tmp_path, ended).is_in_force(None)


def test_between_two_windows_a_measure_does_not_hold(tmp_path: Path) -> None:
    measure = load(tmp_path, GOOD)
    days = [date(1999, 12, 31), date(2000, 1, 1), date(2004, 12, 31), date(2005, 1, 1), date(2009, 12, 31)]
    assert [measure.is_in_force(day) for day in days] == [False, True, True, False, False]
    assert measure.windows[1] == Window(date(2010, 1, 1), None)
    assert (measure.kind, measure.direction, measure.unverified) == (Kind.ARMS, Direction.TO_TARGET, False)


def test_a_window_of_one_day_is_allowed(tmp_path: Path) -> None:
    measure = load(tmp_path, GOOD.replace("[2000-01-01, 2004-12-31]", "[2000-01-01, 2000-01-01]"))
    assert [measure.is_in_force(date(2000, 1, 1) + n * DAY) for n in (-1, 0, 1)] == [False, True, False]


BREAKS = [
    ("id: '1'", "id: 1", ["id", "text"]),
    ("id: '1'", "id: ' '", ["id", "text"]),
    ("key: UN-SC1", "key: UN-SC2", ["key", "UN-SC1"]),
    ("key: UN-SC1\n", "", ["key", "missing"]),
    ("name: Ruritania", "name: Ruritania\nalias: R", ["unknown field", "alias"]),
    ("targets: [Ruritania]", "targets: Ruritania", ["targets", "list of texts"]),
    ("list_prefixes: [RUi]", "list_prefixes: [7]", ["list_prefixes", "list of texts"]),
    ("from: 2001-01-01", "from: soon", ["monitoring", "from", "soon"]),
    ("body: Panel", "panel: Panel", ["monitoring", "unknown field", "panel"]),
    ("territory: [Ruritania]", "territory: [Ruritania]\nuntil: {Nowhere: 2001-01-01}", ["until", "Nowhere"]),
    ("territory: [Ruritania]", "territory: [Ruritania]\nuntil: {Ruritania: soon}", ["until", "Ruritania", "soon"]),
    ("territory: [Ruritania]", "territory: [Ruritania]\nuntil: [Ruritania]", ["until", "last day"]),
    ("territory: [Ruritania]", "territory: [Ruritania]\nonly_within: [Nowhere]", ["only_within", "Nowhere"]),
    ("territory: [Ruritania]", "territory: []\nonly_within: [Ruritania]", ["only_within", "territory"]),
    ("territory: [Ruritania]", "territory: [Ruritania]\ncommittee: 7", ["committee", "text"]),
    ("territory: [Ruritania]", "territory: [Ruritania]\nnot_covered: oil", ["not_covered", "list of texts"]),
    ("territory: [Ruritania]", "territory: [Ruritania]\nsources: ['http://x']", ["sources", "https"]),
    ("basis: [1 OP1]", "basis: [1 OP1]\n    exemptions: aid", ["1.arms", "exemptions", "list of texts"]),
    ("basis: [1 OP1]", "basis: [1 OP1]\n    confirmed_to: soon", ["1.arms", "confirmed_to", "soon"]),
    ("to: null}", "to: null, mandate_to: soon}", ["monitoring", "mandate_to", "soon"]),
    ("date: 2000-01-01", "date: '2000'", ["resolutions", "date", "2000"]),
    ("    goods: [weapons]", "    goods: [weapons]\n    only: [Nowhere]", ["1.arms", "only", "Nowhere"]),
    ("    goods: [weapons]", "    goods: [weapons]\n    also: Nowhere", ["1.arms", "also", "list of texts"]),
    ("    goods: [weapons]", "    goods: [weapons]\n    days: [Nowhere]", ["1.arms", "days"]),
    ("    goods: [weapons]", "    goods: [weapons]\n    days: {Nowhere: 2001-01-01}", ["1.arms", "days", "Nowhere"]),
    ("    goods: [weapons]", "    goods: [weapons]\n    days: {Nowhere: [2006-01-01, 2007-01-01]}", ["days", "none"]),
    ("    goods: [weapons]", "    goods: [weapons]\n    both_ways_with: 7", ["1.arms", "both_ways_with"]),
    ("territory: [Ruritania]", "territory: [Ruritania]\nplaces: 7", ["places", "list of texts"]),
    ("territory: [Ruritania]", "territory: [Ruritania]\nended: ' '", ["ended", "text"]),
    ("kind: arms", "kind: guns", ["measure 1", "1.arms", "kind", "guns"]),
    ("kind: arms", "kind: [arms]", ["measure 1", "1.arms", "kind"]),
    ("direction: to_target", "direction: sideways", ["1.arms", "direction", "sideways"]),
    ("    what: Arms to Ruritania\n", "", ["measure 1", "what", "missing"]),
    ("    goods: [weapons]", "    goods: [weapons]\n    until: 2001-01-01", ["measure 1", "unknown field", "until"]),
    ("basis: [1 OP1]", "basis: []", ["1.arms", "basis"]),
    ("basis: [1 OP1]", "basis: [1 OP1]\n    unverified: perhaps", ["1.arms", "unverified", "true or false"]),
    ("2000-01-01, 2004-12-31", "2004-12-31, 2000-01-01", ["1.arms", "windows", "2000-01-01 lies before 2004-12-31"]),
    ("2010-01-01, null", "2004-12-31, null", ["1.arms", "windows", "2004-12-31 begins before"]),
    ("2000-01-01, 2004-12-31", "2000-01-01, null", ["1.arms", "windows", "2010-01-01 begins before"]),
    ("2000-01-01, 2004-12-31", "null, 2004-12-31", ["1.arms", "windows"]),
    ("2000-01-01, 2004-12-31", "2000-01-01 00:00:00, 2004-12-31", ["1.arms", "windows"]),
    ("2000-01-01, 2004-12-31", "2000-01-01, never", ["1.arms", "windows", "never"]),
    ("2000-01-01, 2004-12-31", "2000-01-01", ["1.arms", "windows"]),
    ("targets: [", "targets: [[", ["line"]),
    ("name: Ruritania", "name: !!python/object/apply:os.getcwd []", ["python"]),
]


@pytest.mark.parametrize(("old", "new", "words"), BREAKS)
def test_a_wrong_file_is_refused_in_one_line_that_names_file_and_key(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    assert old in GOOD
    with pytest.raises(RegimeError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    line = str(caught.value)
    assert line.startswith("UN-SC1.yml: ") and "\n" not in line
    for word in words:
        assert word in line, line


@pytest.mark.parametrize("text", ["", "[]", "just words", "measures: []\n", "\x00"])
def test_a_file_that_holds_no_regime_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(RegimeError, match=r"^UN-SC1\.yml: "):
        load(tmp_path, text)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "UN-SC1.yml").write_bytes(b"id: \xff\xfe")
    with pytest.raises(RegimeError, match=r"^UN-SC1\.yml: "):
        load_regimes(tmp_path)


def test_an_id_or_a_code_in_two_files_is_refused_with_both_names(tmp_path: Path) -> None:
    (tmp_path / "UN-SC1.yml").write_text(GOOD)
    second = GOOD.replace("UN-SC1", "UN-SC2")
    with pytest.raises(RegimeError, match=r"UN-SC2\.yml: id: 1 is used twice"):
        load(tmp_path, second, "UN-SC2.yml")
    with pytest.raises(RegimeError, match=r"UN-SC2\.yml: 1\.arms: used in UN-SC1\.yml too"):
        load(tmp_path, second.replace("id: '1'", "id: '2'"), "UN-SC2.yml")


def test_a_folder_without_regimes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegimeError, match="holds no regime"):
        load_regimes(tmp_path)
