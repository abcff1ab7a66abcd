import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from compliance.grouping import OpenCase, act_of, group, keys_of, place
from compliance.likeness import Act, crowd_of, differences, likeness, whole_names
from compliance.particulars import passages
from compliance.store.acts import of_profile, profile
from rules.extraction import extract
from rules.rulebook import load_rulebook
from tests import factories
from tests.factories import NOW, TEXT, TITLE

BOOK = load_rulebook()
NAMED = f"{TEXT} The freighter was the Zoltar Maru, owned by Brightmoor Lines."
RETOLD_TITLE = "Freighter Zoltar Maru moved North Korean shells to a Russian port"
RETOLD_TEXT = (
    "In May the Zoltar Maru brought shells from Rajin to Dunai, inspectors reported. Moscow said the account was false."
)
OTHER_TITLE, OTHER_TEXT = (
    "Kim sends workers",
    "Some 300 builders from Hamhung reached the sawmills of Khabarovsk on a Wednesday, paid by Tarkovo Timber.",
)


def told(title: str, text: str, **changes: Any) -> Act:
    day = changes.get("day", NOW)
    return replace(act_of(factories.extraction(), passages(title, text, on=day.date()), day), **changes)


SHELLS = told(TITLE, NAMED)


def test_the_same_act_in_other_words_joins_its_case() -> None:
    found = group(told(RETOLD_TITLE, RETOLD_TEXT), [OpenCase(7, (SHELLS,))])
    assert found.case_id == 7
    assert "zoltar maru" in found.reason and "North Korea as supplier" in found.reason


def test_the_same_parties_in_another_act_open_a_new_case() -> None:
    assert group(told(OTHER_TITLE, OTHER_TEXT), [OpenCase(7, (SHELLS,))]).case_id is None


def test_an_act_of_another_kind_and_law_needs_more_to_be_the_same() -> None:
    same = told(RETOLD_TITLE, RETOLD_TEXT)
    other = replace(same, kinds=frozenset({"commodity"}), regimes=frozenset({"1970"}), goods=frozenset({"oil"}))
    assert likeness(other, SHELLS) < likeness(same, SHELLS) - 3


def test_a_verdict_months_later_joins_and_one_years_later_does_not() -> None:
    later = told(RETOLD_TITLE, RETOLD_TEXT, day=NOW + timedelta(days=150))
    assert group(later, [OpenCase(7, (SHELLS,))]).case_id == 7
    assert group(replace(later, day=NOW + timedelta(days=367)), [OpenCase(7, (SHELLS,))]).case_id is None


def test_a_copy_joins_even_where_the_rules_saw_less_in_it() -> None:
    first = replace(told("", "Quay"), copies=4)
    copy = told("Another headline", "Pier", roles=frozenset(), copies=4)
    found = group(copy, [OpenCase(7, (first,))])
    assert found.case_id == 7 and "copy" in found.reason


def test_a_tie_goes_to_the_older_case_whatever_the_order() -> None:
    cases = [OpenCase(9, (SHELLS,)), OpenCase(3, (SHELLS,))]
    assert group(SHELLS, cases).case_id == group(SHELLS, cases[::-1]).case_id == 3


def test_one_story_put_into_a_case_in_error_does_not_draw_others_in_alone() -> None:
    """A case speaks by the stories that are most like the newcomer, and not by one of them."""
    fuel = told(
        "Jet fuel crosses the Tumen", "Wagons of jet fuel crossed at Tumangang, bound for Pyongyang's air force."
    )
    labour = {"kinds": frozenset({"labour"}), "roles": frozenset({("operator", "Tarkovo Timber")})}
    others = [told(OTHER_TITLE, f"{OTHER_TEXT} Again {n}.", **labour) for n in ("Alpha", "Beta", "Gamma")]
    alone, among = OpenCase(1, (fuel,)), OpenCase(1, (fuel, *others))
    newcomer = told("Fuel for Pyongyang", "Jet fuel crossed the Tumen at Tumangang in wagons.")
    assert group(newcomer, [alone]).case_id == 1
    assert group(newcomer, [among]).case_id is None


def test_a_story_of_two_known_acts_joins_both_each_by_its_own_sentences() -> None:
    workers = told(OTHER_TITLE, OTHER_TEXT, kinds=frozenset({"labour"}))
    both = told("Two trades", f"The Zoltar Maru took shells from Rajin to Dunai. {OTHER_TEXT}")
    placed = place(both, [OpenCase(1, (SHELLS,)), OpenCase(2, (workers,))])
    assert {found.case_id for found, _ in placed} == {1, 2}
    by_case = {found.case_id: part for found, part in placed}
    assert "zoltar maru" in by_case[1].told.names and "hamhung" not in by_case[1].told.names
    assert "hamhung" in by_case[2].told.names and "zoltar maru" not in by_case[2].told.names


def test_the_publisher_and_the_dateline_are_no_part_of_an_act() -> None:
    text = "GENEVA (Harbour Wire) - The Zoltar Maru docked, the Northern Post has learnt."
    names = {n for p in passages("t", text, "Northern Post") for n in p.names}
    assert "zoltar maru" in names
    assert not names & {"geneva", "harbour wire", "harbour", "northern post", "northern", "post"}


@given(st.permutations([SHELLS, told(RETOLD_TITLE, RETOLD_TEXT), told(OTHER_TITLE, OTHER_TEXT)]))
def test_the_order_of_the_cases_decides_nothing(acts: list[Act]) -> None:
    cases = [OpenCase(1, (SHELLS,)), OpenCase(2, (told(OTHER_TITLE, OTHER_TEXT),))]
    assert [group(a, cases) for a in acts] == [group(a, cases[::-1]) for a in acts]
    assert all(likeness(a, b) == likeness(b, a) for a in acts for b in acts)


