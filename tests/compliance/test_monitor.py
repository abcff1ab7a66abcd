"""The screening policy is read strictly: what is missing or out of bounds stops the start and is named."""

from pathlib import Path

import pytest
import yaml

from compliance.errors import ConfigError
from compliance.monitor import load_policy
from compliance.settings import Settings

GOOD = {"review": 0.1, "alert": 0.5, "base_rate": 0.02, "random_share": 0.1}


def policy_file(folder: Path, given: object) -> Path:
    path = folder / "screening.yml"
    path.write_text(yaml.safe_dump(given))
    return path


def test_the_shipped_policy_draws_a_tenth_of_the_queue() -> None:
    assert load_policy(Settings().config / "screening.yml").random_share == 0.1


def test_a_policy_may_draw_nothing(tmp_path: Path) -> None:
    assert load_policy(policy_file(tmp_path, GOOD | {"random_share": 0})).random_share == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"random_share": 1}, "random_share must be a number between 0 and 1"),
        ({"random_share": -0.1}, "random_share must be a number between 0 and 1"),
        ({"random_share": "a tenth"}, "random_share must be a number between 0 and 1"),
        ({"random_share": True}, "random_share must be a number between 0 and 1"),
        ({"alert": 0}, "alert must be more than 0"),
        ({"review": 0.6}, "review must not exceed alert"),
        ({"extra": 1}, "expected exactly the keys alert, base_rate, random_share, review"),
    ],
)
def test_a_policy_that_is_wrong_is_named(tmp_path: Path, change: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        load_policy(policy_file(tmp_path, GOOD | change))
    assert "screening.yml" in str(caught.value)


def test_a_policy_without_a_share_is_named(tmp_path: Path) -> None:
    given = {key: value for key, value in GOOD.items() if key != "random_share"}
    with pytest.raises(ConfigError, match="random_share"):
        load_policy(policy_file(tmp_path, given))
