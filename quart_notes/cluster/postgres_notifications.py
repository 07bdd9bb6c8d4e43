"""Notifications between the processes of a PostgreSQL database: commits, and datagrams.

NOTIFY only wakes: the process reads the log. It is sent with the commit itself, once for each batch of writes. After a
lost connection is restored, the process reads the log once, so it misses no commit.
source   https://www.postgresql.org/docs/current/sql-notify.html
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from quart_notes.errors import DatabaseUnavailableError
from quart_notes.live.follower import CommitChannel
from quart_notes.settings import Postgres
from quart_notes.storage.postgres.connections import CONNECTION_ERRORS, RESPONSE_TIMEOUT, connect

COMMIT_CHANNEL = "quart_notes_commits"  # the payload is the number of the newest event
DATAGRAM_CHANNEL = "quart_notes_words"
DATAGRAM_LIMIT = 7_900  # bytes of a payload; the server accepts less than 8,000
POLL_INTERVAL = 1.0  # seconds between polls of the newest number, which also show whether the connection is alive
RETRY_DELAY = 0.25  # seconds between attempts to connect
RECONNECT_GRACE = 2.0  # seconds that a lost connection may be away before it is reported
BATCH_SIZE = 64  # datagrams in one statement
MAX_WAITING = 4096  # datagrams that wait for the server; the oldest are dropped
NEWEST_SQL = "SELECT newest FROM log_head WHERE id = 1"
NOTIFY = "SELECT pg_notify($1, datagram) FROM unnest($2::text[]) AS datagram"

log = logging.getLogger(__name__)


class PostgresNotifications(CommitChannel):
    """One connection that listens. It is reopened whenever it is lost; only datagrams can be missed."""

    alone = False
    limit = DATAGRAM_LIMIT

    def __init__(self, target: Postgres) -> None:
        super().__init__()
        self._target = target
        self.on_datagram: Callable[[bytes], None] = lambda datagram: None  # called with all datagrams, own ones too
        self._waiting: list[asyncio.Future[int]] = []
        self._datagrams: deque[str] = deque(maxlen=MAX_WAITING)
        self._work = asyncio.Event()
        self._connection: Any = None
        self._lost_at = -RECONNECT_GRACE  # loop time of the last connection
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; DatabaseUnavailableError when the server cannot be reached."""
        try:
            self._connection = await self._connect()
        except CONNECTION_ERRORS as error:
            raise DatabaseUnavailableError(f"The database cannot be listened to: {error}") from error
        self._task = asyncio.create_task(self._keep_listening(), name="notifications")

    async def stop(self) -> None:
        """Send the waiting datagrams, and stop listening."""
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if self._connection is not None:
            with suppress(*CONNECTION_ERRORS):
                await self._send_pending(self._connection)
            await self._disconnect()

    def is_connected(self) -> bool:
        """Whether there is a connection, or was one a moment ago."""
        return self._connection is not None or asyncio.get_running_loop().time() < self._lost_at + RECONNECT_GRACE

    def may_have_newer_than(self, number: int) -> bool:
        """Always true: the database has to be asked."""
        return True

    async def newest(self) -> int:
        """The number up to which everything is committed. Concurrent callers share one query."""
        if self._connection is None:
            raise DatabaseUnavailableError("The database does not answer.")
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self._work.set()
        number: int = await waiting
        return number

    def send(self, datagram: bytes) -> None:
        """Send ASCII text of up to `limit` bytes to all."""
        self._datagrams.append(datagram.decode("ascii"))
        self._work.set()

    async def _connect(self) -> Any:
        connection = await connect(self._target, "listener")
        connection.add_termination_listener(lambda _: self._work.set())
        try:
            await connection.add_listener(COMMIT_CHANNEL, self._on_notify_commit)
            await connection.add_listener(DATAGRAM_CHANNEL, self._on_notify_datagram)
        except BaseException:
            connection.terminate()
            raise
        return connection

    def _on_notify_commit(self, _connection: Any, _process: int, _channel: str, payload: str) -> None:
        self.on_commit(int(payload), ())

    def _on_notify_datagram(self, _connection: Any, _process: int, _channel: str, payload: str) -> None:
        self.on_datagram(payload.encode())

    async def _keep_listening(self) -> None:
        while True:
            try:
                if self._connection is None:
                    self._connection = await self._connect()
                    log.info("The database is listened to again")
                    self.on_commit(None, ())
                await self._serve_connection(self._connection)
            except CONNECTION_ERRORS as error:
                if self._connection is not None:
                    log.warning("The database cannot be listened to; it is tried again: %s", error)
            except Exception:  # in any case, this process must listen again
                log.exception("The database cannot be listened to; it is tried again")
            await self._disconnect()
            await asyncio.sleep(RETRY_DELAY)

    async def _serve_connection(self, connection: Any) -> None:
        """Send queries and datagrams, and poll now and then, until the connection is lost."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_INTERVAL):
                    await self._work.wait()
            self._work.clear()
            waiting, self._waiting = self._waiting, []
            try:
                async with asyncio.timeout(RESPONSE_TIMEOUT):
                    if self._datagrams:
                        await self._send_pending(connection)
                    number = await connection.fetchval(NEWEST_SQL)
            except BaseException:
                _fail(waiting)
                raise
            for future in waiting:
                if not future.done():
                    future.set_result(number)
            self.on_commit(number, ())

    async def _send_pending(self, connection: Any) -> None:
        while self._datagrams:
            datagrams = [self._datagrams.popleft() for _ in range(min(BATCH_SIZE, len(self._datagrams)))]
            await connection.execute(NOTIFY, DATAGRAM_CHANNEL, datagrams)

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        waiting, self._waiting = self._waiting, []
        _fail(waiting)
        if connection is not None:
            self._lost_at = asyncio.get_running_loop().time()
            connection.terminate()


def _fail(waiting: list["asyncio.Future[int]"]) -> None:
    for future in waiting:
        if not future.done():
            future.set_exception(DatabaseUnavailableError("The database does not answer."))
