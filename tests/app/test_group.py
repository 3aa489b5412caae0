"""The thread that handles what waits as one group."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from app.errors import NotFound, Unavailable
from app.intake import GroupWorker
from app.language import text


async def _gather(worker: GroupWorker[int, int], items: Sequence[int]) -> list[int | BaseException]:
    return await asyncio.gather(*(worker.do(item) for item in items), return_exceptions=True)


def test_what_comes_in_meanwhile_is_the_next_group_in_order() -> None:
    groups: list[list[int]] = []
    busy, go_on = threading.Event(), threading.Event()

    def handle(group: Sequence[int]) -> list[int]:
        groups.append(list(group))
        busy.set()
        assert go_on.wait(10)
        return [item * item for item in group]

    async def run() -> list[int | BaseException]:
        first = asyncio.create_task(worker.do(0))
        await asyncio.to_thread(busy.wait, 10)
        rest = [asyncio.create_task(worker.do(item)) for item in range(1, 8)]
        await asyncio.sleep(0)
        go_on.set()
        return await asyncio.gather(first, *rest)

    worker: GroupWorker[int, int] = GroupWorker(handle, most=5)
    assert asyncio.run(run()) == [item * item for item in range(8)]
    worker.close()
    assert groups == [[0], [1, 2, 3, 4, 5], [6, 7]]


def test_each_has_an_outcome_of_its_own_and_a_failure_of_the_whole_is_everybodys() -> None:
    def handle(group: Sequence[int]) -> list[int | Exception]:
        if 13 in group:
            raise ZeroDivisionError("a bug of ours")
        return [NotFound(text("There is nothing at this address.")) if item == 1 else item for item in group]

    worker: GroupWorker[int, int] = GroupWorker(handle)
    found = asyncio.run(_gather(worker, [0, 1, 2]))
    failed = asyncio.run(_gather(worker, [13]))
    worker.close()
    assert (found[0], found[2]) == (0, 2)
    assert isinstance(found[1], NotFound)
    assert isinstance(failed[0], ZeroDivisionError)


def test_more_than_may_wait_are_refused_at_once() -> None:
    go_on = threading.Event()

    def handle(group: Sequence[int]) -> list[int]:
        assert go_on.wait(10)
        return list(group)

    async def run() -> list[int | BaseException]:
        tasks = [asyncio.create_task(worker.do(item)) for item in range(12)]
        await asyncio.sleep(0.05)
        go_on.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    worker: GroupWorker[int, int] = GroupWorker(handle, most=2, waiting=4)
    outcomes = asyncio.run(run())
    worker.close()
    refused = [one for one in outcomes if isinstance(one, Unavailable)]
    assert 6 <= len(refused) <= 8
    assert all(one.retry_after for one in refused)
    assert [one for one in outcomes if isinstance(one, int)] == list(range(12 - len(refused)))


def test_closing_finishes_what_waits_and_refuses_what_comes_later() -> None:
    def handle(group: Sequence[int]) -> list[int]:
        return [-item for item in group]

    async def run() -> list[int | BaseException]:
        tasks = [asyncio.create_task(worker.do(item)) for item in range(100)]
        await asyncio.sleep(0)
        await asyncio.to_thread(worker.close)
        return await asyncio.gather(*tasks)

    worker: GroupWorker[int, int] = GroupWorker(handle, most=3)
    assert asyncio.run(run()) == [-item for item in range(100)]
    (late,) = asyncio.run(_gather(worker, [1]))
    assert isinstance(late, Unavailable)


@pytest.mark.parametrize("times", [1, 3])
def test_whoever_leaves_does_not_disturb_the_others(times: int) -> None:
    go_on = threading.Event()

    def handle(group: Sequence[int]) -> list[int]:
        assert go_on.wait(10)
        return list(group)

    async def run() -> list[int | BaseException]:
        leaving = [asyncio.create_task(worker.do(item)) for item in range(times)]
        staying = asyncio.create_task(worker.do(99))
        await asyncio.sleep(0.01)
        for task in leaving:
            task.cancel()
        go_on.set()
        return [await staying]

    worker: GroupWorker[int, int] = GroupWorker(handle)
    assert asyncio.run(run()) == [99]
    worker.close()


def test_what_is_done_between_groups_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise OSError("no room")

    worker: GroupWorker[int, int] = GroupWorker(list, idle=fail)
    assert asyncio.run(_gather(worker, [1])) == [1]
    assert asyncio.run(_gather(worker, [2])) == [2]
    worker.close()
    assert "tried again later" in caplog.text


def test_too_few_results_are_nobodys() -> None:
    worker: GroupWorker[int, int] = GroupWorker(lambda group: [1, 2] if 0 in group else list(group))
    (failed,) = asyncio.run(_gather(worker, [0]))
    (found,) = asyncio.run(_gather(worker, [7]))
    worker.close()
    assert isinstance(failed, ValueError)
    assert found == 7
