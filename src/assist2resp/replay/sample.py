"""Draws some of the turns: the same ones for the same seed, from each stratum its share."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from assist2resp.errors import UsageError
from assist2resp.replay.turns import Turn
from assist2resp.schema.comparison import LeftOut

DEFAULT_STRATA = ("assistant", "length", "tools")


@dataclass(frozen=True)
class Sample:
    """How many to draw: a number, or a share of all."""

    number: int | None = None
    share: float | None = None

    @classmethod
    def parse(cls, text: str) -> Sample:
        """`200` or `5%`."""
        try:
            if text.endswith("%"):
                share = float(text[:-1]) / 100
                if 0 < share <= 1:
                    return cls(share=share)
            elif int(text) > 0:
                return cls(number=int(text))
        except ValueError:
            pass
        raise UsageError(f"--sample {text}: write a number of cases such as 200, or a share such as 5%.")

    def size(self, of: int) -> int:
        """How many that is of so many."""
        wanted = self.number if self.number is not None else round((self.share or 1) * of)
        return max(1, min(of, wanted))


def draw(turns: Sequence[Turn], sample: Sample, strata: Sequence[str], seed: int) -> tuple[list[Turn], list[LeftOut]]:
    """The turns of the sample in their order, and how many of each stratum are not in it."""
    _check(turns, strata)
    buckets: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        buckets[_stratum(turn, strata)].append(turn)
    shares = _shares({name: len(bucket) for name, bucket in buckets.items()}, sample.size(len(turns)))
    kept: set[str] = set()
    for name, bucket in buckets.items():
        kept.update(turn.id for turn in sorted(bucket, key=lambda turn: _rank(seed, turn.id))[: shares[name]])
    left = Counter({name: len(bucket) - shares[name] for name, bucket in buckets.items()})
    reasons = [
        LeftOut(reason=f"not in the sample: {name or 'any'}", count=count)
        for name, count in sorted(left.items())
        if count
    ]
    return [turn for turn in turns if turn.id in kept], reasons


def _check(turns: Sequence[Turn], strata: Sequence[str]) -> None:
    known = {field for turn in turns for field in turn.groups}
    for field in strata:
        if field not in known:
            raise UsageError(f"--stratify {field}: no case has such a group; there are {', '.join(sorted(known))}.")


def _stratum(turn: Turn, strata: Sequence[str]) -> str:
    return ", ".join(f"{field}={turn.groups.get(field, '')}" for field in strata)


def _rank(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}/{name}".encode("utf-8", "surrogatepass")).digest()


def _shares(sizes: dict[str, int], wanted: int) -> dict[str, int]:
    """So many of each stratum: one at least where there is room, the rest in proportion, the largest remainders first."""
    whole = sum(sizes.values())
    shares = dict.fromkeys(sizes, 0)
    if wanted >= len(sizes):
        shares = dict.fromkeys(sizes, 1)
    exact = {name: wanted * size / whole for name, size in sizes.items()}
    shares = {name: min(sizes[name], max(shares[name], int(exact[name]))) for name in sizes}
    by_need = sorted(sizes, key=lambda name: (shares[name] - exact[name], name))
    while (missing := wanted - sum(shares.values())) != 0:
        step = 1 if missing > 0 else -1
        for name in by_need if step > 0 else reversed(by_need):
            if sum(shares.values()) == wanted:
                break
            floor = 1 if wanted >= len(sizes) else 0
            if floor <= shares[name] + step <= sizes[name]:
                shares[name] += step
    return shares
