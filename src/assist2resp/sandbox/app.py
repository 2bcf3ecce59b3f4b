"""The ASGI application of both APIs: the routes of `routes/*`, behind authentication, faults and the request log."""

from __future__ import annotations

from dataclasses import dataclass

from assist2resp.sandbox.store import Store
from assist2resp.sandbox.wire import Ids


@dataclass
class World:
    """What every route works on: one sandbox's objects, ids, clock and settings."""

    store: Store
    ids: Ids
