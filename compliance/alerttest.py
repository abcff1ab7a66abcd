"""One made-up alert, sent now by a subscription or channel, so that its operator sees whether it arrives."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

from compliance.alert import Receipt, compose_alert
from compliance.alertbook import DEFAULT, AlertBook
from compliance.case import Case, Quote
from compliance.channels.opening import open_channel
from compliance.errors import ConfigError
from compliance.monitor import open_alert_book
from compliance.settings import Settings


def send_test(settings: Settings, name: str) -> Iterator[tuple[str, Receipt]]:
    """Yield each address of the subscription or channel with how it answered.

    Raises ConfigError where there is neither of that name, or its channel cannot be opened.
    """
    book = open_alert_book(settings)
    channel_name, recipients = _found(book, settings, name)
    channel = open_channel(channel_name, book, settings)
    if channel is None:
        raise ConfigError("EMBARGOWATCH_WEBHOOK_URL: not set, so the channel email leads nowhere")
    for recipient in recipients:
        alert = compose_alert(
            _made_up(),
            settings.desk_url,
            book.sender(channel_name, settings.alert_from),
            recipient,
            channel=channel_name,
            event=f"test:{uuid4().hex}",
            why=f"someone tried {name}",
            link_only=book.is_link_only(channel_name),
        )
        payload = {**alert.payload, "subject": f"[TEST] {alert.payload['subject']}"}
        yield recipient, channel.send(alert.id, payload)


def _found(book: AlertBook, settings: Settings, name: str) -> tuple[str, tuple[str, ...]]:
    if name in book.subscriptions:
        found = book.subscriptions[name]
        return found.channel, found.to
    for word, destination in (("digest", book.digest), ("operations", book.operations)):
        if name == word:
            return destination.channel, destination.to
    if name in book.channels or name == DEFAULT:
        told = [s.to for s in book.subscriptions.values() if s.channel == name]
        return name, told[0] if told else (settings.alert_to,)
    raise ConfigError(f"config/alerts.yml: there is no subscription or channel {name!r}")


def _made_up() -> Case:
    return Case(
        reference="EW-0000-00000",
        act="This is a test → nothing → nobody",
        verdict="alert",
        score=0.5,
        kinds=("arms",),
        regimes=("1718",),
        measures=("UN-SC1718: this is a test",),
        status="alleged",
        denied_by=(),
        parties=({"canonical": "Nobody", "name": "Nobody", "type": "company", "roles": ["supplier"]},),
        quotes=(Quote("This quote was made up, to show what an alert looks like.", "Embargo Watch", None),),
        reasons=("a test, of no case",),
        opened_at=datetime.now(UTC),
    )
