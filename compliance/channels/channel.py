"""What every channel is: a name, and one way to send a mail, which never raises for what a receiver does."""

from collections.abc import Mapping
from typing import Any, Protocol

from compliance.alert import Receipt

Mail = Mapping[str, Any]


class Channel(Protocol):
    """A way out. Sending the same alert again carries the same id, so that its receiver can tell."""

    @property
    def name(self) -> str:
        """The name it has in ``config/alerts.yml``."""

    def send(self, alert_id: str, mail: Mail) -> Receipt:
        """Send a mail (``from``, ``to``, ``subject``, ``text``, perhaps ``html``) and tell how it was received."""
