"""What a page holds and its reader does not see: text that only a machine reads must not be judged. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# What a browser that runs scripts shows nothing of, or in whose place it shows something else.
_UNSEEN = frozenset({"template", "noscript", "noframes", "iframe", "object", "embed", "audio", "video", "canvas"})
# A page that hides these shows nothing at all, until one of its scripts shows all: nothing is to be learnt from it.
_WHOLE = frozenset({"html", "body", "main", "article"})
_SUSPECT = re.compile(r"none|hidden|collapse|font|opacity|color|background|clip|scale|-\d{3}|:\s*0|\\|/\*", re.I)
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_AT_BLOCK = re.compile(r"@[^{};@]{0,300}\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_SELECTOR = re.compile(r"([a-z][a-z0-9]*)?([.#][\w-]+)", re.I)
_MOST_STYLE = 200_000
_LENGTH = re.compile(r"(-?(?:\d+\.?\d*|\.\d+))(px|pt|em|rem|ex|ch|%|vw|vh|)")
_SMALLEST = {"px": 2.0, "pt": 1.5, "em": 0.1, "rem": 0.1, "ex": 0.2, "ch": 0.2, "%": 10.0, "vw": 0.1, "vh": 0.1}
_FAR = -999.0
_CUT_OFF = ("inset(50%)", "inset(100%)", "circle(0)")
_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0), "red": (255, 0, 0), "yellow": (255, 255, 0)}
_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*(?:[,/]\s*([\d.]+%?)\s*)?\)")
# Two colours this near are one to the eye.
_NEAR = 16
_AS_BEFORE = frozenset({"transparent", "none", "inherit", "initial", "unset"})

Colour = tuple[int, int, int]
_WHITE: Colour = (255, 255, 255)


def drop_hidden(tree: Any) -> int:
    """Take out of a page what its reader does not see; return how many parts that were.

    Elements that are hidden by attribute, by their own style or by a plain rule of the page's own style sheet (a class
    or an id), and words in the colour of what they stand on. A style sheet that must be fetched is not known.
    """
    hiding = _hiding_rules(tree)
    found = [element for element in _elements(tree) if _is_hidden(element, hiding)]
    dropped = 0
    for element in found:
        if element.getparent() is not None:
            element.drop_tree()
            dropped += 1
    return dropped + _blank_unreadable(tree)


def declarations(style: str) -> dict[str, str]:
    """Return what a style says of each property, as a browser reads it: the last word counts, escapes are resolved."""
    plain = _ESCAPE.sub(_unescaped, _COMMENT.sub("", style)).lower()
    parts = (part.partition(":") for part in plain.split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, colon, value in parts if colon}


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else 0
    return chr(code) if found[1] and 0 < code < 0x110000 else found[2] or ""


def _elements(tree: Any) -> Iterator[Any]:
    return (element for element in tree.iter() if isinstance(element.tag, str))


def _is_hidden(element: Any, hiding: frozenset[str]) -> bool:
    if element.tag in _WHOLE:
        return False
    if element.tag in _UNSEEN or element.get("hidden") is not None or _is_said_of(element):
        return True
    if hiding and not hiding.isdisjoint(_names(element)):
        return True
    style = element.get("style") or ""
    return bool(_SUSPECT.search(style)) and hides(declarations(style))


def _is_said_of(element: Any) -> bool:
    closed = element.tag == "dialog" and element.get("open") is None
    return closed or (element.get("aria-hidden") or "").strip().lower() == "true"


def hides(said: Mapping[str, str]) -> bool:
    """True where an element of this style is not seen: not shown, without size, transparent, or far off the page."""
    return (
        said.get("display") == "none"
        or said.get("visibility") in ("hidden", "collapse")
        or said.get("content-visibility") == "hidden"
        or _is_clear(said.get("opacity", "1"))
        or _is_tiny(said.get("font-size", ""))
        or any(_is_tiny(word) for word in said.get("font", "").partition("/")[0].split())
        or _is_clear(said.get("color", ""))
        or _is_away(said)
    )


def _is_clear(value: str) -> bool:
    if value == "transparent":
        return True
    if (found := _RGB.fullmatch(value)) and found[4]:
        value = found[4]
    share = _LENGTH.fullmatch(value)
    return bool(share) and float(share[1]) <= (5.0 if share[2] == "%" else 0.05)  # type: ignore[index]  # bool(share)


def _is_tiny(value: str) -> bool:
    found = _LENGTH.fullmatch(value)
    return bool(found) and float(found[1]) < _SMALLEST.get(found[2], 0.001)  # type: ignore[index]  # bool(found)


def _is_away(said: Mapping[str, str]) -> bool:
    places = (said.get(name, "") for name in ("text-indent", "left", "right", "top", "bottom", "margin-left"))
    if any((found := _LENGTH.fullmatch(place)) and float(found[1]) <= _FAR for place in places):
        return True
    if said.get("transform", "").replace(" ", "") in ("scale(0)", "scale(0,0)", "scalex(0)", "scaley(0)"):
        return True
    if said.get("clip", "").startswith(("rect(0", "rect(1px")) or said.get("clip-path") in _CUT_OFF:
        return True
    cut = said.get("overflow", said.get("overflow-y", "")) in ("hidden", "clip")
    return cut and any(_is_tiny(said.get(name, "")) for name in ("height", "max-height", "width", "max-width"))


def _names(element: Any) -> list[str]:
    """Return what a plain rule may call an element by: ``.class``, ``#id``, and both behind its tag."""
    own = [f".{name}" for name in (element.get("class") or "").split()]
    own += [f"#{element.get('id')}"] if element.get("id") else []
    return [*own, *(element.tag + name for name in own)]