@given(st.text(max_size=400), st.text(max_size=2_000))
def test_any_text_has_particulars_and_keys(title: str, text: str) -> None:
    act = told(title, text)
    assert len(keys_of(act)) <= 32
    group(act, [OpenCase(1, (SHELLS,))])


FIRST = told(
    "Freighter takes shells to Russia",
    "The freighter Lena Star carried 250 containers of shells from Rajin to Vostochny at the end of February 2026.",
)
LATER = NOW + timedelta(days=110)


def test_a_ship_that_sails_again_with_another_load_on_other_days_is_another_act() -> None:
    """Without what speaks against it the names alone would make it the same: ship, both ports and goods are shared."""
    text = "The freighter Lena Star took 180 containers of shells from Rajin to Vostochny on 14 June 2026."
    second = told("Lena Star sails again", text, day=LATER)
    assert set(second.told.names) & set(FIRST.told.names) >= {"lena star", "rajin", "vostochny"}
    assert group(second, [OpenCase(1, (FIRST,))]).case_id is None
    again = told(
        "Owner of Lena Star listed", text.replace("180", "250").replace("on 14 June", "in February"), day=LATER
    )
    assert group(again, [OpenCase(1, (FIRST,))]).case_id == 1


def test_another_ship_on_the_same_route_is_another_act_also_where_one_telling_names_no_ship() -> None:
    vague = told("Moscow denies cargo", "Russia denied that shells came from Rajin to Vostochny.")
    text = "A load for Vostochny was put on the freighter Baikal Pride by night at Rajin."
    other = told("Baikal Pride sails", text, day=NOW + timedelta(days=20))
    unnamed = told("A ship sails", text.replace("Baikal Pride", "again"), day=NOW + timedelta(days=20))
    assert group(other, [OpenCase(1, (FIRST, vague))]).case_id is None
    assert group(unnamed, [OpenCase(1, (FIRST, vague))]).case_id == 1


def test_a_name_that_many_cases_have_tells_none_of_them_apart() -> None:
    """One case with the port draws the story in; six of them leave it to open its own."""
    newcomer = told("Quay at Tarkovo", "A watchman saw crates at Tarkovo.")
    told_there = [
        told("Crates", f"Crates of {word} lay at Tarkovo by the {word}.", roles=frozenset())
        for word in ("copra", "sisal", "millet", "jute", "cassia", "sorghum")
    ]
    cases = [OpenCase(number, (act,)) for number, act in enumerate(told_there)]
    assert likeness(newcomer, told_there[0], crowd_of(newcomer, [c.acts for c in cases])) < likeness(
        newcomer, told_there[0]
    )


def test_what_an_earlier_version_kept_is_still_compared() -> None:
    kept = {name: value for name, value in profile(FIRST).items() if name not in ("ships", "amounts", "days", "places")}
    act = of_profile(kept, FIRST.day)
    assert act.told.names == FIRST.told.names and not act.told.ships
    assert of_profile(json.loads(json.dumps(profile(FIRST))), FIRST.day) == replace(FIRST, parts=())


def test_goods_of_the_background_do_not_hide_that_another_load_was_carried() -> None:
    """Both tellings end with the same sentence on shells; what their titles and leads name tells the loads apart."""
    day = NOW.date()
    end = "The boat was old. She flew no flag. North Korea has sent Russia shells since 2023."

    def carried(goods: str) -> Act:
        title, text = f"North Korea ships {goods} to Russia", f"North Korea shipped {goods} to Russia. {end}"
        return act_of(extract(title, text, day, BOOK), passages(title, text, on=day), NOW, rulebook=BOOK)

    rifles, drones = carried("rifles"), carried("drones")
    assert rifles.main_goods == {"rifle"} and drones.main_goods == {"drone"}
    assert rifles.goods & drones.goods
    assert differences(drones, [rifles])["other main goods"] == 1.0


def test_a_route_differs_only_where_each_telling_has_a_place_that_the_other_lacks() -> None:
    def along(*places: str) -> Act:
        return replace(SHELLS, told=replace(SHELLS.told, places=frozenset(places)))

    assert differences(along("rajin", "dunai"), [along("dunai")])["other route"] == 0.0
    assert differences(along("rajin", "dunai"), [along("nampo", "dunai")])["other route"] == 0.5
    assert differences(along("rajin"), [along("nampo", "dunai")])["other route"] == 1.0


def test_a_ship_of_two_words_is_one_name() -> None:
    assert whole_names(frozenset({"lena", "star", "lena star", "rajin"})) == {"lena star", "rajin"}


def test_who_watched_or_forbade_both_acts_makes_them_no_one_act() -> None:
    law = "in breach of the U.N. Security Council's arms embargo, the Panel of Experts and Human Rights Watch said."
    on = NOW.date()
    one, other = (
        act_of(extract(title, text, on, BOOK), passages(title, text, on=on), NOW, rulebook=BOOK)
        for title, text in (
            ("Iran shipped missiles to the Houthis", f"Iran shipped missiles to the Houthis {law}"),
            ("North Korea shipped shells to Russia", f"North Korea shipped artillery shells to Russia {law}"),
        )
    )
    assert group(one, [OpenCase(7, (other,))]).case_id is None
    assert not {"un security council", "panel of experts", "human rights watch"} & one.told.names
