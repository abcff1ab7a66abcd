"""Which passwords are accepted, and how they rest."""

import pytest
from argon2 import extract_parameters

from compliance import passwords
from compliance.errors import ConfigError
from compliance.store import users

PASSWORD = "seven herons under the bridge"


def test_hashes_are_as_strong_as_owasp_asks() -> None:
    """At least 19 MiB and two passes, or as much work (OWASP Password Storage Cheat Sheet)."""
    strength = extract_parameters(passwords.hashed(PASSWORD))
    assert strength.type.name == "ID" and strength.memory_cost >= 19_456 and strength.time_cost >= 2
    assert extract_parameters(passwords.NOBODY) == strength


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password1234",
        "qwertyuiop12",
        "aaaaaaaaaaaaaaaa",
        "123456789012",
        "gracegracegrace",
        "embargowatch1",
        "x" * 201,
    ],
)
def test_a_password_that_is_short_common_or_made_of_the_name_is_refused(password: str) -> None:
    with pytest.raises(ConfigError):
        users.hash_password(password, "grace")


def test_the_three_thousand_most_common_passwords_are_refused() -> None:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    common = FREQUENCY_LISTS["passwords"][:3_000]
    assert len(set(common)) == 3_000
    # Most are short; so that length alone is not what refuses them, the first are tried at twice their length too.
    for password in (*common, *(word * 2 for word in common[:200] if len(word) > 5)):
        with pytest.raises(ConfigError):
            passwords.hashed(password)


@pytest.mark.usefixtures("quick_hashes")
@pytest.mark.parametrize("password", [PASSWORD, "k7#Vq9!mZp2$", "четыре дрозда в саду", "zzz" + " correct horse " * 12])
def test_long_passwords_in_any_script_are_accepted(password: str) -> None:
    hashed = users.hash_password(password, "grace")
    assert hashed.startswith("$argon2id$") and passwords.fits(hashed, password)
    assert not passwords.fits(hashed, password + "x") and not passwords.fits("", password)
