"""Passwords: which are taken, and how they are kept (Argon2id, RFC 9106)."""

import re
import unicodedata
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from objective import InvalidInput

#: Fewest and most characters of a password; more would only keep the machine busy.
SHORTEST, LONGEST = 12, 256
#: Fewest different characters.
DIFFERENT = 5
#: What nobody's password may contain.
SERVICE = "bailey"
#: Shortest part of an e-mail address that a password may not contain.
SHORTEST_PART = 4

# 19 MiB for each of the sign-ins that may come at once, and some 20 ms.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def check_password(password: str, email: str, field: str = "password") -> None:
    """Raise `InvalidInput` for a password that is easily guessed.

    Parameters
    ----------
    password
        The password that somebody wants.
    email
        The address of the user, which it may not contain.
    field
        How the request calls the password.
    """
    text = _normal(password).casefold()
    if not SHORTEST <= len(text) <= LONGEST or len(set(text)) < DIFFERENT:
        allowed = f"{SHORTEST} to {LONGEST} characters, {DIFFERENT} of them different"
        raise InvalidInput(field, "the password", allowed)
    parts = [part for part in re.split(r"[@.+_-]", email.casefold()) if len(part) >= SHORTEST_PART]
    if SERVICE in text or any(part in text for part in [email.casefold(), *parts]):
        allowed = "without the e-mail address and the name of the service"
        raise InvalidInput(field, "the password", allowed)
    if _is_common(text):
        raise InvalidInput(field, "the password", "none of the most common passwords")


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    return _hasher.hash(_normal(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Return whether a password is the one that was hashed; as slow where there is none."""
    try:
        right = _hasher.verify(password_hash or _hash_of_nobody(), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Return whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def _normal(password: str) -> str:
    # The same letters are typed as one character on one keyboard and as two on another.
    return unicodedata.normalize("NFKC", password)


def _is_common(text: str) -> bool:
    """Return whether a text is a common word, once or repeated, with digits or signs around it."""
    bare = text.strip("0123456789!?.,;:#$%&*+-_@ ")
    for word in (text, bare, re.sub(r"[^a-z]", "", text)):
        for length in range(1, len(word) + 1):
            if len(word) % length == 0 and word == word[:length] * (len(word) // length):
                if word[:length] in _common():
                    return True
                break
    return not bare


@cache
def _common() -> frozenset[str]:
    lines = files("serve.auth").joinpath("common_passwords.txt").read_text().split("\n")
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def _hash_of_nobody() -> str:
    return hash_password("nobody has this password")
