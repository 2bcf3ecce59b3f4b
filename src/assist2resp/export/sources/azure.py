"""Azure OpenAI, and classic agents of a Foundry project (until 2027-03-31): the wire of Assistants under other paths.

Both list threads, so that no ids need be known; where a server does not, that is said and `--threads` gives them.
"""

from __future__ import annotations

from assist2resp.export.source import Settings
from assist2resp.export.sources.openai import OpenAISource
from assist2resp.network.azure import azure_access_of

_LISTED = ("assistants", "threads", "vector_stores", "files", "models")


def open_source(settings: Settings) -> OpenAISource:
    """The source `azure`."""
    access = azure_access_of(settings.base_url, settings.api_key, settings.api_version, user="the source azure")
    return OpenAISource("azure", settings, access, _LISTED)
