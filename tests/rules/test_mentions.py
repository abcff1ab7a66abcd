import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.mentions import Mention, find_mentions, is_imo_number
from rules.rulebook import load_rulebook
from rules.sentences import plain
from rules.vocabulary import Kind, PartyType

BOOK = load_rulebook()


def found(text: str, around: str = "") -> list[Mention]:
    return find_mentions(text, BOOK, around)


def parties(text: str, around: str = "") -> list[str]:
    return [m.canonical for m in found(text, around) if m.is_party]


def typed(text: str, type_: PartyType) -> list[str]:
    return [m.canonical for m in found(text) if m.type is type_]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("South Sudan", ["South Sudan"]),
        ("South Sudanese and Sudanese troops", ["South Sudan", "Sudan"]),
        ("South Sudan's oil crossed Sudan", ["South Sudan", "Sudan"]),
        ("Equatorial Guinea, Guinea-Bissau, Papua New Guinea and Guinea",
         ["Equatorial Guinea", "Guinea-Bissau", "Papua New Guinea", "Guinea"]),
        ("Bissau-Guinean, Equatorial Guinean and Guinean", ["Guinea-Bissau", "Equatorial Guinea", "Guinea"]),
        ("Niger, Nigeria, a Nigerien and a Nigerian", ["Niger", "Nigeria", "Niger", "Nigeria"]),
        ("Dominica and the Dominican Republic", ["Dominica", "Dominican Republic"]),
        ("the Republic of Congo and the Democratic Republic of Congo",
         ["Republic of the Congo", "Democratic Republic of the Congo"]),
        ("Congo-Brazzaville, Congo-Kinshasa", ["Republic of the Congo", "Democratic Republic of the Congo"]),
        ("Mali, Somalia, Malawi", ["Mali", "Somalia", "Malawi"]),
        ("North Korea, South Korea", ["North Korea", "South Korea"]),
        ("North Macedonia and Macedonia", ["North Macedonia", "North Macedonia"]),
        ("East Timor, Burma, Swaziland, Zaire, Ivory Coast",
         ["Timor-Leste", "Myanmar", "Eswatini", "Democratic Republic of the Congo", "Côte d'Ivoire"]),
        ("Serbia and Montenegro", ["Yugoslavia"]),
        ("Kyiv, Kiev, the Kremlin and the Blue House", ["Ukraine", "Ukraine", "Russia", "South Korea"]),
    ],
)  # fmt: skip
def test_lands_are_told_from_one_another(text: str, expected: list[str]) -> None:
    assert parties(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "A dhow was boarded in the Gulf of Aden.",
        "It sank in the South China Sea and the Indian Ocean.",
        "The ships met in the Sea of Japan, near the Gulf of Guinea.",
        "Boats on Lake Chad and along the Niger Delta and the Jordan River.",
        "Police in New Mexico and New England said so.",
        "A man from Lebanon, Pennsylvania, and one from Cuba, Mo., were fined.",
        "He moved from Moscow, Idaho to Paris, Texas.",
        "The drummer Chad Smith said that the tour of the band was over for now.",
        "The old player Michael Jordan had bought the small team some years ago.",
        "We had turkey, chad and china; they told us to sudan.",
        "She kept a guinea pig. Guinea pigs are small.",
        "The story was told by the Kuwait Observer last week.",
    ],
)
def test_namesakes_of_lands_are_no_lands(text: str) -> None:
    assert [m for m in found(text) if m.type is PartyType.STATE] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Chad Denies Sending Arms", ["Chad"]),
        ("Officials in Jordan, Israel and Cuba said that they had been told.", ["Jordan", "Israel", "Cuba"]),
        ("Before the war Iran Israel tensions had been high for some months.", ["Iran", "Israel"]),
        ("The talks in Georgia, near Tbilisi, went on for some days.", ["Georgia", "Georgia"]),
        ("Turkey, Georgia and Armenia", ["Turkey", "Georgia", "Armenia"]),
    ],
)
def test_lands_that_share_a_name_are_still_lands(text: str, expected: list[str]) -> None:
    assert parties(text) == expected


