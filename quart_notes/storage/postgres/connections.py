"""Connections to PostgreSQL besides Tortoise's, outside of transactions."""

import socket
from typing import Any

import asyncpg

from quart_notes.settings import Postgres

CONNECT_TIMEOUT = 3.0  # seconds to reach the server
RESPONSE_TIMEOUT = 3.0  # seconds for a response; then the connection counts as lost
UNANSWERED_MS = 5_000  # milliseconds that bytes may stay unacknowledged, on either side, before it counts as lost
KEEPALIVE_IDLE, KEEPALIVE_INTERVAL = 3, 1  # seconds of silence before the first probe, and between probes
KEEPALIVE_PROBES = 3  # probes without a response, after which the connection is lost
CONNECTION_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)


# The server's settings for a client machine that is gone or cut off: by default it notices after two hours, and keeps
# the locks of its connections until then.
KEEPALIVE_SETTINGS = {
    "tcp_user_timeout": str(UNANSWERED_MS),
    "tcp_keepalives_idle": str(KEEPALIVE_IDLE),
    "tcp_keepalives_interval": str(KEEPALIVE_INTERVAL),
    "tcp_keepalives_count": str(KEEPALIVE_PROBES),
}


async def connect(
    target: Postgres, name: str, *, response_timeout: float | None = RESPONSE_TIMEOUT, **settings: str
) -> Any:
    """A connection with an application name; raises one of CONNECTION_ERRORS when it cannot be opened.

    response_timeout   seconds for a response; None: no limit
    """
    connection = await asyncpg.connect(
        target.url,
        timeout=CONNECT_TIMEOUT,
        command_timeout=response_timeout,
        server_settings={"application_name": f"quart-notes {name}", **KEEPALIVE_SETTINGS, **settings},
    )
    enable_keepalive(connection)
    return connection


async def fetch_value(target: Postgres, query: str, *values: object) -> Any:
    """The first value of a query's result, on a connection of its own; raises one of CONNECTION_ERRORS."""
    connection = await connect(target, "query")
    try:
        return await connection.fetchval(query, *values)
    finally:
        connection.terminate()


def enable_keepalive(connection: Any) -> None:
    """Enable keep-alives, so that this machine soon notices that the server's is gone, with or without a query.

    source   tcp(7)
    """
    tcp = connection._transport.get_extra_info("socket")
    if tcp is None or tcp.family == socket.AF_UNIX:
        return
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        "TCP_USER_TIMEOUT": UNANSWERED_MS,
        "TCP_KEEPIDLE": KEEPALIVE_IDLE,
        "TCP_KEEPINTVL": KEEPALIVE_INTERVAL,
        "TCP_KEEPCNT": KEEPALIVE_PROBES,
    }
    for name, value in options.items():
        if hasattr(socket, name):
            tcp.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
