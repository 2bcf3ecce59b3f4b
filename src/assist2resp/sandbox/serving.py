"""HTTP over uvicorn, started and stopped at once: its own main loop ticks, which would cost each of them 0.1 s."""

from __future__ import annotations

import os
import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from assist2resp.errors import UsageError


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return _listening(family, address)
    except socket.gaierror as error:
        raise UsageError(f"--host {host}: no such address ({error.strerror}); 127.0.0.1 is this machine.") from error
    except OSError as error:
        hint = "choose another --port, or 0 for a free one"
        raise UsageError(f"{host}:{port}: cannot listen there ({error.strerror}); {hint}.") from error


def _listening(family: socket.AddressFamily, address: Any) -> socket.socket:
    """As `socket.create_server`, but with the protocol named: asyncio sends small answers at once only if it is."""
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(2048)
    except OSError:
        made.close()
        raise
    return made


async def start(app: ASGIApp, listening: socket.socket) -> uvicorn.Server:
    """Serve `app` on the socket from now on."""
    config = uvicorn.Config(app, log_config=None, log_level="critical", lifespan="off", ws="none", server_header=False)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listening])
    return server


async def stop(server: uvicorn.Server) -> None:
    """Stop serving, and cut what is still connected."""
    for listening in server.servers:
        listening.close()
    for connection in list(server.server_state.connections):
        connection.shutdown()
        if (transport := getattr(connection, "transport", None)) is not None:
            transport.abort()
    for listening in server.servers:
        await listening.wait_closed()
