"""How an OpenAI API is reached: the base URL, and the headers that carry the user's key."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from assist2resp.errors import UsageError

OFFICIAL = "https://api.openai.com/v1"
_OPTIONAL = (("openai-organization", "OPENAI_ORG_ID"), ("openai-project", "OPENAI_PROJECT_ID"))


@dataclass(frozen=True)
class Access:
    """Where an API is, and what every request to it carries. It holds the key: never show it."""

    base_url: str
    headers: dict[str, str]
    key_name: str = "OPENAI_API_KEY"
    """The variable that says the key."""
    query: dict[str, str] = field(default_factory=dict)
    """What every request carries after its path."""


def base_url_of(base_url: str | None) -> str:
    """What is given, else what the environment says, else OpenAI's own."""
    return base_url or os.environ.get("OPENAI_BASE_URL") or OFFICIAL


def access_of(base_url: str | None, api_key: str | None, *, user: str) -> Access:
    """What is given, else what the environment says; a UsageError names the `user` of it that lacks something."""
    key = api_key or os.environ.get("OPENAI_API_KEY")
    if not key:
        raise UsageError(f"{user} needs an API key; set OPENAI_API_KEY (any, where the server wants none).")
    if key.startswith("sk-admin-") and user != "--org":
        raise UsageError(f"{user} needs the key of a project, and OPENAI_API_KEY holds an administrator's; see --org.")
    if not key.isascii() or not key.isprintable():
        raise UsageError(f"{user} cannot send the API key: it holds a sign that no header may; check OPENAI_API_KEY.")
    base_url = base_url_of(base_url)
    if not base_url.startswith(("http://", "https://")):
        raise UsageError("the base URL must begin with http:// or https://")
    headers = {"authorization": f"Bearer {key}"}
    headers |= {name: os.environ[variable] for name, variable in _OPTIONAL if os.environ.get(variable)}
    return Access(base_url, headers)
