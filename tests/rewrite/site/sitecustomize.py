"""Makes the sleeps of a program under test short, so that its polling loops end at once."""

import asyncio
import time

LONGEST = 0.005

_sleep, _async_sleep = time.sleep, asyncio.sleep


def _short_sleep(seconds):
    _sleep(min(seconds, LONGEST))


def _short_async_sleep(delay, result=None):
    return _async_sleep(min(delay, LONGEST), result)


time.sleep, asyncio.sleep = _short_sleep, _short_async_sleep
