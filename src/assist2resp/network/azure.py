"""How Azure's spellings of the API are reached: Azure OpenAI, and classic agents of a Foundry project.

https://learn.microsoft.com/azure/foundry-classic/openai/reference and
https://learn.microsoft.com/azure/foundry-classic/agents/quickstart
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from assist2resp.errors import UsageError
from assist2resp.network.access import Access

_FOUNDRY = "/api/projects/"
_VERSIONS = {"openai": "2025-04-01-preview", "foundry": "2025-05-01"}
"""What is asked for where nobody says otherwise."""
_KEY, _TOKEN = "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN"


def azure_access_of(base_url: str | None, api_key: str | None, api_version: str | None, *, user: str) -> Access:
    """What is given, else what the environment says; a UsageError names the `user` of it that lacks something."""
    base_url = base_url or os.environ.get("AZURE_OPENAI_ENDPOINT")
    if not base_url:
        raise UsageError(f"{user} needs the endpoint of a resource or project; give --base-url.")
    if not base_url.startswith(("http://", "https://")):
        raise UsageError("the base URL must begin with http:// or https://")
    api_key, token = api_key or os.environ.get(_KEY), os.environ.get(_TOKEN)
    if not api_key and not token:
        raise UsageError(f"{user} needs {_KEY}, or {_TOKEN} with a token of Entra, which Foundry's projects demand.")
    secret = api_key or token or ""
    if not secret.isascii() or not secret.isprintable():
        raise UsageError(f"{user} cannot send the key: it holds a sign that no header may; check {_KEY} or {_TOKEN}.")
    headers = {"api-key": secret} if api_key else {"authorization": f"Bearer {secret}"}
    base_url, version = _spelled(base_url.rstrip("/"))
    version = api_version or os.environ.get("OPENAI_API_VERSION") or version
    return Access(base_url, headers, _KEY if api_key else _TOKEN, {"api-version": version})


def _spelled(base_url: str) -> tuple[str, str]:
    """The base of the routes, and the version to ask for."""
    path = urlsplit(base_url).path
    if _FOUNDRY in path:
        return base_url, _VERSIONS["foundry"]
    return base_url if "/openai" in path else f"{base_url}/openai", _VERSIONS["openai"]
