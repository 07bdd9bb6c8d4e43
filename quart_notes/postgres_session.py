"""Connections to PostgreSQL beside Tortoise's: for what lasts as long as the process and is no transaction."""

import asyncio
import socket
from contextlib import suppress
from typing import Any

import asyncpg

from quart_notes.settings import Postgres

CONNECTING = 3.0  # seconds to reach the server
ANSWER = 3.0  # seconds for an answer; then the connection counts as lost
UNANSWERED_MS = 5_000  # milliseconds bytes may stay unacknowledged, here or there, before it counts as lost
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)


async def connect(place: Postgres, name: str) -> Any:
    """A connection that says its name to whoever looks at the server; one of FAILURES when there is none to be had."""
    connection = await asyncpg.connect(
        place.url,
        timeout=CONNECTING,
        command_timeout=ANSWER,
        server_settings={"application_name": f"quart-notes {name}", "tcp_user_timeout": str(UNANSWERED_MS)},
    )
    line = connection._transport.get_extra_info("socket")
    if line is not None and line.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_MS)
    return connection


class AdvisoryLock:
    """A lock among all processes of a database: it is lost with the connection that holds it."""

    def __init__(self, place: Postgres, key: int) -> None:
        self._place = place
        self._key = key
        self._connection: Any = None
        self._held = False

    async def take(self) -> bool:
        """Whether this process holds it now; takes it if nobody does."""
        try:
            if self._connection is None:
                self._connection = await connect(self._place, "leader")
            async with asyncio.timeout(ANSWER):
                if self._held:
                    await self._connection.fetchval("SELECT 1")
                else:
                    self._held = await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", self._key)
        except FAILURES:
            await self.release()
        return self._held

    async def release(self) -> None:
        """Let another one have it."""
        connection, self._connection, self._held = self._connection, None, False
        if connection is not None:
            with suppress(*FAILURES):
                await connection.close(timeout=1)
