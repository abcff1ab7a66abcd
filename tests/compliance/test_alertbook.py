"""``config/alerts.yml`` is read strictly: what is wrong is named by file and key, and never repeated."""

from pathlib import Path

import pytest

from compliance.alertbook import AlertBook, load_alert_book
from compliance.errors import ConfigError

ROOT = Path(__file__).parents[2]
GOOD = """
channels:
  hook: {kind: webhook, url: 'https://hook.example/in', keys: [HOOK_KEY, HOOK_KEY_OLD]}
  slackish: {kind: webhook, url_secret: CHAT_URL, body: '{"text": "{{ subject }}", "all": {{ case | json }}}'}
  mg: {kind: mailgun, domain: mg.example, region: eu, key: MAILGUN_KEY}
  sg: {kind: sendgrid, key: SENDGRID_KEY}
  pm: {kind: postmark, key: POSTMARK_KEY, sender: alerts@desk.example}
  br: {kind: brevo, key: BREVO_KEY}
  aws: {kind: ses, region: eu-central-1, key_id: AWS_ID, key: AWS_KEY}
  own: {kind: smtp, host: mail.example, user: embargowatch, password: SMTP_PASSWORD, content: link}
  chat: {kind: apprise, address: CHAT_ADDRESS}
subscriptions:
  night: {channel: hook, to: [a@desk.example], when: {regimes: ['1718'], severity: high}}
digest: {channel: own, to: [b@desk.example]}
operations: {channel: chat, to: [ops]}
"""


def read(tmp_path: Path, text: str) -> AlertBook:
    path = tmp_path / "alerts.yml"
    path.write_text(text)
    return load_alert_book(path, "all@desk.example", frozenset({"1718", "2140"}))


def test_every_kind_of_channel_is_read(tmp_path: Path) -> None:
    book = read(tmp_path, GOOD)
    assert len(book.channels) == 9 and list(book.subscriptions) == ["night"]
    assert (book.digest.channel, book.operations.channel) == ("own", "chat")
    assert book.is_link_only("own") and not book.is_link_only("hook")
    assert book.sender("pm", "x@x") == "alerts@desk.example" and book.sender("mg", "x@x") == "x@x"


def test_without_a_file_everyone_is_who_the_environment_names(tmp_path: Path) -> None:
    for book in (load_alert_book(tmp_path / "none.yml", "all@desk.example"), read(tmp_path, "")):
        (told,) = book.subscriptions.values()
        assert (told.channel, told.to) == ("email", ("all@desk.example",))
        assert book.digest == book.operations and book.digest.to == ("all@desk.example",)


def test_the_file_that_comes_with_the_program_is_good() -> None:
    book = load_alert_book(ROOT / "config" / "alerts.yml", "all@desk.example")
    assert [s.channel for s in book.subscriptions.values()] == ["email"]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("sendgrid, key", "sendgird, key", "channels.sg: "),
        ("domain: mg.example, ", "", "channels.mg.domain: "),
        ("region: eu,", "region: moon,", "channels.mg.region: "),
        ("sg: {kind", "sg: {colour: red, kind", "channels.sg.colour: unknown key"),
        ("https://hook.example/in", "ftp://hook.example/in", "channels.hook.url: "),
        ("https://hook.example/in", "https://user:pw@hook.example/in", "channels.hook.url: "),
        (", keys: [HOOK_KEY, HOOK_KEY_OLD]", "", "channels.hook: keys: a webhook needs"),
        ("url_secret: CHAT_URL, ", "", "channels.slackish: expected exactly one of url and url_secret"),
        ('"{{ subject }}"', '"{{ subject }}', "channels.slackish.body: it gives no JSON"),
        ('"{{ subject }}"', '"{{ nothing }}"', "channels.slackish.body: "),
        ('"{{ subject }}"', '"{{ subject.__class__ }}"', "channels.slackish.body: "),
        ('"{{ subject }}"', '"{% for %}"', "channels.slackish.body: "),
        ("user: embargowatch, ", "", "channels.own: user and password belong together"),
        ("content: link", "content: link, security: none", "channels.own: security: a password is never sent"),
        ("content: link", "content: most", "channels.own.content: "),
        ("hook: {kind", "email: {kind", "channels.email: this name is"),
        ("hook: {kind", "Hook!: {kind", "channels.Hook!"),
        ("{channel: hook", "{channel: hok", "subscriptions.night.channel: there is no channel 'hok'"),
        ("['1718']", "['9999']", "subscriptions.night.when.regimes: no regime has the number '9999'"),
        ("severity: high", "severity: worst", "subscriptions.night.when.severity: "),
        ("severity: high", "verdicts: [clear]", "subscriptions.night.when: verdicts"),
        ("[a@desk.example], when", "[], when", "subscriptions.night.to: "),
        ("to: [a@desk.example]", "to: ['a@x\\nBcc: b@x']", "subscriptions.night.to.0: "),
        ("severity: high}}", "severity: high}, quiet: {from: '22:00', until: '22:00'}}", "subscriptions.night.quiet: "),
        ("severity: high}}", "severity: high}, quiet: {from: '22:00', until: '24:00'}}", "quiet.until: "),
        ("severity: high}}", "severity: high}, timing: daily, zone: Mars/X}", "subscriptions.night.zone: "),
        ("severity: high}}", "severity: high}, timing: daily, repeat: {every_minutes: 5, times: 1}}", "repeat: only"),
        ("{channel: chat, to: [ops]}", "{channel: nowhere, to: [ops]}", "operations.channel: "),
        ("sg: {kind", "br: {kind", "the key 'br' stands twice"),
        ("mg: {kind", "mg: {for_users: true, kind", "channels.mg.for_users: user_domains"),
        ("channels:", "chanels:", "chanels: unknown key"),
        ("channels:", "- channels:", "alerts.yml: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_file_and_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert str(caught.value).startswith(str(tmp_path / "alerts.yml")) and key in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", ["HOOK_KEY,", "MAILGUN_KEY", "AWS_ID", "SMTP_PASSWORD", "CHAT_ADDRESS", "CHAT_URL"])
def test_a_secret_put_where_its_name_belongs_is_refused_and_not_repeated(tmp_path: Path, place: str) -> None:
    secret = "whsec_c2VjcmV0LXRoYXQtbm9ib2R5LXNlZXM="
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, GOOD.replace(place, f"'{secret}'" + ("," if place.endswith(",") else "")))
    assert secret not in str(caught.value) and secret not in repr(caught.value.__cause__)
