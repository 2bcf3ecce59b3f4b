"""Both APIs on this machine, without a key: `with sandbox() as server: OpenAI(base_url=server.url, api_key="any")`.

The witness of this project: it imports nothing else of it but `errors`, `plugins` and `schema`.
Nothing is imported until it is asked for, so that the pytest plugin costs nothing where the extra is absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assist2resp.sandbox.requestlog import LoggedRequest as LoggedRequest
    from assist2resp.sandbox.server import Sandbox as Sandbox
    from assist2resp.sandbox.server import sandbox as sandbox

__all__ = ["LoggedRequest", "Sandbox", "sandbox"]

_EXTRA = {"starlette", "uvicorn", "python_multipart", "yaml"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from assist2resp.sandbox import server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        from assist2resp.errors import MissingExtraError

        raise MissingExtraError("The sandbox", "sandbox") from error
    return getattr(server, name)
