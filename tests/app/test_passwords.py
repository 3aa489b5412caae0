"""Passwords: which are taken, and how they are kept."""

from __future__ import annotations

import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from app.errors import Unprocessable
from app.login import LEAST, MOST, Passwords, require_good
from tests.app.people import CHEAP


@pytest.mark.parametrize(
    "password",
    [
        "several words in a row",
        "a" * 6 + "bcdefg",
        "correcthorse1",
        "密碼可以是中文的一句話喔對吧",
        "abcdefghijk ",
        "x1" * 10 + "abcd" * 59,
        "ada has a little lamb",
    ],
)
def test_a_long_one_of_ones_own_is_taken(password: str) -> None:
    require_good(password, "ada")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "at least 12"),
        ("elevenchars", "at least 12"),
        ("p" * 257, "at most 256"),
        ("qwerty123456", "tried first"),
        ("1Q2W3E4R5T6Y", "tried first"),
        ("１Ｑ２Ｗ３Ｅ４Ｒ５Ｔ６Ｙ", "tried first"),
        ("aaaaaaaaaaaa", "tried first"),
        ("121212121212", "tried first"),
        ("abcabcabcabc", "tried first"),
        ("Lovelace1Lovelace", "account’s name"),
        ("lovelace1234567", "account’s name"),
        ("several words \ud800", "surrogate"),
    ],
)
def test_one_that_is_short_or_guessed_first_is_not(password: str, why: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        require_good(password, "lovelace")
    assert why in str(caught.value.problems[0].message)
    assert caught.value.problems[0].pointer == "/password"
    if len(password) > 3:
        assert password not in str(caught.value)


def test_it_is_verified_as_it_was_set_from_whatever_keyboard() -> None:
    kept = CHEAP.hash("Ａ café, 密碼")
    assert CHEAP.verify(kept, "A cafe\u0301, 密碼")
    for wrong in ("a café, 密碼", "A cafe, 密碼", "A café, 密碼 ", "A café, 密", "\ud800", ""):
        assert not CHEAP.verify(kept, wrong)
    assert not CHEAP.verify(None, "nobody has this password")


def test_every_character_counts_to_the_last() -> None:
    long = "several words and " * 14
    kept = CHEAP.hash(long)
    assert CHEAP.verify(kept, long)
    assert not CHEAP.verify(kept, long[:-1])
    assert LEAST <= len(long) <= MOST


def test_it_is_kept_as_argon2id_of_the_recommended_cost_with_a_salt_of_its_own() -> None:
    passwords = Passwords()
    kept = passwords.hash("several words in a row")
    assert extract_parameters(kept) == RFC_9106_LOW_MEMORY
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not passwords.outdated(kept)
    assert passwords.outdated(CHEAP.hash("several words in a row"))
    assert CHEAP.hash("the same words") != CHEAP.hash("the same words")
    assert "several words" not in kept
