"""Alert → a messenger, through Apprise (an optional extra). Plain text only, without live mentions or foreign links."""

import re
import time
from dataclasses import dataclass

from pydantic import SecretStr

from compliance.alert import Receipt
from compliance.channels.channel import Mail
from compliance.errors import ConfigError

# What a chat would read as a mention, markup or a command is written with its full-width twin.
_TWINS = str.maketrans({"@": "＠", "<": "＜", ">": "＞", "*": "∗", "`": "ˋ", "[": "［", "]": "］", "|": "｜"})
_LINK = re.compile(r"https?://\S+")


def tame(text: str, link: str) -> str:
    """Return the text without anything that a chat would bring to life, save our own link."""
    kept = text.split(link) if link else [text]
    return link.join(_LINK.sub(lambda m: m.group().replace("tt", "xx", 1), part).translate(_TWINS) for part in kept)


@dataclass(frozen=True, slots=True)
class MessengerChannel:
    """An address that Apprise understands; it holds a token, so all of it is a secret."""

    name: str
    address: SecretStr

    def send(self, alert_id: str, mail: Mail) -> Receipt:
        """Send subject and text; Apprise only tells whether it worked, so every failure is worth another try."""
        import apprise

        messenger = apprise.Apprise()
        if not messenger.add(self.address.get_secret_value()):
            return Receipt(False, False, None, 0, "the messenger's address is not understood")
        began = time.monotonic()
        link = str((mail.get("case") or {}).get("link", ""))
        text = tame(str(mail["text"]), link) + f"\n{alert_id}"
        title, plain_text = tame(str(mail["subject"]), ""), apprise.NotifyFormat.TEXT
        sent = messenger.notify(title=title, body=text, body_format=plain_text, interpret_escapes=False)
        latency = int((time.monotonic() - began) * 1000)
        return Receipt(bool(sent), bool(sent), None, latency, "accepted" if sent else "the messenger did not take it")


def check_messenger(address: SecretStr) -> None:
    """Raise ConfigError where Apprise is not installed or does not understand the address."""
    try:
        import apprise
    except ImportError:
        raise ConfigError("a channel of kind apprise needs the extra: pip install 'embargowatch[messengers]'") from None
    if not apprise.Apprise().add(address.get_secret_value()):
        raise ConfigError("Apprise does not understand the address")
