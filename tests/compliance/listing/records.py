"""Listed records for tests: invented persons, bodies and ships, with enough others around them to make words rare."""

from typing import Any

from compliance.listing.index import NameIndex
from compliance.listing.listed import Listed, ListedName, Quality, Sort

_SYLLABLES = ("ka", "ro", "mi", "tes", "dun", "val", "pir", "hog", "lem", "sab")


def record(
    name: str, *aliases: str, sort: Sort = Sort.PERSON, quality: Quality = Quality.GOOD, **changes: Any
) -> Listed:
    """A record of the UN list with these names."""
    given: dict[str, Any] = {
        "key": f"un-consolidated:{name.casefold()}",
        "source": "un-consolidated",
        "reference": "QDi.900",
        "sort": sort,
        "names": (ListedName(name, Quality.PRIMARY), *(ListedName(alias, quality) for alias in aliases)),
        "regimes": ("1267",),
    }
    return Listed(**given | changes)


def others(count: int = 300) -> list[Listed]:
    """Records of unlike names, so that the words of the tested ones are as rare as on the real list."""
    named = []
    for number in range(count):
        a, b, c = number // 100, number // 10 % 10, number % 10
        first = _SYLLABLES[a] + _SYLLABLES[c] + _SYLLABLES[b]
        last = _SYLLABLES[b] + _SYLLABLES[a] + _SYLLABLES[c] + "or"
        named.append(record(f"{first} {last}", reference=f"QDi.{number:03}"))
    return named


def index(*records: Listed) -> NameIndex:
    """An index over the records among 300 others."""
    return NameIndex([*records, *others()])
