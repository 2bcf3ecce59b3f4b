"""Counts in words, as every feature says them."""

from __future__ import annotations

from collections.abc import Mapping


def counted(number: int, noun: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def counted_kinds(counts: Mapping[str, int]) -> list[str]:
    """What an archive holds of each kind: `1 assistant`, `2 vector stores`."""
    return [f"{number:,} {_kind(kind) if number != 1 else _one(_kind(kind))}" for kind, number in counts.items()]


def _kind(kind: str) -> str:
    return kind.replace("_", " ")


def _one(kind: str) -> str:
    return kind.removesuffix("es") if kind.endswith("ches") else kind.removesuffix("s")
