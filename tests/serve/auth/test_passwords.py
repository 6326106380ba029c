"""Passwords."""

import pytest
from argon2 import PasswordHasher

from objective import InvalidInput
from serve.auth.passwords import check_password, hash_password, is_outdated, matches

EMAIL = "ada.lovelace@clinic.example"
GOOD = "vier rode fietsen in de regen"

BAD = {
    "short": "Tr0ub4dor&3",
    "one letter": "a" * 20,
    "few letters": "abababababababab",
    "endless": "ab3$5" * 60,
    "a common one": "qwertyuiopasdfgh",
    "a common one with digits": "iloveyou2024",
    "a common one in other letters": "PassWord!!!!",
    "a common one twice": "welcomewelcome",
    "digits in between": "pass1234word",
    "digits alone": "4815162342108",
    "the e-mail address": "xx" + EMAIL + "xx",
    "a part of the e-mail address": "hello my Lovelace 99",
    "the name of the service": "the Bailey service",
    "wide letters of a common one": "ｐａｓｓｗｏｒｄ１２３４",
}


@pytest.mark.parametrize("case", list(BAD))
def test_a_password_that_is_easily_guessed_is_refused(case: str):
    """And the message does not repeat it."""
    with pytest.raises(InvalidInput) as refused:
        check_password(BAD[case], EMAIL)
    assert BAD[case] not in str(refused.value)


@pytest.mark.parametrize(
    "password", [GOOD, "kT9#mQ2$vL5!", "пароль из пяти слов", "q" * 5 + "wsfghij"]
)
def test_other_passwords_are_taken(password: str):
    """Long sentences, random signs and other alphabets."""
    check_password(password, EMAIL)


def test_a_hash_matches_its_password_alone():
    """Whichever way a keyboard writes an accent; no hash matches nothing."""
    kept = hash_password("caf\u00e9 de la gare 12")
    assert kept.startswith("$argon2id$")
    assert matches(kept, "cafe\u0301 de la gare 12")
    assert not matches(kept, "cafe de la gare 12")
    assert not matches(None, "nobody has this password")
    assert not matches("no hash", GOOD)


def test_a_hash_of_other_parameters_is_outdated():
    """So that it is made anew at the next sign-in."""
    assert not is_outdated(hash_password(GOOD))
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(GOOD))
