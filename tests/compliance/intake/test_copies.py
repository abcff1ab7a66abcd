import random

from hypothesis import given
from hypothesis import strategies as st

from compliance.intake.copies import band_keys, is_copy

WIRE = (
    "GENEVA (Harbour Wire) - Fourteen military instructors are still training the police field force at Masindi, "
    "five years after the capital told the United Nations that all had left, a panel of experts says in a draft "
    "report. The men wear tracksuits and are paid through a building company. A government spokesman said the draft "
    "was out of date."
)
CUT = WIRE.partition(" - ")[2].rpartition(" The men")[0]
EDITED = CUT.replace("military instructors", "army trainers").replace("says in", "writes in")
RETOLD = (
    "They teach riot police to fight with bare hands and call themselves builders. According to a draft of the United "
    "Nations, fourteen instructors work at the school in Masindi and get their pay from a contractor in the capital."
)


def meet(one: str, other: str) -> bool:
    return bool(set(band_keys(one)) & set(band_keys(other)))


def test_a_copy_meets_its_original_and_is_known_for_one() -> None:
    for copy in (WIRE, CUT, EDITED, WIRE + " More by the paper's own staff. " * 3):
        assert meet(WIRE, copy) and is_copy(WIRE, copy), copy


def test_the_same_act_in_other_words_is_no_copy() -> None:
    assert not is_copy(WIRE, RETOLD)


def test_a_text_too_short_to_tell_is_no_copy() -> None:
    assert band_keys("Three held over shells.") == ()
    assert not is_copy("Three held over shells.", "Three held over shells.")


def test_few_stories_that_are_no_copies_meet() -> None:
    words = [f"w{n}" for n in range(400)]
    texts = [" ".join(random.Random(n).choices(words, k=80)) for n in range(300)]
    seen: dict[int, int] = {}
    for text in texts:
        for key in band_keys(text):
            seen[key] = seen.get(key, 0) + 1
    assert sum(n > 1 for n in seen.values()) <= 3


@given(st.text(max_size=500))
def test_any_text_has_keys_that_a_database_can_hold(text: str) -> None:
    assert all(0 <= key < 2**63 for key in band_keys(text))
    assert band_keys(text) == band_keys(text)
