"""A model that does not say the same twice: seeded variation of what the deterministic one answers.

For trying what has to tell a change from chance. The n-th answer to a prompt follows from the seed, the prompt and n
alone. The digits at the end, which tell any change, are left out. Wording, length and white space of arguments vary with every answer; now and then a function is not called, a
citation is left out, or a question is refused. Instructions decide the manner (which phrases are likely, whether words
are emphasised), so that a lost instruction shows in many answers and in none for certain.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from assist2resp.sandbox import tokens
from assist2resp.sandbox.digest import code_of, number_of
from assist2resp.sandbox.prompt import Answer, FunctionCall, InterpreterCall, Item, Prompt, Refusal, SearchCall, Text

Model = Callable[[Prompt], Answer]
Part = SearchCall | InterpreterCall | FunctionCall | Text | Refusal | Item

UNCALLED = 0.03
"""The share of answers in which no function is called although one would be."""
UNCITED = 0.05
REFUSED = 0.01
_CLOSING = "This answer follows from everything that the model was given."
_CLOSINGS = (
    _CLOSING,
    "All of this rests on what the model was told.",
    "That is what the given context says.",
    "Nothing beyond the conversation was used.",
    "This sums up what is known so far.",
)
_CODE = re.compile(r" \[[0-9a-f]{6}\](?=$|\")")
_OPENINGS = ("About", "On", "As for", "Regarding", "With respect to")
_MORE = ("", "", "Let me know if anything is unclear.", "I can look further into it.", "Ask again for more detail.")


class Noise:
    """A model around another."""

    def __init__(self, model: Model, seed: int) -> None:
        self._model = model
        self._seed = seed
        self._asked: Counter[str] = Counter()

    def __call__(self, prompt: Prompt) -> Answer:
        code = code_of(prompt)
        self._asked[code] += 1
        dice = random.Random(f"{self._seed}/{code}/{self._asked[code]}")  # noqa: S311 - repeatable, not secret
        return varied(self._model, prompt, dice)


def varied(model: Model, prompt: Prompt, dice: random.Random) -> Answer:
    """One answer of the model, varied as the dice fall."""
    answer = model(prompt)
    chance = dice.random()
    if any(isinstance(part, FunctionCall) for part in answer.parts) and chance < UNCALLED:
        answer = model(replace(prompt, tool_choice="none"))
    elif any(isinstance(part, Text) for part in answer.parts) and chance < REFUSED:
        answer = replace(answer, parts=(Refusal("I'm sorry, but I can't help with that."),))
    parts = tuple(_varied(part, prompt, dice) for part in answer.parts)
    written = sum(tokens.of_part(part) for part in parts)
    return replace(
        answer, parts=parts, usage=replace(answer.usage, output_tokens=written or answer.usage.output_tokens)
    )


def _varied(part: Part, prompt: Prompt, dice: random.Random) -> Part:
    match part:
        case FunctionCall():
            return replace(part, arguments=_spaced(part.arguments, dice))
        case Text() if prompt.response_format is None or prompt.response_format["type"] == "text":
            return _worded(part, prompt, dice)
        case Text():
            text = _CODE.sub("", part.text).replace(_CLOSING, dice.choice(_CLOSINGS))
            return Text(text, part.citations, (text,), part.paths)
        case _:
            return part


def _spaced(arguments: str, dice: random.Random) -> str:
    """The same JSON with other white space."""
    separators = dice.choice(((",", ":"), (", ", ": ")))
    return json.dumps(json.loads(arguments), ensure_ascii=False, separators=separators)


def _worded(said: Text, prompt: Prompt, dice: random.Random) -> Text:
    """The same text in other words, its citations where they belong then."""
    manner = number_of("manner", " ".join(prompt.instructions.split()))
    opening = _likely(_OPENINGS, manner, dice)
    if manner % 2 and dice.random() < 0.8:
        opening = f"**{opening}**"
    start = said.text.find('About "')
    before, after = (said.text[:start], said.text[start + len("About") :]) if start >= 0 else (said.text, "")
    text = f"{before}{opening}{after}" if after else before
    shift = len(opening) - len("About") if after else 0
    closing, more = _likely(_CLOSINGS, manner // 7, dice), dice.choice(_MORE)
    text = _CODE.sub("", text).replace(_CLOSING, closing)
    text = f"{text} {more}".rstrip()
    moved = [replace(one, index=one.index + (shift if one.index > start >= 0 else 0)) for one in said.citations]
    kept = tuple(one for one in moved if dice.random() >= UNCITED)
    paths = tuple(
        replace(one, start=one.start + shift, end=one.end + shift) if one.start > start >= 0 else one
        for one in said.paths
    )
    return Text(text, kept, (text,), paths)


def _likely(choices: Sequence[str], manner: int, dice: random.Random) -> str:
    """One of the choices; one of them, by the manner, comes up in half of the cases."""
    return choices[manner % len(choices)] if dice.random() < 0.5 else dice.choice(choices)
