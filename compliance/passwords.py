"""Passwords: which are accepted, and how they rest (argon2id). No more than a few are hashed at once."""

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from compliance.errors import ConfigError

MIN, MAX = 12, 200
_HASHER = PasswordHasher()
# Verified where a name is unknown, so that both answers take the same time.
NOBODY = _HASHER.hash(secrets.token_urlsafe(16))
# Each hash takes 64 MiB for a moment; a flood of tries must not take the machine's memory.
_AT_ONCE = threading.BoundedSemaphore(4)
# zxcvbn's scale from 0 to 4; 3 withstands some 10^8 guesses.
_STRONG = 3
# zxcvbn's time grows steeply with length, and so long a password is strong anyway.
_JUDGED = 64


def hashed(password: str, *about: str) -> str:
    """Return the argon2id hash of an acceptable password.

    Length counts and composition does not (NIST SP 800-63B), but what is common, or made of the words ``about`` the
    person, is refused with a ConfigError that says why.
    """
    if not MIN <= len(password) <= MAX:
        raise ConfigError(f"a password has {MIN} to {MAX} characters")
    judged = zxcvbn(password[:_JUDGED], user_inputs=["embargowatch", "embargo", "sanctions", *about])
    if judged["score"] < _STRONG:
        why = judged["feedback"]["warning"].rstrip(".") or "it is made of common words or a pattern"
        raise ConfigError(f"this password is easily guessed: {why[:1].lower()}{why[1:]}")
    with _AT_ONCE:
        return _HASHER.hash(password)


def fits(stored: str, password: str) -> bool:
    """Return whether a password is the stored one; it takes the same time where nothing is stored."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(stored or NOBODY, password[:MAX]) and bool(stored)
        except (VerificationError, InvalidHashError):
            return False


def renewed(stored: str, password: str) -> str:
    """Return the hash to keep from now on: a new one where the stored one was made with weaker parameters."""
    if not _HASHER.check_needs_rehash(stored):
        return stored
    with _AT_ONCE:
        return _HASHER.hash(password)
