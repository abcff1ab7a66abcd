"""A second crowd by chance, of another pair of parties: cargo flights from the Emirates to a force in eastern Libya.

It has planes with tail numbers in place of ships, air bases in place of ports, operators and brokers by name, the force
called by its own name or by its leader's, and sentences of its own. No weight was fitted on it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from benchmarks.crowd import START, Made

_PLANES = ("UP-I7645", "UP-I7601", "ER-IAP", "ER-IBV", "4L-GNK", "EX-76005", "UR-CMC", "UR-CRP", "ST-EWX", "TL-ADR")
_OPERATORS = ("Sapsan Cargo", "Jenis Freight", "Aeroluk", "Deek Aviation", "Space Wings", "Meridian Lift")
_BROKERS = ("Viktor Malyshev", "Omar Rashidi", "Jaap Kloosterman", "Elena Brandt", "Faisal Nuaimi", "Petar Iliev")
_FROM = ("Sweihan", "Al Dhafra", "Assab", "Fujairah")
_TO = ("al-Khadim", "Benina", "Jufra", "Tobruk", "Kufra")
_GOODS = (
    *(("mortar bombs", "crates"), ("anti-tank missiles", "missiles"), ("rifles", "boxes"), ("jamming gear", "pallets")),
    *(("drones", "drones"), ("armoured cars", "vehicles"), ("ammunition", "tonnes"), ("rocket launchers", "launchers")),
)
_THEM = ("the Libyan National Army", "Khalifa Haftar", "Haftar's army", "the Libyan National Army of Khalifa Haftar")
_OUTLETS = ("Tripoli Courier", "Gulf Ledger", "Levant Monitor", "The Ledger", "Flight Notes", "Northern Post")
_BACKGROUND = (
    "Libya has been under an arms embargo since 2011.",
    "Foreign backers have armed both sides in Libya for years.",
    "A panel of experts counts the flights.",
    "",
    "",
)


@dataclass(frozen=True, slots=True)
class _Flight:
    plane: str
    operator: str
    broker: str
    base: str
    strip: str
    goods: str
    unit: str
    amount: int
    seen: int


def crowd(acts: int, seed: int) -> list[Made]:
    """Return the stories of so many acts in the order of their days."""
    chance = Random(seed)
    made = [story for number in range(acts) for story in _told(number, _flight(chance), chance)]
    return sorted(made, key=lambda story: story.day)


def _flight(chance: Random) -> _Flight:
    goods, unit = chance.choice(_GOODS)
    plane, operator, broker = chance.choice(_PLANES), chance.choice(_OPERATORS), chance.choice(_BROKERS)
    base, strip = chance.choice(_FROM), chance.choice(_TO)
    return _Flight(
        plane, operator, broker, base, strip, goods, unit, chance.randrange(8, 400), seen=chance.randrange(180)
    )


def _told(number: int, act: _Flight, chance: Random) -> Iterator[Made]:
    after = 3 + chance.randrange(6)
    tellings = [_tracked, _sourced, _rejected, _charged, _pictured][: chance.randint(3, 5)]
    for place, telling in enumerate(tellings):
        late = chance.randint(20, 50) if telling is _charged else place + chance.randrange(3)
        title, text = telling(act, chance)
        day = START + timedelta(days=act.seen + after + late)
        yield Made(number, day, chance.choice(_OUTLETS), title, f"{text} {chance.choice(_BACKGROUND)}".rstrip())


def _tracked(act: _Flight, chance: Random) -> tuple[str, str]:
    when = f"On {_day(act)}" if chance.random() < 0.6 else "Last week"
    text = (
        f"{when} the Ilyushin {act.plane} of {act.operator} flew {_load(act)} from {act.base} in the United Arab "
        f"Emirates to {act.strip} for {chance.choice(_THEM)}, data of trackers show."
    )
    return f"{act.operator} plane at {act.strip}", text


def _sourced(act: _Flight, chance: Random) -> tuple[str, str]:
    what = _load(act) if chance.random() < 0.7 else act.goods
    how = f"{act.operator} ran the flight" if chance.random() < 0.6 else f"{act.broker} had arranged it"
    text = (
        f"The Emirates sent {what} to {chance.choice(_THEM)}, three diplomats said. {how}, and it ended at {act.strip}."
    )
    return f"Diplomats: Emirates sent {act.goods} to Libya", text


def _rejected(act: _Flight, chance: Random) -> tuple[str, str]:
    what = f"the plane {act.plane}" if chance.random() < 0.6 else f"a plane of {act.operator}"
    text = f"The United Arab Emirates denied that {what} carried {act.goods} to {chance.choice(_THEM)} at {act.strip}."
    return f"Abu Dhabi denies flight with {act.goods}", text


def _charged(act: _Flight, chance: Random) -> tuple[str, str]:
    what = f"the {_load(act)}" if chance.random() < 0.6 else f"the {act.goods}"
    text = (
        f"Prosecutors charged {act.broker} over {what} that {act.operator} had flown to {act.strip} in Libya on "
        f"{_day(act)}. They had come from {act.base} and went to {chance.choice(_THEM)}."
    )
    return f"{act.broker} charged over flight to Libya", text


def _pictured(act: _Flight, chance: Random) -> tuple[str, str]:
    text = (
        f"Pictures show soldiers of {chance.choice(_THEM)} with {act.goods} beside the tail number {act.plane} at "
        f"{act.strip}. The Emirates had flown in {_load(act)} from {act.base}."
    )
    return f"Pictures from {act.strip} show {act.goods}", text


def _load(act: _Flight) -> str:
    counted = act.unit in ("missiles", "drones", "vehicles", "launchers")
    return f"{act.amount} {act.goods if counted else f'{act.unit} of {act.goods}'}"


def _day(act: _Flight) -> str:
    day = START + timedelta(days=act.seen)
    return f"{day.day} {day:%B}"
