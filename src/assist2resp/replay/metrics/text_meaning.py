"""How near two texts are in meaning, by the embeddings of a model on this machine (extra `embeddings`).

The model is a folder that `ASSIST2RESP_EMBEDDINGS` names; nothing is downloaded.
"""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from assist2resp.replay.metrics._base import Agreement, View

_FOLDER = "ASSIST2RESP_EMBEDDINGS"


def _lacks() -> str | None:
    if not os.environ.get(_FOLDER):
        return f"no local model is named; set {_FOLDER} to the folder of one for model2vec"
    if not Path(os.environ[_FOLDER]).is_dir():
        return f"{_FOLDER} names no folder"
    return None if find_spec("model2vec") else "model2vec is not installed: pip install 'assist2resp[embeddings]'"


@lru_cache(maxsize=1)
def _model() -> Any:
    from model2vec import StaticModel

    return StaticModel.from_pretrained(Path(os.environ[_FOLDER]))


@lru_cache(maxsize=20_000)
def _vector(text: str) -> Any:
    import numpy as np

    vector = np.asarray(_model().encode([text])[0], dtype=float)
    return vector / (float(np.linalg.norm(vector)) or 1.0)


def _agree(one: View, other: View) -> float | None:
    if not one.answer.text or not other.answer.text:
        return float(one.answer.text == other.answer.text)
    return round(max(0.0, float(_vector(one.answer.text) @ _vector(other.answer.text))), 4)


METRIC = Agreement(
    name="text_meaning",
    title="Similar meaning",
    unit="share",
    better="higher",
    blind="negations, numbers and names, to which embeddings are nearly blind",
    margin=0.03,
    agree=_agree,
    lacks=_lacks,
)
