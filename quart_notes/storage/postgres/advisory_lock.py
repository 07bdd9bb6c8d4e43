"""A PostgreSQL advisory lock, held as long as its connection."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from quart_notes.settings import Postgres
from quart_notes.storage.postgres.connections import CONNECTION_ERRORS, RESPONSE_TIMEOUT, connect

KEEPALIVE_IDLE = 5  # seconds without a query after which the lock is lost

log = logging.getLogger(__name__)


class AdvisoryLock:
    """A lock among all processes of a database: it is lost with the connection that holds it.

    Its holder has to renew it regularly: a suspended or disconnected process has lost it after KEEPALIVE_IDLE.
    """

    def __init__(self, target: Postgres, key: int) -> None:
        self._target = target
        self._key = key
        self._connection: Any = None
        self._held = False
        self._error = ""  # while it cannot be acquired

    async def acquire(self) -> bool:
        """Whether this process holds the lock; acquires it if it is free. An error is logged once."""
        try:
            if self._connection is None:
                self._connection = await connect(self._target, "leader", idle_session_timeout=f"{KEEPALIVE_IDLE}s")
            async with asyncio.timeout(RESPONSE_TIMEOUT):
                if self._held:
                    await self._connection.fetchval("SELECT 1")
                else:
                    self._held = await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", self._key)
        except BaseException as error:
            # Send nothing more on it: a server that cannot be reached would delay this.
            connection, self._connection, self._held = self._connection, None, False
            if connection is not None:
                connection.terminate()
            if not isinstance(error, CONNECTION_ERRORS):
                raise
            self._log_error(str(error) or "no answer in time")
        else:
            self._log_error("")
        return self._held

    def _log_error(self, error: str) -> None:
        """Log an error when it changes: the lock is requested several times a second."""
        if error == self._error:
            return
        self._error = error
        if error:
            log.warning("The process cannot ask for the lead: %s: %s", self._target, error)
        else:
            log.info("The process can ask for the lead again: %s", self._target)

    async def release(self) -> None:
        """Release it."""
        connection, self._connection, self._held = self._connection, None, False
        if connection is not None:
            with suppress(*CONNECTION_ERRORS):
                await connection.close(timeout=1)
