"""Connections to PostgreSQL besides Tortoise's, outside of transactions."""

import asyncio
import logging
import socket
from contextlib import suppress
from typing import Any

import asyncpg

from quart_notes.settings import Postgres

CONNECTING = 3.0  # seconds to reach the server
IDLE = 5  # seconds of silence after which a lock is lost
ANSWER = 3.0  # seconds for a response; then the connection counts as lost
UNANSWERED_MS = 5_000  # milliseconds that bytes may stay unacknowledged, on either side, before it counts as lost
SILENT, ASK = 3, 1  # keep-alive: seconds of silence before the first probe, and seconds between probes
ASKED = 3  # probes without a response, after which the connection is lost
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)

log = logging.getLogger(__name__)

# The server's settings for a client machine that is gone or cut off: by default it notices after two hours, and keeps
# the locks of its connections until then.
WATCHFUL = {
    "tcp_user_timeout": str(UNANSWERED_MS),
    "tcp_keepalives_idle": str(SILENT),
    "tcp_keepalives_interval": str(ASK),
    "tcp_keepalives_count": str(ASKED),
}


async def connect(place: Postgres, name: str, **settings: str) -> Any:
    """A connection with an application name; raises one of FAILURES when it cannot be opened."""
    connection = await asyncpg.connect(
        place.url,
        timeout=CONNECTING,
        command_timeout=ANSWER,
        server_settings={"application_name": f"quart-notes {name}", **WATCHFUL, **settings},
    )
    watch(connection)
    return connection


async def asked(place: Postgres, query: str, *values: object) -> Any:
    """The first value of a query's result, on a connection of its own; raises one of FAILURES without a response."""
    connection = await connect(place, "question")
    try:
        return await connection.fetchval(query, *values)
    finally:
        connection.terminate()


def watch(connection: Any) -> None:
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
        "TCP_KEEPCNT": ASKED,
    }
    for name, value in options.items():
        if hasattr(socket, name):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class AdvisoryLock:
    """A lock among all processes of a database: it is lost with the connection that holds it.

    Its holder has to renew it regularly: a suspended or disconnected process has lost it after IDLE.
    """

    def __init__(self, place: Postgres, key: int) -> None:
        self._place = place
        self._key = key
        self._connection: Any = None
        self._held = False
        self._trouble = ""  # the error while it cannot be acquired

    async def take(self) -> bool:
        """Whether this process holds the lock; acquires it if it is free. An error is logged once."""
        try:
            if self._connection is None:
                self._connection = await connect(self._place, "leader", idle_session_timeout=f"{IDLE}s")
            async with asyncio.timeout(ANSWER):
                if self._held:
                    await self._connection.fetchval("SELECT 1")
                else:
                    self._held = await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", self._key)
        except BaseException as error:
            # Send nothing more on it: a server that cannot be reached would delay this.
            connection, self._connection, self._held = self._connection, None, False
            if connection is not None:
                connection.terminate()
            if not isinstance(error, FAILURES):
                raise
            self._tell(str(error) or "no answer in time")
        else:
            self._tell("")
        return self._held

    def _tell(self, trouble: str) -> None:
        """Log an error when it changes: the lock is requested several times a second."""
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if trouble:
            log.warning("The process cannot ask for the lead: %s: %s", self._place, trouble)
        else:
            log.info("The process can ask for the lead again: %s", self._place)

    async def release(self) -> None:
        """Release it."""
        connection, self._connection, self._held = self._connection, None, False
        if connection is not None:
            with suppress(*FAILURES):
                await connection.close(timeout=1)