def test_georgia_needs_a_word_that_tells_it_from_the_american_one() -> None:
    assert parties("Guns bought in Georgia reached the port.") == []
    assert parties("Guns bought in Georgia reached the port.", around="Tbilisi denied it.") == ["Georgia"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Iran-made drones", "Iran"),
        ("North Korean-built missiles", "North Korea"),
        ("Rwanda-backed rebels", "Rwanda"),
        ("anti-Iranian groups", "Iran"),
        ("Iran’s navy", "Iran"),
        ("the Emiratis' planes", "United Arab Emirates"),
        ("Côte d’Ivoire’s generals", "Côte d'Ivoire"),
        ("Burkina Faso's junta", "Burkina Faso"),
        ("N'Djamena’s men", "Chad"),
        ("U.A.E.-supplied vehicles", "United Arab Emirates"),
    ],
)
def test_possessives_and_compounds_keep_the_name(text: str, expected: str) -> None:
    assert parties(text)[0] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A son, Moussa Gaddafi, paid them.", []),
        ("Moammar Gaddafi paid them.", ["Muammar Gaddafi"]),
        ("Colonel Gaddafi paid them.", ["Muammar Gaddafi"]),
        ("In Tripoli Gaddafi paid them.", ["Muammar Gaddafi"]),
        ("Yesterday Putin met them.", ["Vladimir Putin"]),
    ],
)
def test_another_given_name_makes_another_person(text: str, expected: list[str]) -> None:
    assert [m.canonical for m in found(text) if m.type is PartyType.PERSON and m.known] == expected


def test_the_longest_name_wins() -> None:
    assert parties("the Islamic State Khorasan Province") == ["ISIL-Khorasan"]
    assert parties("al-Qaeda in the Arabian Peninsula") == ["Al-Qaida in the Arabian Peninsula"]
    assert parties("the Korea Mining Development Trading Corporation") == ["KOMID"]
    assert parties("The Sudan Tribune reported") == ["Sudan Tribune"]
    assert parties("the US Treasury and the United States") == ["US Treasury", "United States"]
    assert parties("the UN Security Council") == ["UN Security Council"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the US told us", ["United States"]),
        ("THEY TOLD US", ["United States"]),
        ("an Islamic state", []),
        ("The sentry fired. The Sentry wrote.", ["The Sentry"]),
        ("The times are hard. The Times wrote.", ["The Times"]),
        ("the Wagner group and the Lazarus group", ["Wagner Group", "Lazarus Group"]),
        ("Nato and Isis", ["NATO", "ISIL"]),
        ("al-Shabaab, Al Shabaab, al Qaeda", ["Al-Shabaab", "Al-Shabaab", "Al-Qaida"]),
        ("anti-balaka, Anti-Balaka", ["Anti-balaka", "Anti-balaka"]),
        ("houthi", []),
    ],
)  # fmt: skip
def test_names_are_known_by_their_capitals(text: str, expected: list[str]) -> None:
    assert parties(text) == expected


@pytest.mark.parametrize(
    ("text", "cue", "name"),
    [
        ("RSF", "Darfur", "Rapid Support Forces"),
        ("LNA", "Benghazi", "Libyan National Army"),
        ("GNU", "Dbeibah", "Government of National Unity"),
        ("ADF", "Beni", "Allied Democratic Forces"),
        ("SAF", "Khartoum", "Sudanese Armed Forces"),
        ("CPC", "Bangui", "Coalition of Patriots for Change"),
        ("UPC", "Bangui", "Union for Peace in the Central African Republic"),
        ("TTP", "Pakistan", "Tehrik-e Taliban Pakistan"),
        ("LRA", "Kony", "Lord's Resistance Army"),
        ("MODEL", "Liberia", "MODEL"),
        ("Fano", "Amhara", "Fano"),
        ("Joint Forces", "Darfur", "Joint Forces"),
        ("White Army", "Nuer", "White Army"),
        ("New Forces", "Abidjan", "Forces Nouvelles"),
        ("RUF", "Freetown", "Revolutionary United Front"),
    ],
)
def test_shared_names_count_only_with_a_cue(text: str, cue: str, name: str) -> None:
    assert name not in parties(f"The {text} said so.")
    assert name in parties(f"The {text} said so in {cue}.")
    assert name in parties(f"The {text} said so.", around=f"{cue}: a report")


@pytest.mark.parametrize(
    ("text", "cue", "name"),
    [
        ("The North sold coal", "Pyongyang", "North Korea"),
        ("The South's navy", "Seoul", "South Korea"),
        ("Shi'ite militias", "Baghdad", "Popular Mobilisation Forces"),
        ("The Guards", "the Revolutionary Guards", "Islamic Revolutionary Guard Corps"),
        ("The paramilitaries", "the RSF", "Rapid Support Forces"),
    ],
)
def test_what_is_short_for_a_party_counts_beside_its_full_name_and_by_itself(text: str, cue: str, name: str) -> None:
    def named(written: str) -> list[str]:
        return [m.canonical for m in find_mentions(written, BOOK, around=cue) if m.start < len(text)]

    assert name in named(f"{text} yesterday")
    assert name not in parties(f"{text} yesterday")
    if text.startswith("The") and "'" not in text:
        short = " ".join(text.split()[:2])
        assert name not in named(f"{short} Atlantic {text.lower()}")


