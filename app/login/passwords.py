"""Passwords: hashed with argon2id, verified at one cost whoever is named, refused where anybody would guess them."""

from __future__ import annotations

import unicodedata
from functools import cache, cached_property
from pathlib import Path

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from app.errors import Problem, Unprocessable
from app.language import Message, text

__all__ = ["LEAST", "MOST", "Passwords", "prepared", "require_good"]

LEAST, MOST = 12, 256  # characters
_APART = 8  # characters that a password has beside the account's name
_KINDS = 5  # different characters
_COMMON = Path(__file__).with_name("common_passwords.txt")


def prepared(password: str) -> str:
    """A password as it is hashed: NFKC, so that it is the same from every keyboard, also in full-width letters.

    Nothing is cut off, and upper and lower case stay what they are.
    """
    return unicodedata.normalize("NFKC", password)


def require_good(password: str, name: str) -> None:
    """Refuse a new password that is too short, too long, or easily guessed.

    Which kinds of characters it has does not matter.

    Parameters
    ----------
    password : str
        As it was typed.
    name : str
        Of the account.

    Raises
    ------
    Unprocessable
        With what is wrong.
    """
    fault = _fault(password, name)
    if fault is not None:
        raise Unprocessable(text("The password cannot be used."), [Problem("/password", fault)])


def _fault(password: str, name: str) -> Message | None:
    if len(password) > MOST:
        return text("A password has at most {most} characters; this one has {count}.", most=MOST, count=len(password))
    if any("\ud800" <= letter <= "\udfff" for letter in password):
        return text("The password has half of a character in it (a lone surrogate).")
    known = prepared(password)
    if len(known) < LEAST:
        return text(
            "A password has at least {least} characters; this one has {count}. A few words in a row are easy to"
            " remember.",
            least=LEAST,
            count=len(known),
        )
    folded = known.casefold()
    if folded in _common() or len(set(folded)) < _KINDS:
        return text("This password is one of those that are tried first. Choose one that is your own.")
    if len(folded.replace(name.casefold(), "")) < _APART:
        return text("This password is little more than the account’s name. Choose one that is your own.")
    return None


@cache
def _common() -> frozenset[str]:
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line.casefold() for line in lines if not line.startswith("#"))


class Passwords:
    """Hashes and verifies passwords; either takes a quarter of a second and 64 MiB.

    Parameters
    ----------
    parameters : Parameters, optional
        Of argon2id; by default those that RFC 9106 recommends second, for where memory is dear.
    """

    def __init__(self, parameters: Parameters = RFC_9106_LOW_MEMORY) -> None:
        self._hasher = PasswordHasher.from_parameters(parameters)

    @cached_property
    def _nobodys(self) -> str:
        """What is verified where nobody has the name."""
        return self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """What is kept of a password, with the parameters and a salt."""
        return self._hasher.hash(_encoded(password))

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the password; where there is none to compare with it costs the same, and is not."""
        nobodys = self._nobodys  # made at the first login, whosever it is
        try:
            self._hasher.verify(password_hash or nobodys, _encoded(password))
        except VerificationError:
            return False
        return password_hash is not None

    def outdated(self, password_hash: str) -> bool:
        """Whether a hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(password_hash)


def _encoded(password: str) -> bytes:
    return prepared(password).encode("utf-8", "surrogatepass")
