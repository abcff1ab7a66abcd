"""The forms in which words are met → word, tags and symbol, each worked out once: the forms of news are few."""

from collections.abc import Mapping

# A capitalised word within a sentence that no list holds.
UNKNOWN_NAME = "<name>"
_MOST = 50_000


class WrittenWords(dict[str, tuple[str, tuple[str, ...], str]]):
    """The word, tags and symbol of each form that was met; see ``rules/clauses.py``. Bounded."""

    def __init__(self, tags: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self._tags = tags

    def __missing__(self, form: str) -> tuple[str, tuple[str, ...], str]:
        """Work out what the form is, and keep it."""
        if len(self) >= _MOST:
            self.clear()
        word = form.lower()
        tags = self._tags.get(word, ())
        self[form] = found = (word, tags, _symbol(form, word, tags))
        return found


def _symbol(form: str, word: str, tags: tuple[str, ...]) -> str:
    if word[:1].isdigit():
        return "<year>" if len(word) == 4 and word[:2] in ("19", "20") else "<age>" if len(word) == 2 else "<n>"
    return UNKNOWN_NAME if form[:1].isupper() and not tags else word