def test_a_name_written_out_is_its_own_cue() -> None:
    assert parties("The Rapid Support Forces, or RSF") == ["Rapid Support Forces", "Rapid Support Forces"]
    assert parties("the Libyan National Army (LNA)") == ["Libyan National Army", "Libyan National Army"]
    assert parties("the Allied Democratic Forces") == ["Allied Democratic Forces"]


def test_every_party_with_cues_is_found_by_some_spelling_with_the_first_of_them() -> None:
    for party in BOOK.parties.values():
        if party.needs_cue:
            assert party.name in parties(f"A report of {party.name} said so. {party.needs_cue[0]}"), party.name


@pytest.mark.parametrize(
    ("text", "goods", "kind"),
    [
        ("two TB2 drones", ["TB2 drone"], Kind.ARMS),
        ("AK-47s and RPGs", ["AK-47", "RPG"], Kind.ARMS),
        ("tons of sodium perchlorate", ["sodium perchlorate"], Kind.PROLIFERATION),
        ("a load of coal", ["coal"], Kind.COMMODITY),
        ("stolen cryptocurrency", ["cryptocurrency"], Kind.FINANCE),
        ("remote IT workers", ["remote IT worker"], Kind.LABOUR),
        ("Russian military hardware", ["military hardware"], Kind.ARMS),
    ],
)
def test_goods_are_found_with_their_kind(text: str, goods: list[str], kind: Kind) -> None:
    sorts = [m for m in found(text) if not m.is_party]
    assert [m.goods for m in sorts] == goods or {m.kind for m in sorts} == {kind}
    assert sorts and all(m.kind is kind for m in sorts)


def test_short_acronyms_of_goods_keep_their_capitals() -> None:
    assert [m.goods for m in found("the eth zurich and a tnt show")] == []


def test_no_word_of_goods_has_two_homes() -> None:
    homes: dict[str, Kind | None] = {}
    for pattern in BOOK.patterns:
        if pattern.goods:
            assert homes.setdefault(pattern.spelling.lower(), pattern.kind) == pattern.kind
    assert not {"goods", "aid", "plant", "steel mill"} & set(homes)


@pytest.mark.parametrize(
    ("text", "vessels"),
    [
        ("the tanker Lady Rose left", ["Lady Rose"]),
        ("the MV Wise Honest and MT Courageous", ["Wise Honest", "Courageous"]),
        ("They saw Wise Honest (IMO 8905490) again.", ["Wise Honest"]),
        ("A ship with the number IMO 9187629 left.", ["IMO 9187629"]),
        ("A ship with the number IMO 9187620 left.", []),
        ("They climbed Mt Everest.", []),
        ("the warship USS Forrest Sherman", []),
        ("the ship HMS Montrose", []),
        ("the aircraft carrier Gerald Ford", []),
        ("They boarded the Lady Rose, a Liberian-flagged, German-owned vessel.", ["Lady Rose"]),
        ("They searched a ship, the ANL Australia, for arms.", ["ANL Australia"]),
        ("The ship Russia seized lay at anchor.", []),
        ("On the boat, called the Night Heron, lay rifles.", ["Night Heron"]),
    ],
)
def test_ships_are_known_by_their_form(text: str, vessels: list[str]) -> None:
    assert typed(text, PartyType.VESSEL) == vessels


def test_the_last_digit_of_an_imo_number_is_checked() -> None:
    assert is_imo_number("8905490") and is_imo_number("9074729")
    assert not is_imo_number("8905491")


@pytest.mark.parametrize(
    ("text", "aircraft"),
    [
        ("an Il-76 cargo plane with tail number 4L-AWA", ["4L-AWA"]),
        ("the aircraft, ER-AXV, landed", ["ER-AXV"]),
        ("an ER-AXV plane landed", ["ER-AXV"]),
        ("a jet registered UP-I7652", ["UP-I7652"]),
        ("an Antonov, registration UR-82027", ["UR-82027"]),
        ("an Il-76 and a MiG-29 aircraft with KN-23 missiles", []),
        ("COVID-19 and the F-16 jet", []),
    ],
)
def test_aircraft_are_known_by_their_tail_number(text: str, aircraft: list[str]) -> None:
    assert typed(text, PartyType.AIRCRAFT) == aircraft


