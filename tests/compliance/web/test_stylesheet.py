"""The one stylesheet is whole: a brace that is left open silences every rule after it, and no browser says so."""

import re
from pathlib import Path

import compliance.web

SHEET = (Path(compliance.web.__file__).parent / "static" / "desk.css").read_text(encoding="utf-8")


def test_every_block_is_closed_and_rules_for_a_kind_of_screen_stand_in_no_other() -> None:
    depth, at_media = 0, []
    for found in re.finditer(
        r"@media[^{]*\{|@supports[^{]*\{|[{}]", re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", SHEET, flags=re.S)
    ):
        if found[0] == "}":
            depth -= 1
        else:
            at_media += [depth] if found[0].startswith("@media") else []
            depth += 1
        assert depth >= 0, found.start()
    assert depth == 0
    # One stands within a test of what the browser can do.
    assert sorted(at_media)[-2:] in ([0, 0], [0, 1])


def test_every_colour_that_is_used_is_named() -> None:
    assert set(re.findall(r"var\((--[\w-]+)", SHEET)) <= set(re.findall(r"(--[\w-]+):", SHEET))


def test_whoever_wants_no_motion_gets_none() -> None:
    moving = re.findall(r"(?:transition|animation|scroll-behavior):", SHEET)
    asked = re.findall(r"@media \(prefers-reduced-motion: no-preference\) \{(.*)\}", SHEET)
    assert len(moving) == sum(len(re.findall(r"(?:transition|animation|scroll-behavior):", block)) for block in asked)
