"""Recorded ids and the sandbox's for them, and models of one kind for another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assist2resp.sandbox import models_data


def known_model(name: Any, *, reasons: bool = False) -> str:
    """The model, or one of the same kind where the sandbox does not know it."""
    return str(name) if name and models_data.exists(str(name)) else ("gpt-5" if reasons else "gpt-4o")


def learn(ids: dict[str, str], was: Any, now: Any) -> None:
    """Take over which id of the sandbox stands where a recorded one stood, unless that is known.

    A file's own recorded id in an answer says nothing: the script, which cites files, has put it there.
    """
    if isinstance(was, dict) and isinstance(now, dict):
        for key in was.keys() & now.keys():
            is_id = key == "id" or key.endswith("_id")
            scripted = key == "file_id" and was[key] == now[key]
            if is_id and not scripted and isinstance(was[key], str) and isinstance(now[key], str):
                ids.setdefault(was[key], now[key])
            learn(ids, was[key], now[key])
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for left, right in zip(was, now, strict=True):
            learn(ids, left, right)


def renamed(value: Any, ids: Mapping[str, str]) -> Any:
    """The value with the sandbox's ids in place of recorded ones."""
    if isinstance(value, dict):
        return {key: renamed(inner, ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, ids) for inner in value]
    return ids.get(value, value) if isinstance(value, str) else value
