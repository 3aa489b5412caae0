"""How often something may be done: so many times in a window, counted in this process's memory."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import datetime
from operator import itemgetter

from limits import RateLimitItem, parse_many
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from app.errors import TooManyRequests
from app.language import text

__all__ = ["Limiter", "Windows"]

_MOST = 100_000  # keys at most; beyond, the oldest window is forgotten


class Windows(Storage):
    """Counters that start over when their window ends, by a clock that is given; those that ended are forgotten.

    The storage that comes with the library reads the system's clock and starts a thread every time it tidies up.

    Parameters
    ----------
    clock : callable
        Tells the time, in UTC.
    most : int, optional
        Keys that are kept.
    """

    STORAGE_SCHEME = None

    def __init__(self, clock: Callable[[], datetime], most: int = _MOST) -> None:
        super().__init__()
        self._clock = clock
        self._most = most
        self._tidy_at = 1024
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, float]] = {}

    def __len__(self) -> int:
        return len(self._windows)

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What may go wrong: nothing."""
        return ()

    def _now(self) -> float:
        return self._clock().timestamp()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, in the window that runs or in a new one; a negative amount takes back."""
        now = self._now()
        with self._lock:
            count, end = self._windows.get(key, (0, 0.0))
            if end <= now:
                self._windows.pop(key, None)
                count, end = 0, now + expiry
                self._make_room(now)
            self._windows[key] = max(0, count + amount), end
            return self._windows[key][0]

    def _make_room(self, now: float) -> None:
        if len(self._windows) >= self._tidy_at:
            self._windows = {key: window for key, window in self._windows.items() if window[1] > now}
            self._tidy_at = max(1024, 2 * len(self._windows))
        while len(self._windows) >= self._most:
            del self._windows[next(iter(self._windows))]

    def get(self, key: str) -> int:
        """How much was counted in the window that runs."""
        count, end = self._windows.get(key, (0, 0.0))
        return count if end > self._now() else 0

    def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since 1970; now, where none runs."""
        return max(self._windows.get(key, (0, 0.0))[1], self._now())

    def check(self) -> bool:
        """Whether it works."""
        return True

    def reset(self) -> int:
        """Forget everything, and say how much there was."""
        with self._lock:
            count = len(self._windows)
            self._windows = {}
        return count

    def clear(self, key: str) -> None:
        """Forget what was counted under a key."""
        with self._lock:
            self._windows.pop(key, None)


class Limiter:
    """At most so many times in so long, for each key.

    Parameters
    ----------
    notation : str
        As `app.settings.Settings` takes it, such as ``10/minute;100/hour``; empty for no limit.
    clock : callable
        Tells the time, in UTC.
    """

    def __init__(self, notation: str, clock: Callable[[], datetime]) -> None:
        self._items: tuple[RateLimitItem, ...] = tuple(parse_many(notation)) if notation else ()
        self._clock = clock
        self._windows = Windows(clock)
        self._strategy = FixedWindowRateLimiter(self._windows)

    def take(self, key: str) -> None:
        """Count once.

        Raises
        ------
        TooManyRequests
            Where that is too often; it says when to come back.
        """
        over = [item for item in self._items if not self._strategy.hit(item, key)]
        if not over:
            return
        ends = [(self._strategy.get_window_stats(item, key).reset_time, item) for item in over]
        end, item = max(ends, key=itemgetter(0))
        seconds = max(1, math.ceil(end - self._clock().timestamp()))
        raise TooManyRequests(
            text(
                "That is too often: at most {amount} in {period} seconds. Nothing was done and no attempt was used;"
                " please come back in {seconds} seconds.",
                amount=item.amount,
                period=item.get_expiry(),
                seconds=seconds,
            ),
            retry_after=seconds,
        )

    def give_back(self, key: str) -> None:
        """Take back what was counted once."""
        for item in self._items:
            self._windows.incr(item.key_for(key), item.get_expiry(), -1)
