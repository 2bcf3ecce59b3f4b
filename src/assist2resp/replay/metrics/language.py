"""Whether two answers are in the same language, by script and by frequent words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from assist2resp.replay.metrics._base import Agreement, View

_WORDS = {
    "en": "the and of to is you that it for with are this your have not can be on as at by from will what if or",
    "de": "der die das und ist nicht sie mit für auf ein eine den dem wie auch sich werden haben bei oder ihre kann",
    "fr": "le la les des est et vous une pour dans que qui pas avec votre sur nous sont cette plus être au du",
    "es": "el la los las que es de y una para con por no su como se más del está puede usted este son",
    "pt": "o a os as que é de e uma para com por não seu como se mais do da você pode este são em",
    "it": "il lo la gli che è di e una per con non suo come si più del della sono questo può anche nel",
    "nl": "de het een en is niet van dat met voor op zijn u je ook aan bij kan worden deze naar heeft",
    "pl": "i w na z nie się to jest że do jak po od czy dla są tym może przez",
    "sv": "och att det är som en på för med inte av den till har du kan ett om från",
    "tr": "ve bir bu için ile de da olarak daha çok ne gibi var olan değil sizin",
}
_KNOWN = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_TOKEN = re.compile(r"[^\W\d_]+")
_SCRIPTS = ("CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DEVANAGARI", "THAI", "HANGUL", "HIRAGANA", "KATAKANA", "CJK")
_ENOUGH = 3
"""Known words that tell a language."""
_MOST = 2_000


@lru_cache(maxsize=20_000)
def language_of(text: str) -> str | None:
    """A language or a script; None where the text is too short or too mixed to tell."""
    part = text[:_MOST]
    if not part.isascii():
        script = _script(part)
        if script is not None:
            return script
    words = Counter(_TOKEN.findall(part.casefold()))
    scores = {language: sum(words[word] for word in known) for language, known in _KNOWN.items()}
    (best, most), (_, second) = Counter(scores).most_common(2)
    return best if most >= _ENOUGH and most > second else None


def _script(text: str) -> str | None:
    letters = [unicodedata.name(sign, "").partition(" ")[0] for sign in text if sign.isalpha() and not sign.isascii()]
    total = sum(sign.isalpha() for sign in text)
    found = Counter(name for name in letters if name in _SCRIPTS)
    if not found or found.total() * 2 < total:
        return None
    japanese = found["HIRAGANA"] + found["KATAKANA"]
    return "JAPANESE" if japanese else found.most_common(1)[0][0]


def _agree(one: View, other: View) -> float | None:
    ours, theirs = language_of(one.answer.text), language_of(other.answer.text)
    return None if ours is None or theirs is None else float(ours == theirs)


def _explain(old: View, new: View) -> str:
    ours, theirs = language_of(old.answer.text), language_of(new.answer.text)
    return f"{theirs}, was {ours}" if ours and theirs and ours != theirs else ""


METRIC = Agreement(
    name="language",
    title="Same language",
    unit="share",
    better="higher",
    blind="answers of a few words; languages that it has no words of, unless their script tells",
    margin=0.02,
    agree=_agree,
    explain=_explain,
)
