"""Names as news, registers and clerks get them wrong: in order, in transliteration, in parts left out, in typing.

Written from how names of these origins are romanised and miswritten, without regard to how any matcher works.
"""

import random
import re
from collections.abc import Callable

Perturb = Callable[[str, random.Random], str | None]

# "old>new" as text: a pair for each rival spelling of a sound; an underscore stands for a blank, nothing for nothing.
_SPELLINGS = {
    "arabic": (
        "ou>u u>ou oo>u u>oo ee>i i>ee kh>k gh>g q>k k>q q>g dh>d dh>z th>t sh>ch j>dj dj>j w>ou ah>a a>ah e>i i>e "
        "o>u u>o ai>ei ay>ai ai>ay aw>au y>i i>y mm>m ss>s s>ss al->el- al_>al- al->al_ ->_ abd_al->abdul_ "
        "abdul_>abdel_ abdul>abdel abdel>abdul mohammed>muhammad muhammad>mohamed mohammad>mohammed "
        "mohamed>muhammad ahmed>ahmad ahmad>ahmed hussein>husayn hassan>hasan hasan>hassan yusuf>youssef "
        "ullah>_ullah '> "
    ),
    "persian": (
        "w>v v>w e>i i>e ei>ey ey>ei gh>q q>gh o>u u>o oo>u zadeh>zade ian>yan ee>i i>ee a>aa ->_ "
        "mohammad>mohammed hossein>husain '> ollah>ullah ph>f "
    ),
    "korean": (
        "ch>j j>ch k>g g>k p>b t>d o>eo u>eu u>oo pak>park choe>choi ri_>lee_ ri_>rhee_ chol>cheol so'ng>song "
        "song>seong song>sung jong>jung yong>young hyon>hyun myong>myung '> ->_ -> "
    ),
    "russian": ("ya>ia ia>ya yu>iu ev>yev ov>off v>w kh>h zh>j y>i i>y iy>y ks>x e>ye ch>tch shch>sch "),
    "chinese": ("zh>ch x>hs q>ch g>k d>t b>p ong>ung ->_ "),
    "other": (
        "c>k k>c ph>f y>i i>y ou>u ll>l nn>n tt>t ch>sh dj>j e>é s>z '> ->_ _and_>_&_ centre>center "
        "defence>defense organisation>organization company>co corporation>corp limited>ltd "
    ),
}


def _pairs(spellings: str) -> tuple[tuple[str, str], ...]:
    pairs = (pair.partition(">") for pair in spellings.split())
    return tuple((old.replace("_", " "), new.replace("_", " ")) for old, _, new in pairs)


_RIVALS = {origin: _pairs(spellings) for origin, spellings in _SPELLINGS.items()}
_ORIGINS = {
    "1718": "korean", "1737": "persian", "1267": "arabic", "1988": "arabic", "1518": "arabic", "1970": "arabic",
    "751": "arabic", "2140": "arabic", "1591": "arabic",
}  # fmt: skip


def transliterated(regime: str) -> Perturb:
    """Return what spells one sound or two of a name as another romanisation of its origin would."""
    rivals = _RIVALS[_ORIGINS.get(regime, "other")]

    def perturb(name: str, rng: random.Random) -> str | None:
        changed = name.lower()
        wanted = rng.choice((1, 1, 2))
        for old, new in rng.sample(rivals, len(rivals)):
            places = [m.start() for m in re.finditer(re.escape(old), changed)]
            if places and wanted:
                place = rng.choice(places)
                changed = changed[:place] + new + changed[place + len(old) :]
                wanted -= 1
        return changed.title() if changed != name.lower() else None

    return perturb


_TIED_WORDS = "al el ul abd abdul abdel abdal abdur abu abou abo bin ibn bint ben ould de la van der of and the for"
_TIED = frozenset(_TIED_WORDS.split())


def units(name: str) -> list[str]:
    """Return the parts of a name that nobody would tear apart: "abd al-Rahman", "Bin Laden"."""
    found: list[str] = []
    tied = False
    for word in name.split():
        if tied:
            found[-1] += " " + word
        else:
            found.append(word)
        tied = word.lower().strip("'") in _TIED
    return found


def reordered(name: str, rng: random.Random) -> str | None:
    """Put the last part first, with or without a comma, or two neighbours in each other's place."""
    parts = units(name)
    if len(parts) < 2:
        return None
    how = rng.randrange(3)
    if how == 0:
        return " ".join([parts[-1], *parts[:-1]])
    if how == 1:
        return f"{parts[-1]}, {' '.join(parts[:-1])}"
    place = rng.randrange(len(parts) - 1)
    parts[place], parts[place + 1] = parts[place + 1], parts[place]
    return " ".join(parts)


def shortened(name: str, rng: random.Random) -> str | None:
    """Leave one part out: of three the first or the middle one, for news keeps the last, of more any."""
    parts = units(name)
    if len(parts) < 3:
        return None
    del parts[rng.randrange(2 if len(parts) == 3 else len(parts))]
    return " ".join(parts)


def as_it_is(name: str, rng: random.Random) -> str | None:
    """Nobody leaves out a syllable of a Korean or Chinese name."""
    return None


def without_end(name: str, _: random.Random) -> str | None:
    """Leave out what stands last in the name of a body, its short name in brackets or its form, if two words stay."""
    parts = units(name)
    return " ".join(parts[:-1]).rstrip(",") if len(parts) >= 3 else None


def mistyped(name: str, rng: random.Random) -> str | None:
    """Leave a letter out, double or change one, or swap two, in a word of four letters or more, but not its first."""
    spots = [m.start() + i for m in re.finditer(r"[^\W\d_]{4,}", name) for i in range(1, len(m[0]) - 1)]
    if not spots:
        return None
    place, how = rng.choice(spots), rng.randrange(4)
    letter = rng.choice("abcdefghijklmnopqrstuvwxyz")
    if how == 0:
        return name[:place] + name[place + 1 :]
    if how == 1:
        return name[:place] + letter + name[place:]
    if how == 2:
        return name[:place] + letter + name[place + 1 :]
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


def in_two_ways(regime: str, is_person: bool) -> Perturb:
    """Return what perturbs a name in two of the ways at once."""
    part = _parts_left_out(regime, is_person)
    ways: tuple[Perturb, ...] = (transliterated(regime), reordered, part, mistyped)

    def perturb(name: str, rng: random.Random) -> str | None:
        one, two = rng.sample(ways, 2)
        return two(one(name, rng) or name, rng)

    return perturb


def _parts_left_out(regime: str, is_person: bool) -> Perturb:
    if not is_person:
        return without_end
    return as_it_is if _ORIGINS.get(regime) == "korean" else shortened


def ways_of(regime: str, is_person: bool) -> dict[str, Perturb]:
    """Return each way by its name."""
    return {
        "order": reordered,
        "transliteration": transliterated(regime),
        "missing part": _parts_left_out(regime, is_person),
        "typing": mistyped,
        "two at once": in_two_ways(regime, is_person),
    }
