"""Connections to PostgreSQL besides Tortoise's, outside of transactions."""

import socket
from typing import Any

import asyncpg

from quart_notes.settings import Postgres

CONNECT_TIMEOUT = 3.0  # seconds to reach the server
RESPONSE_TIMEOUT = 3.0  # seconds for a response; then the connection counts as lost
UNANSWERED_MS = 5_000  # milliseconds that bytes may stay unacknowledged, on either side, before it counts as lost
SILENT, ASK = 3, 1  # keep-alive: seconds of silence before the first probe, and seconds between probes
KEEPALIVE_PROBES = 3  # probes without a response, after which the connection is lost
CONNECTION_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)


# The server's settings for a client machine that is gone or cut off: by default it notices after two hours, and keeps
# the locks of its connections until then.
KEEPALIVE_SETTINGS = {
    "tcp_user_timeout": str(UNANSWERED_MS),
    "tcp_keepalives_idle": str(SILENT),
    "tcp_keepalives_interval": str(ASK),
    "tcp_keepalives_count": str(KEEPALIVE_PROBES),
}


async def connect(place: Postgres, name: str, **settings: str) -> Any:
    """A connection with an application name; raises one of CONNECTION_ERRORS when it cannot be opened."""
    connection = await asyncpg.connect(
        place.url,
        timeout=CONNECT_TIMEOUT,
        command_timeout=RESPONSE_TIMEOUT,
        server_settings={"application_name": f"quart-notes {name}", **KEEPALIVE_SETTINGS, **settings},
    )
    enable_keepalive(connection)
    return connection


async def fetch_value(place: Postgres, query: str, *values: object) -> Any:
    """The first value of a query's result, on a connection of its own; raises one of CONNECTION_ERRORS."""
    connection = await connect(place, "question")
    try:
        return await connection.fetchval(query, *values)
    finally:
        connection.terminate()


def enable_keepalive(connection: Any) -> None:
    """Enable keep-alives, so that this machine soon notices that the server's is gone, with or without a query.

    source   tcp(7)
    """
    line = connection._transport.get_extra_info("socket")
    if line is None or line.family == socket.AF_UNIX:
        return
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        "TCP_USER_TIMEOUT": UNANSWERED_MS,
        "TCP_KEEPIDLE": SILENT,
        "TCP_KEEPINTVL": ASK,
        "TCP_KEEPCNT": KEEPALIVE_PROBES,
    }
    for name, value in options.items():
        if hasattr(socket, name):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
