"""An event loop on a thread of its own, so that blocking code and other loops can use what runs on it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """A running event loop; `close` cancels what is left on it and ends the thread."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` on the loop and wait for what it returns."""
        return self.submit(work).result()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run `work` on the loop, without waiting."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    @property
    def is_closed(self) -> bool:
        """Whether nothing runs here any more."""
        return self.loop.is_closed()

    def post(self, callback: Callable[[], object]) -> None:
        """Have `callback` called on the loop soon, or not at all if it is closed."""
        if not self.is_closed:
            self.loop.call_soon_threadsafe(callback)

    def close(self) -> None:
        """Cancel every task, then stop and close the loop."""
        self.call(_cancel_others())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


async def _cancel_others() -> None:
    loop = asyncio.get_running_loop()
    others = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await loop.shutdown_asyncgens()
