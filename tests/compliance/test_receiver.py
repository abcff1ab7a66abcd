import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from compliance.receiver import catch_alerts, caught

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
MAIL = {"subject": "S <b>", "text": "T", "html": "<p>H</p>"}


def post(url: str, alert: str, mail: object = MAIL, secret: str = SECRET, at: datetime | None = None) -> int:
    body, at = json.dumps(mail), at or datetime.now(UTC)
    headers = {
        "webhook-id": alert,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(alert, at, body),
    }
    return requests.post(url, data=body, headers=headers, timeout=5).status_code


def test_a_signed_mail_is_kept_once_however_often_it_comes(tmp_path: Path) -> None:
    with catch_alerts(tmp_path, SECRET) as url:
        assert [post(url, "alert_1"), post(url, "alert_1"), post(url, "alert_2")] == [200, 200, 200]
        page = requests.get(url, timeout=5).text
    assert [mail["id"] for mail in caught(tmp_path)] == ["alert_1", "alert_2"]
    assert "S &lt;b&gt;" in page and "S <b>" not in page


@pytest.mark.parametrize("alert", ["../../evil", "/etc/cron.d/x", "a" * 5_000, "é"])
def test_no_id_reaches_outside_the_folder(tmp_path: Path, alert: str) -> None:
    folder = tmp_path / "in" / "side"
    with catch_alerts(folder, SECRET) as url:
        post(url, alert.encode().decode("latin-1"))
    assert {p.parent for p in tmp_path.rglob("*") if p.is_file()} <= {folder}


def test_a_forged_unsigned_or_stale_mail_is_refused(tmp_path: Path) -> None:
    other = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
    with catch_alerts(tmp_path, SECRET) as url:
        assert post(url, "a", secret=other) == 401
        assert requests.post(url, data="{}", timeout=5).status_code == 401
        assert post(url, "a", at=datetime(2020, 1, 1, tzinfo=UTC)) == 401
        assert requests.get(url + "health", timeout=5).text == "ok"
    assert caught(tmp_path) == []


def test_while_a_key_replaces_another_both_are_good(tmp_path: Path) -> None:
    new = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
    with catch_alerts(tmp_path, f"{new} {SECRET}") as url:
        assert [post(url, "a", secret=new), post(url, "b", secret=SECRET)] == [200, 200]
        assert post(url, "c", secret="whsec_" + "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=") == 401
