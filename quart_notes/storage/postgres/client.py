"""Tortoise's PostgreSQL client with the connections that this application needs.

Tortoise 1.1 leaks a pooled connection whose task is cancelled while it enters a transaction.
source   Tortoise's backends/asyncpg/client.py and backends/base/client.py; asyncpg's pool.py
"""

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.connection import get_connections

from quart_notes.settings import Postgres
from quart_notes.storage.postgres.connections import FAILURES, WATCHFUL, watch
from quart_notes.storage.postgres.transactions import StrictTransaction, translated

Role = Literal["shared", "alone", "reader", "aside", "migrator"]  # the first two write

# Id of the advisory lock of all processes that may write: servers share it, exclusive commands do not.
IN_USE = 0x51756172744E02

CONNECTING = 3.0  # seconds to reach the server
WAITING = 10.0  # seconds to wait for a connection of the pool
LOCK_WAIT = 5  # seconds for another process's write
USE_WAIT = 1  # seconds for IN_USE: the server may not have noticed yet that a process has ended
IDLE = 10  # seconds that a transaction may be idle, as when its process was suspended: others wait for its lock
MIGRATION_WAIT = 600  # seconds for another process's migrations
SLACK = 5  # seconds that we wait longer than the server's own timeout, in case it is gone

TAKE_USE = "SET lock_timeout = '{wait}s'; SELECT pg_advisory_lock{kind}({lock}); RESET lock_timeout"


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection whose settings never change, so that little has to be reset when it returns to its pool."""

    async def reset(self, *, timeout: float | None = None) -> None:
        """Roll back what a failure or a cancelled task has left open."""
        if self.is_in_transaction():
            await self.execute("ROLLBACK", timeout=timeout)

    def _cancel_current_command(
        self, waiter: asyncio.Future[None], cancel_waiter: asyncio.Future[None] | None = None
    ) -> None:
        """Let a query whose caller has left run to its end; the reset of the connection waits for it.

        A cancellation needs a connection of its own, and many callers may leave at once.
        """
        waiter.set_result(None)


class StrictContext(TransactionContext):
    """Always releases the connection: rolled back, or closed when that fails."""

    def __init__(self, client: "StrictClient") -> None:
        self.connection_name = client.connection_name
        self._client = client

    async def __aenter__(self) -> TransactionalDBClient:
        self._held = await self._client.take()
        try:
            self.client = StrictTransaction(self._client, self._held)
            await self.client.begin()
        except BaseException:
            await self._client.give_back(self._held)
            raise
        self._token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        get_connections().reset(self._token)
        try:
            if exc_type is None and not self.client._finalized:
                await self.client.commit()
        finally:
            await self._client.give_back(self._held)


class StrictClient(AsyncpgDBClient):
    """Connections to one database, each of which is reopened at its next use after it was lost.

    role   their use; all roles but the reader have one connection
    """

    def __init__(self, connection_name: str, place: Postgres, role: Role) -> None:
        super().__init__(connection_name=connection_name)
        self.place = place
        self.role = role
        self._giving: set[asyncio.Task[None]] = set()

    async def create_connection(self, with_db: bool) -> None:
        """Open all connections, to check that it is possible."""
        patient = self.role == "migrator"
        seconds = MIGRATION_WAIT if patient else self.place.timeout
        size = self.place.pool if self.role == "reader" else 1
        with translated():
            self._pool = await asyncpg.create_pool(
                self.place.url,
                init_size=size,
                min_size=0,  # reopened at their use: the pool would retry for ever, with a traceback each time
                max_size=size,
                max_inactive_connection_lifetime=0,  # a connection stays open, however long it is idle and
                max_queries=math.inf,  # however often it was used: it may hold a lock
                connection_class=Connection,
                init=self._prepare,
                timeout=CONNECTING,
                command_timeout=seconds + SLACK,
                server_settings={
                    "application_name": f"quart-notes {self.role}",
                    "synchronous_commit": "on",  # a commit is on the disk before its response or event leaves
                    "statement_timeout": f"{seconds}s",
                    "lock_timeout": f"{seconds if patient else LOCK_WAIT}s",
                    "idle_in_transaction_session_timeout": f"{IDLE}s",
                    **WATCHFUL,
                    "jit": "off",  # compiling takes longer than our queries
                },
            )
            await self._post_connect()

    async def _prepare(self, connection: Any) -> None:
        watch(connection)
        if self.role in {"shared", "alone"}:
            # On this very connection: no process writes without the lock, nor after the connection is lost.
            kind = "_shared" if self.role == "shared" else ""
            try:
                await connection.execute(TAKE_USE.format(wait=USE_WAIT, kind=kind, lock=IN_USE))
            except asyncpg.LockNotAvailableError:
                raise asyncpg.LockNotAvailableError("it is in use by another Quart Notes process") from None

    async def take(self) -> Any:
        """Acquire a connection; the caller releases it."""
        pool = self._pool
        with translated():
            if pool is None:
                raise asyncpg.InterfaceError("the database is closed")
            if pool.get_idle_size():
                return await pool.acquire()
            # A connection may have to be opened: a caller who leaves must not leave half of it behind.
            taking = asyncio.create_task(_patiently(pool))
            try:
                return await asyncio.shield(taking)
            except asyncio.CancelledError:
                taking.add_done_callback(self._give_back_in_time)
                raise

    def _give_back_in_time(self, taking: asyncio.Task[Any]) -> None:
        if not taking.cancelled() and taking.exception() is None:
            self._giving.add(giving := asyncio.create_task(self.give_back(taking.result())))
            giving.add_done_callback(self._giving.discard)

    async def give_back(self, connection: Any) -> None:
        """Release it; an open transaction is rolled back. Cancellation does not prevent this."""
        await asyncio.shield(asyncio.create_task(self._give_back(connection)))

    async def _give_back(self, connection: Any) -> None:
        if self._pool is not None:
            with suppress(*FAILURES):  # it is closed then, and the next one is opened at its first use
                await self._pool.release(connection, timeout=CONNECTING)

    async def _translate_exceptions(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with translated():
            return await func(self, *args, **kwargs)

    def _in_transaction(self) -> TransactionContext:
        return StrictContext(self)


async def _patiently(pool: Any) -> Any:
    async with asyncio.timeout(WAITING):
        return await pool.acquire()


client_class: type[Any] = StrictClient
