"""One commit for all that wait for one; what fails is told to each of them."""

from __future__ import annotations

import asyncio
import threading

import pytest

from assist2resp.load.batches import Batches


async def test_what_comes_meanwhile_is_kept_together() -> None:
    kept: list[list[int]] = []
    has_begun, may_end = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def keep(batch: list[int]) -> None:
        kept.append(batch)
        loop.call_soon_threadsafe(has_begun.set)
        assert may_end.wait(10)

    batches = Batches(keep)
    tasks = [asyncio.create_task(batches.keep(0))]
    await has_begun.wait()
    tasks += [asyncio.create_task(batches.keep(number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    may_end.set()
    await asyncio.gather(*tasks)
    await batches.settle()
    assert kept == [[0], [1, 2, 3, 4, 5]]


async def test_a_failure_is_everyones_of_its_batch_and_of_no_other() -> None:
    def keep(batch: list[int]) -> None:
        if 1 in batch:
            raise OSError("the disk is full")

    batches = Batches(keep)
    await batches.keep(0)
    told = await asyncio.gather(batches.keep(1), batches.keep(2), return_exceptions=True)
    assert [str(error) for error in told] == ["the disk is full"] * 2
    await batches.keep(3)
    await batches.settle()


async def test_who_does_not_wait_any_more_is_passed_over() -> None:
    may_end = threading.Event()
    batches = Batches(lambda _batch: may_end.wait(10) and None)
    task = asyncio.create_task(batches.keep(0))
    await asyncio.sleep(0)
    task.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    await batches.settle()
    await batches.keep(1)
