"""What a model's id says of the parameters that it takes."""

from __future__ import annotations

from assist2resp.schema.shutdowns import base_model

_REASONING = ("gpt-5", "gpt-6", "o1", "o3", "o4")


def reasons_by_default(model: str) -> bool:
    """Whether a model refuses `temperature` and `top_p` unless its reasoning effort is `none`."""
    return base_model(model).startswith(_REASONING)
