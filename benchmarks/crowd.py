"""A crowd by chance: so many acts of one pair of parties in half a year, each told three to five times.

Ships, ports, goods and amounts are drawn from short lists, so that ships sail twice and ports are named again and
again; each telling has some of its act's particulars and leaves out others. Which act a story tells of is known, as it
was made from it. The same seed makes the same crowd.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

START = datetime(2026, 1, 5, tzinfo=UTC)
_SHIPS = (
    *("Angara Dawn", "Tern", "Maria Orlova", "Blue Sable", "Captain Vetrov", "Ursa", "Zarya Nine", "Lotos"),
    *("Northern Quill", "Amber Gull", "Pacific Osprey", "Selenga", "Kedr", "Taiga Line"),
)
_FROM = ("Rajin", "Chongjin", "Nampo", "Wonsan", "Hungnam")
_TO = ("Vostochny", "Dunai", "Nakhodka", "Vladivostok", "Khasan")
_GOODS = (
    *(("artillery shells", "containers"), ("mortars", "crates"), ("rockets", "wagons"), ("rifles", "boxes")),
    *(("ballistic missiles", "missiles"), ("drones", "drones"), ("howitzers", "guns"), ("ammunition", "tonnes")),
)
_OUTLETS = ("Yellow Sea Wire", "Seoul Evening", "Far East Gazette", "The Ledger", "Defence Daily", "Northern Post")
_BACKGROUND = (
    "North Korea has sent Russia millions of shells since 2023, according to Seoul.",
    "All arms exports by North Korea are banned by the Security Council.",
    "Moscow and Pyongyang signed a treaty in 2024.",
    "",
)


@dataclass(frozen=True, slots=True)
class Made:
    """A story of the crowd, and the number of the act that it tells of."""

    act: int
    day: datetime
    outlet: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class _Shipment:
    ship: str
    port: str
    quay: str
    goods: str
    unit: str
    amount: int
    day: datetime


def crowd(acts: int, seed: int) -> list[Made]:
    """Return the stories of so many acts in the order of their days."""
    chance = Random(seed)
    made = [story for number in range(acts) for story in _told(number, _shipment(chance), chance)]
    return sorted(made, key=lambda story: story.day)


def _shipment(chance: Random) -> _Shipment:
    goods, unit = chance.choice(_GOODS)
    day = START + timedelta(days=chance.randrange(180))
    return _Shipment(
        chance.choice(_SHIPS), chance.choice(_FROM), chance.choice(_TO), goods, unit, chance.randrange(12, 900), day
    )


def _told(number: int, act: _Shipment, chance: Random) -> Iterator[Made]:
    after = 4 + chance.randrange(8)
    tellings = [_report, _retold, _denied, _followed, _retold][: chance.randint(3, 5)]
    for place, telling in enumerate(tellings):
        late = chance.randint(25, 60) if telling is _followed else place + chance.randrange(2)
        title, text = telling(act, chance)
        yield Made(number, act.day + timedelta(days=after + late), chance.choice(_OUTLETS), title, text)


def _report(act: _Shipment, chance: Random) -> tuple[str, str]:
    day = f"on {act.day.day} {act.day:%B}" if chance.random() < 0.6 else "this month"
    text = (
        f"The freighter {act.ship} took {act.amount} {_of(act)} from {act.port} in North Korea to {act.quay} in Russia "
        f"{day}, pictures from space show. {chance.choice(_BACKGROUND)}"
    )
    return f"{act.ship} brings {act.goods} to {act.quay}", text


def _retold(act: _Shipment, chance: Random) -> tuple[str, str]:
    named = f"the {act.ship}, a ship that was seen at {act.port}" if chance.random() < 0.7 else "a ship"
    counted = f"{act.amount} {_of(act)}" if chance.random() < 0.7 else act.goods
    text = (
        f"South Korea says that {counted} reached Russia on {named}. They were landed at {act.quay} in "
        f"{act.day:%B}. {chance.choice(_BACKGROUND)}"
    )
    return f"Seoul: {act.goods} landed at {act.quay}", text


def _denied(act: _Shipment, chance: Random) -> tuple[str, str]:
    what = f"the {act.ship}" if chance.random() < 0.8 else f"a ship from {act.port}"
    text = f"Russia denied that {what} brought {act.goods} from North Korea to {act.quay}. {chance.choice(_BACKGROUND)}"
    return f"Moscow denies {act.goods} came to {act.quay}", text


def _followed(act: _Shipment, chance: Random) -> tuple[str, str]:
    counted = f"the {act.amount} {_of(act)}" if chance.random() < 0.7 else f"the {act.goods}"
    text = (
        f"The owner of the freighter {act.ship} was fined for {counted} that it had brought from {act.port} to "
        f"{act.quay} in {act.day:%B}. North Korea had sent them to Russia. {chance.choice(_BACKGROUND)}"
    )
    return f"Owner of {act.ship} fined", text


def _of(act: _Shipment) -> str:
    return act.goods if act.unit in ("missiles", "drones", "guns") else f"{act.unit} of {act.goods}"
