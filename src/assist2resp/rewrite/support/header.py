"""The docstring of a support module: what it holds, of whom it is, and which files lie beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from textwrap import fill

from assist2resp.rewrite.configurations.archived import REGISTRY

_TITLE = "The Assistants API of this program, answered by OpenAI's Responses and Conversations APIs."
_SURFACE = {"threads": "client.beta.threads", "assistants": "client.beta.assistants", "beta": "client.beta"}
_OURS = "assist2resp wrote this file when it migrated the program, with the parts that it uses; it is yours now, to read, change and simplify."
_FILES = {
    "ASSISTANTS_FILE": "the assistants in assistants.json (ASSISTANTS_FILE)",
    "ASSISTANTS_STATE": "what conversations cannot hold in an SQLite file (ASSISTANTS_STATE)",
    "ASSISTANTS_ID_MAP": "the conversations of old thread ids in id_map.sqlite (ASSISTANTS_ID_MAP)",
}


def header(body: str, registry: str) -> str:
    """The docstring for a support module with this body, and its end of line; `registry` is its file of assistants."""
    paragraphs = [" ".join([_held(body), _OURS, _needs(body)]), *_beside(body, registry)]
    return "\n\n".join([f'"""{_TITLE}', *map(_filled, paragraphs)]) + '\n"""\n'


@cache
def _filled(text: str) -> str:
    return fill(text, 120)


def _held(body: str) -> str:
    defined = re.findall(r"\ndef ([a-z]\w*)", body)
    stands = [f"`{name}(client)` for `{old}`" for name, old in _SURFACE.items() if name in defined]
    others = [f"`{name}()`" for name in dict.fromkeys(defined) if name not in _SURFACE]
    if not stands:
        return f"It holds what plain calls of the SDK do not say: {_listed(others)}."
    return (
        f"{_listed(stands).replace('` for', '` stands for', 1)}: the SDK's own classes and types, whose requests the"
        " functions below answer with requests of the new APIs."
    )


def _needs(body: str) -> str:
    beta = " with the classes of `openai.resources.beta`, which 1.x, 2.x and 3.x (tested up to 3.57) have"
    return f"It needs openai 1.103 or later{beta if 'openai.resources.beta' in body else ''}."


def _beside(body: str, registry: str) -> Iterator[str]:
    kept = [said.replace(REGISTRY, registry) for variable, said in _FILES.items() if variable in body]
    if kept:
        yield f"Kept beside this file, or where the environment says: {_listed(kept)}."


def _listed(texts: list[str]) -> str:
    return ", ".join(texts[:-1]) + (" and " if len(texts) > 1 else "") + texts[-1] if texts else "nothing yet"
