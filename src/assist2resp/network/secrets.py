"""What must never be shown, and texts without it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from assist2resp.network.access import Access

_KEY = re.compile(r"(sk|sess|ek|rk)-[A-Za-z0-9_*-]{6,}")
_SECRET_HEADERS = ("authorization", "api-key", "openai-organization", "openai-project")
_SHORTEST = 4
"""Shorter ones would take words out of ordinary texts."""


class Secrets:
    """The secrets of one access."""

    def __init__(self, access: Access) -> None:
        parts = urlsplit(access.base_url)
        keys = [
            value.removeprefix("Bearer ") for name, value in access.headers.items() if name.lower() in _SECRET_HEADERS
        ]
        known = [*keys, parts.password or "", parts.username or "", parts.query]
        self._known = [secret for secret in known if len(secret) >= _SHORTEST]

    def clean(self, text: str) -> str:
        """A text without any secret that it may repeat, and without what looks like a key."""
        for secret in self._known:
            text = text.replace(secret, "…")
        return _KEY.sub(r"\1-…", text)
