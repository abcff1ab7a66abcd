"""The fuzz targets hold on their seeds and on what chance makes of them; ``python -m tests.fuzz`` goes further."""

import random

import pytest

from tests.fuzz.targets import SEEDS, TARGETS

PIECES = (
    b"<",
    b">",
    b"&",
    b"\x00",
    b"\xff",
    b"]]>",
    b"<!--",
    b"\xed\xa0\x80",
    b"http://",
    b"\xe2\x80\xae",
    b'"',
    b"{",
    b"9" * 30,
)


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds_on_its_seeds_and_on_mutations_of_them(name: str) -> None:
    chance = random.Random(name)
    for seed in SEEDS[name]:
        TARGETS[name](seed)
        for _ in range(60):
            TARGETS[name](mutated(seed, chance))


def mutated(seed: bytes, chance: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        at, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        data[at:end] = chance.choice((*PIECES, bytes(data[at:end]) * 3, b"", seed[:at]))
    return bytes(data)
