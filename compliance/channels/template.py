"""An operator's template → the JSON body of a post. What a story says can neither leave its string nor run."""

import json
from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

NAMES = ("id", "from", "to", "subject", "text", "html", "reference", "act", "severity", "verdict", "status", "link")
# A digest, an operations alert or a channel without content tells of no case; a template must render all the same.
_NO_CASE: Mapping[str, Any] = {
    "reference": "",
    "act": "",
    "verdict": "",
    "severity": "",
    "score": 0,
    "kinds": [],
    "regimes": [],
    "status": "",
    "origins": 0,
    "changes": [],
    "link": "",
}
_LARGEST = 200_000


class TemplateFault(Exception):
    """The template, or what it gave, is no JSON object; the text says where."""


class _Whole(str):
    """A value that is JSON already, put into the body as it is."""

    __slots__ = ()


def _finalize(value: Any) -> Any:
    """Write a value so that it may stand between the quotes of a JSON string, or by itself where it is no text."""
    if isinstance(value, _Whole):
        return value
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)[1:-1]
    return json.dumps(value, ensure_ascii=False)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=False, undefined=StrictUndefined, finalize=_finalize, extensions=[]
    )
    environment.filters["json"] = lambda value: _Whole(json.dumps(value, ensure_ascii=False))
    # This one writes HTML entities into JSON, and marks its result as needing no more care.
    environment.filters.pop("tojson")
    return environment


class BodyTemplate:
    """A template that was compiled and tried once, on a sample, before any alert depends on it."""

    def __init__(self, source: str) -> None:
        """Compile the template; TemplateFault says what is wrong with it, and on which line."""
        try:
            self._template = _environment().from_string(source)
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            raise TemplateFault(f"{error.message}" + (f" (line {line})" if line else "")) from None
        self.render("alert_0", dict.fromkeys((*NAMES, "from"), 'a "quoted" {{ word }}\n'))

    def render(self, alert_id: str, mail: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body for a mail; TemplateFault where it is no JSON object."""
        case = {**_NO_CASE, **(mail.get("case") or {})}
        known = {name: mail.get(name, case.get(name, "")) for name in NAMES if name not in ("id", "from")}
        try:
            # "from" is a word of the template language, so the sender is called sender.
            text = self._template.render(id=alert_id, sender=mail["from"], case=case, **known)
            body = json.loads(text) if len(text) <= _LARGEST else None
        except (TemplateError, ArithmeticError, TypeError, LookupError, AttributeError) as error:
            raise TemplateFault(f"{type(error).__name__}: {error}"[:200]) from None
        except (ValueError, RecursionError) as error:
            raise TemplateFault(f"it gives no JSON: {error}"[:200]) from None
        if not isinstance(body, dict):
            raise TemplateFault("it gives no JSON object of bearable size")
        return body
