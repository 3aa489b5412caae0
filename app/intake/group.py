"""One thread that handles together whatever came in while it was busy: a batch that grows with the load."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeAlias, TypeVar

from app.errors import RETRY_SECONDS, Unavailable, our_failure
from app.language import text

__all__ = ["GroupWorker", "QueueWatch"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_log = logging.getLogger("upto")

_Entry: TypeAlias = tuple[Item, "asyncio.Future[Result]", float]
"""What waits, who waits for it, and since when by `time.monotonic`."""


class QueueWatch(Protocol):
    """Is told how a queue stands."""

    def waits(self, length: int, since: float) -> None:
        """Hear how many wait, and since when the oldest that has no answer yet does; 0 where there is none."""

    def takes(self, size: int) -> None:
        """Hear how many are handled together."""


class GroupWorker(Generic[Item, Result]):
    """A thread, a queue before it, and a function that handles groups.

    Where nothing waits, an item is handled at once and alone. Under load the items that arrive during one group are the
    next one, so that what a group costs once (a commit that waits for the disk, a call into NumPy) is shared by
    all of it.

    Parameters
    ----------
    handle : callable
        Takes a group in the order of arrival; gives for each item a result, or the exception that it ends with. What
        it raises itself ends every item of the group.
    most : int
        Items in a group at most. More would gain little, and whoever waits would all be served at once and then
        all wait again.
    waiting : int
        Items that may wait; more are refused at once.
    idle : callable, optional
        Called after every group, and at least about once in `idle_seconds`.
    idle_seconds : float, optional
    watch : QueueWatch, optional
        Is told how the queue stands.
    """

    def __init__(
        self,
        handle: Callable[[Sequence[Item]], Sequence[Result | Exception]],
        *,
        most: int = 32,
        waiting: int = 4096,
        idle: Callable[[], None] | None = None,
        idle_seconds: float = 60.0,
        watch: QueueWatch | None = None,
    ) -> None:
        self._handle = handle
        self._most = most
        self._waiting = waiting
        self._idle = idle
        self._idle_seconds = idle_seconds
        self._watch = watch
        self._since = 0.0  # when the oldest that has no answer yet came
        self._queue: queue.SimpleQueue[_Entry[Item, Result] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="upto-group", daemon=True)
        self._thread.start()

    async def do(self, item: Item) -> Result:
        """Hand an item over and wait for what becomes of it.

        Raises
        ------
        Unavailable
            Where too many wait already, or the service is about to stop.
        """
        if self._closed:
            raise Unavailable(text("The service is about to stop. Please try again."), retry_after=RETRY_SECONDS)
        if self._queue.qsize() >= self._waiting:
            raise Unavailable(
                text("Too many submissions are waiting. Nothing was kept; please try again."),
                retry_after=RETRY_SECONDS,
            )
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        now = time.monotonic()
        self._tell(self._since or now, self._queue.qsize() + 1)  # before: what is told afterwards is the later truth
        self._queue.put((item, future, now))
        return await future

    def _tell(self, since: float, length: int) -> None:
        self._since = since
        if self._watch is not None:
            self._watch.waits(length, since)

    def close(self) -> None:
        """Finish what waits, and end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        ended = False
        while not ended:
            group, ended = self._next_group()
            if group:
                self._tell(group[0][2], self._queue.qsize())
                if self._watch is not None:
                    self._watch.takes(len(group))
                self._finish(group)
                self._tell(0.0 if self._queue.empty() else time.monotonic(), self._queue.qsize())
            if self._idle is not None and not ended:
                try:
                    self._idle()
                except Exception:  # noqa: BLE001 - it is logged, and submissions go on
                    _log.exception("what is done between groups failed; it is tried again later")
        while not self._queue.empty():  # what came while it was closed
            entry = self._queue.get()
            if entry is not None:
                future = entry[1]
                future.get_loop().call_soon_threadsafe(_answer, [(future, our_failure())])

    def _next_group(self) -> tuple[list[_Entry[Item, Result]], bool]:
        """What waits, at most a group of it, and whether that is the end."""
        group = []
        try:
            entry = self._queue.get(timeout=self._idle_seconds)
            while entry is not None:
                group.append(entry)
                if len(group) == self._most:
                    return group, False
                entry = self._queue.get_nowait()
        except queue.Empty:
            return group, False
        return group, True

    def _finish(self, group: list[_Entry[Item, Result]]) -> None:
        results: Sequence[Result | Exception]
        try:
            results = self._handle([item for item, _, _ in group])
        except Exception as error:  # noqa: BLE001 - it goes to those who wait for it
            results = [error] * len(group)
        if len(results) != len(group):  # nobody can tell whose is whose
            results = [ValueError(f"{len(group)} were handed over, and {len(results)} came back")] * len(group)
        loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Result], Result | Exception]]]
        loops = defaultdict(list)
        for (_, future, _), result in zip(group, results, strict=True):
            loops[future.get_loop()].append((future, result))
        for loop, answers in loops.items():
            try:
                loop.call_soon_threadsafe(_answer, answers)
            except RuntimeError:  # the loop is closed: nobody waits any more
                _log.warning("%d results came after the service had stopped waiting", len(answers))


def _answer(answers: Sequence[tuple[asyncio.Future[Result], Result | Exception]]) -> None:
    for future, result in answers:
        if future.done():  # whoever waited has left
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