def _hiding_rules(tree: Any) -> frozenset[str]:
    """Return the selectors of a single class or id that the page's own style sheets hide, for every kind of screen."""
    hiding: set[str] = set()
    for sheet in tree.iter("style"):
        rules = _AT_BLOCK.sub("", _COMMENT.sub("", (sheet.text or "")[:_MOST_STYLE]))
        for rule in rules.split("}"):
            selectors, _, style = rule.partition("{")
            said = declarations(style)
            named = [s.strip() for s in selectors.split(",") if _SELECTOR.fullmatch(s.strip())]
            if hides(said):
                hiding.update(named)
            elif "display" in said or "visibility" in said:
                hiding.difference_update(named)
    return frozenset(hiding)


@dataclass(slots=True)
class _Paint:
    """The colours of words and ground at a place of the page; None is not known."""

    words: Colour | None = None
    ground: Colour | None = _WHITE


@dataclass(slots=True)
class _Painted:
    """The paint of every element that changes it, and of all under it."""

    of: dict[Any, _Paint] = field(default_factory=dict)

    def at(self, element: Any) -> _Paint:
        inherited = self.of.get(element.getparent(), _Paint())
        said, old = _coloured(element)
        if not said and not old:
            self.of[element] = inherited
            return inherited
        ground = said.get("background-color") or said.get("background") or old.get("bgcolor")
        words = said.get("color") or old.get("color")
        paint = _Paint(
            colour(words) if words else inherited.words,
            _ground(ground) if ground and ground not in _AS_BEFORE else inherited.ground,
        )
        if "background-image" in said:
            paint.ground = None
        self.of[element] = paint
        return paint


def _coloured(element: Any) -> tuple[dict[str, str], dict[str, str]]:
    style = element.get("style") or ""
    said = declarations(style) if re.search(r"color|background|\\", style, re.I) else {}
    old = {name: str(element.get(name)).strip().lower() for name in ("bgcolor", "color") if element.get(name)}
    return said, old


def _ground(value: str) -> Colour | None:
    return next((found for word in value.split(" ") if (found := colour(word))), colour(value))


def colour(value: str) -> Colour | None:
    """Return a colour of a style sheet as red, green and blue, or None where it is not known."""
    value = value.strip()
    if found := _HEX.fullmatch(value):
        digits = found[1] if len(found[1]) > 4 else "".join(digit * 2 for digit in found[1])
        return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    if shares := _RGB.fullmatch(value):
        return int(shares[1]), int(shares[2]), int(shares[3])
    return _NAMED.get(value)


def _blank_unreadable(tree: Any) -> int:
    """Empty what is written in the colour of its ground, which is white where nothing is said; return how many."""
    painted, blanked = _Painted(), 0
    for element in _elements(tree):
        paint = painted.at(element)
        if paint.words is None or paint.ground is None or not _is_near(paint.words, paint.ground):
            continue
        blanked += any((text or "").strip() for text in (element.text, *(child.tail for child in element)))
        element.text = None
        for child in element:
            child.tail = None
    return blanked


def _is_near(one: Colour, other: Colour) -> bool:
    return all(abs(a - b) <= _NEAR for a, b in zip(one, other, strict=True))