@pytest.mark.parametrize(
    ("text", "companies", "others"),
    [
        ("Iran's Sepid Foo Trading Co. Ltd sold it", ["Sepid Foo Trading Co. Ltd"], ["Iran"]),
        ("the Chinese firm Shenzhen Foo Co. said", ["Shenzhen Foo Co"], ["China"]),
        ("the Yemen Petroleum Company paid", ["Yemen Petroleum Company"], []),
        ("Acme Metals Ltd, Bolt Trading Co", ["Acme Metals Ltd", "Bolt Trading Co"], []),
        ("North Korea Company", [], ["North Korea"]),
    ],
)
def test_firms_are_known_by_their_form(text: str, companies: list[str], others: list[str]) -> None:
    assert typed(text, PartyType.COMPANY) == companies
    assert [m.canonical for m in found(text) if m.known is not None] == others


@pytest.mark.parametrize(
    ("name", "principal"),
    [
        ("Lazarus Group", "North Korea"),
        ("KOMID", "North Korea"),
        ("Qods Aviation Industries", "Iran"),
        ("Sergei Lavrov", "Russia"),
        ("Olivier Nduhungirehe", "Rwanda"),
        ("Saddam Haftar", "Libyan National Army"),
        ("António Indjai", "Guinea-Bissau coup leaders"),
        ("Viktor Bout", "Viktor Bout"),
    ],
)
def test_who_acts_for_whom(name: str, principal: str) -> None:
    assert parties(f"a report on {name} said") == [name]
    assert BOOK.principal(name) == principal


def test_every_target_of_a_regime_is_a_party() -> None:
    assert set(BOOK.targets) <= set(BOOK.parties)


@pytest.mark.parametrize("noise", ["İ", "e\u0301", "🚢", "不", "ß", "\u00a0", "\ud800"])
def test_offsets_hold_in_any_script(noise: str) -> None:
    text = f"{noise} Iran’s {noise} drones {noise} Côte d’Ivoire {noise}"
    assert [text[m.start : m.end] for m in found(text)] == ["Iran", "drones", "Côte d’Ivoire"]


def test_a_letter_with_a_mark_of_its_own_is_another_letter() -> None:
    assert parties(unicodedata.normalize("NFD", "Malí")) == []


PIECES = [
    "Iran", "Iran’s", "South Sudan", "Chad", "Jordan", "RSF", "Darfur", "tanker", "Lady Rose", "(IMO 8905490)",
    "Il-76", "4L-AWA", "Ltd", "Co.", "Trading", "The", "Times", "Gulf of", "Aden", ",", ".", "New", "Mexico", "Pa.",
    "İ", "e\u0301", "“", "-made", "missiles", "$5m", "was", "charged", "aged 43", "\n", "military", "hardware",
    "Michael", "\ud800", "US",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=40), st.sampled_from(["", " "]))
def test_every_mention_quotes_its_own_text(pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    end = 0
    for mention in found(text):
        assert end <= mention.start < mention.end <= len(text)
        end = mention.end
        written = text[mention.start : mention.end]
        assert written.strip() == written != ""
        if mention.known is not None:
            spelled = {p.spelling.lower() for p in BOOK.patterns if p.party is mention.known}
            assert plain(written).lower() in spelled
        elif mention.is_party and not mention.canonical.startswith("IMO "):
            assert mention.canonical.split()[0].strip(".'\"’")[:1] == written.strip(".'\"’")[:1]


@pytest.mark.parametrize(
    "text",
    ["A" * 200_000, "A.A" * 60_000, "A-" * 100_000, "Ab " * 60_000, "IMO 8905490 " * 15_000, "tanker A " * 20_000,
     "plane " * 30_000, "Chad Smith " * 15_000, "Chad " * 30_000, "Gulf of Aden " * 12_000, "RSF " * 40_000,
     "," * 200_000],
    ids=["word", "stops", "hyphens", "capitals", "imo", "tankers", "planes", "namesakes", "chad", "gulf", "rsf",
         "commas"],
)  # fmt: skip
def test_time_grows_with_the_text_only(text: str) -> None:
    started = time.process_time()
    find_mentions(text, BOOK)
    assert time.process_time() - started < 5
