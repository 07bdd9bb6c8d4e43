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
from quart_notes.storage.postgres.connections import (
    CONNECT_TIMEOUT,
    CONNECTION_ERRORS,
    KEEPALIVE_SETTINGS,
    enable_keepalive,
)
from quart_notes.storage.postgres.transactions import PostgresTransaction, translate_errors

Role = Literal["shared", "alone", "reader", "aside", "migrator"]  # the first two write

# Id of the advisory lock of all processes that may write: servers share it, exclusive commands do not.
DATABASE_IN_USE_LOCK = 0x51756172744E02

ACQUIRE_TIMEOUT = 10.0  # seconds to wait for a connection of the pool
LOCK_TIMEOUT = 5  # seconds for another process's write
IN_USE_TIMEOUT = 1  # seconds for DATABASE_IN_USE_LOCK: the server may not have noticed yet that a process has ended
IDLE_TRANSACTION_TIMEOUT = 10  # seconds that a suspended process may hold the lock of its transaction
MIGRATION_TIMEOUT = 600  # seconds for another process's migrations
SLACK = 5  # seconds that we wait longer than the server's own timeout, in case it is gone


class PoolConnection(asyncpg.Connection):  # type: ignore[misc]
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


class PostgresContext(TransactionContext):
    """Always releases the connection: rolled back, or closed when that fails."""

    def __init__(self, client: "PostgresDbClient") -> None:
        self.connection_name = client.connection_name
        self._client = client

    async def __aenter__(self) -> TransactionalDBClient:
        self._acquired = await self._client.acquire()
        try:
            self.client = PostgresTransaction(self._client, self._acquired)
            await self.client.begin()
        except BaseException:
            await self._client.release(self._acquired)
            raise
        self._token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        get_connections().reset(self._token)
        try:
            if exc_type is None and not self.client._finalized:
                await self.client.commit()
        finally:
            await self._client.release(self._acquired)


class PostgresDbClient(AsyncpgDBClient):
    """Connections to one database, each of which is reopened at its next use after it was lost.

    role   their use; all roles but the reader have one connection
    """

    def __init__(self, connection_name: str, target: Postgres, role: Role) -> None:
        super().__init__(connection_name=connection_name)
        self.target = target
        self.role = role
        self._releasing: set[asyncio.Task[None]] = set()

    async def create_connection(self, with_db: bool) -> None:
        """Open all connections, to check that it is possible."""
        migrates = self.role == "migrator"
        seconds = MIGRATION_TIMEOUT if migrates else self.target.timeout
        size = self.target.pool if self.role == "reader" else 1
        with translate_errors():
            self._pool = await asyncpg.create_pool(
                self.target.url,
                init_size=size,
                min_size=0,  # reopened at their use: the pool would retry for ever, with a traceback each time
                max_size=size,
                max_inactive_connection_lifetime=0,  # a connection stays open, however long it is idle and
                max_queries=math.inf,  # however often it was used: it may hold a lock
                connection_class=PoolConnection,
                init=self._prepare,
                timeout=CONNECT_TIMEOUT,
                command_timeout=seconds + SLACK,
                server_settings={
                    "application_name": f"quart-notes {self.role}",
                    "synchronous_commit": "on",  # a commit is on the disk before its response or event leaves
                    "statement_timeout": f"{seconds}s",
                    "lock_timeout": f"{seconds if migrates else LOCK_TIMEOUT}s",
                    "idle_in_transaction_session_timeout": f"{IDLE_TRANSACTION_TIMEOUT}s",
                    **KEEPALIVE_SETTINGS,
                    "jit": "off",  # compiling takes longer than our queries
                },
            )
            await self._post_connect()

    async def _prepare(self, connection: Any) -> None:
        enable_keepalive(connection)
        if self.role in {"shared", "alone"}:
            # On this very connection: no process writes without the lock, nor after the connection is lost.
            try:
                await lock_database(connection, shared=self.role == "shared")
            except asyncpg.LockNotAvailableError:
                raise asyncpg.LockNotAvailableError("it is in use by another Quart Notes process") from None

    async def acquire(self) -> Any:
        """Acquire a connection; the caller releases it."""
        pool = self._pool
        with translate_errors():
            if pool is None:
                raise asyncpg.InterfaceError("the database is closed")
            if pool.get_idle_size():
                return await pool.acquire()
            # A connection may have to be opened: a caller who leaves must not leave half of it behind.
            acquiring = asyncio.create_task(_acquire_with_timeout(pool))
            try:
                return await asyncio.shield(acquiring)
            except asyncio.CancelledError:
                acquiring.add_done_callback(self._release_with_timeout)
                raise

    def _release_with_timeout(self, acquiring: asyncio.Task[Any]) -> None:
        if not acquiring.cancelled() and acquiring.exception() is None:
            self._releasing.add(releasing := asyncio.create_task(self.release(acquiring.result())))
            releasing.add_done_callback(self._releasing.discard)

    async def release(self, connection: Any) -> None:
        """Release it; an open transaction is rolled back. Cancellation does not prevent this."""
        await asyncio.shield(asyncio.create_task(self._release(connection)))

    async def _release(self, connection: Any) -> None:
        if self._pool is not None:
            with suppress(*CONNECTION_ERRORS):  # it is closed then, and the next one is opened at its first use
                await self._pool.release(connection, timeout=CONNECT_TIMEOUT)

    async def _translate_exceptions(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with translate_errors():
            return await func(self, *args, **kwargs)

    def _in_transaction(self) -> TransactionContext:
        return PostgresContext(self)


async def lock_database(connection: Any, *, shared: bool) -> None:
    """Acquire DATABASE_IN_USE_LOCK for as long as the connection lives; LockNotAvailableError while others hold it."""
    function = "pg_advisory_lock_shared" if shared else "pg_advisory_lock"
    await connection.execute(
        f"SET lock_timeout = '{IN_USE_TIMEOUT}s'; SELECT {function}({DATABASE_IN_USE_LOCK}); RESET lock_timeout"
    )


async def _acquire_with_timeout(pool: Any) -> Any:
    async with asyncio.timeout(ACQUIRE_TIMEOUT):
        return await pool.acquire()


client_class: type[Any] = PostgresDbClient
