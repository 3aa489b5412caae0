"""Logging in: passwords, and how often anything may be tried."""

from app.login.expiry import TOKEN_DAYS, ExpiryError, expiry_of
from app.login.limits import Limiter
from app.login.passwords import LEAST, MOST, Passwords, prepared, require_good
from app.login.slowdown import Slowdown

__all__ = [
    "LEAST",
    "MOST",
    "TOKEN_DAYS",
    "ExpiryError",
    "Limiter",
    "Passwords",
    "Slowdown",
    "expiry_of",
    "prepared",
    "require_good",
]
