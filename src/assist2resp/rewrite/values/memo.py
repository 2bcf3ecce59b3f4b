"""Keeps the answers of value flow, also where questions go round in circles."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from assist2resp.rewrite.values.kinds import BOTTOM, Bottom

_Answer = TypeVar("_Answer")


class Memo:
    """Answers by question.

    A question that comes back to itself sees `Bottom`. What was found inside such a circle is only provisional: it
    serves until the question that opened the circle is answered, and is then asked afresh.
    """

    def __init__(self) -> None:
        self._final: dict[Hashable, Any] = {}
        self._provisional: dict[Hashable, tuple[Any, int]] = {}
        self._depth: dict[Hashable, int] = {}
        self._lowest = sys.maxsize

    def known(self, key: Hashable) -> Any | None:
        """The answer to a question that was answered for good."""
        return self._final.get(key)

    @property
    def is_idle(self) -> bool:
        """Whether no question is open, so that answers are final."""
        return not self._depth

    @property
    def is_circular(self) -> bool:
        """Whether the question that is being answered met one that is still open before it, so that more may come."""
        return self._lowest < len(self._depth) - 1

    def get(self, key: Hashable, compute: Callable[[], _Answer]) -> _Answer | Bottom:
        """The answer to a question, computed unless it is known."""
        known = self._final.get(key)
        if known is not None:
            return known  # type: ignore[no-any-return]
        if key in self._depth:
            self._lowest = min(self._lowest, self._depth[key])
            return BOTTOM
        if self._provisional and key in self._provisional:
            answer, lowest = self._provisional[key]
            self._lowest = min(self._lowest, lowest)
            return answer  # type: ignore[no-any-return]
        return self._ask(key, compute)

    def _ask(self, key: Hashable, compute: Callable[[], _Answer]) -> _Answer:
        depth, outside = len(self._depth), self._lowest
        self._depth[key], self._lowest = depth, sys.maxsize
        try:
            answer = compute()
        finally:
            del self._depth[key]
        if self._lowest < depth:
            self._provisional[key] = (answer, self._lowest)
            self._lowest = min(outside, self._lowest)
        else:
            self._final[key] = answer
            if any(lowest >= depth for _, lowest in self._provisional.values()):
                self._provisional = {k: v for k, v in self._provisional.items() if v[1] < depth}
            self._lowest = outside
        return answer
