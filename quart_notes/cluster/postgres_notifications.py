"""Notifications between the processes of a PostgreSQL database: commits, and datagrams.

NOTIFY only wakes: the process reads the log. It is sent with the commit itself, once for each batch of writes. After a
lost connection is restored, the process reads the log once, so it misses no commit.
source   https://www.postgresql.org/docs/current/sql-notify.html
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from quart_notes.errors import DatabaseUnavailableError
from quart_notes.live.channel import Message
from quart_notes.settings import Postgres
from quart_notes.storage.postgres.connections import ANSWER, FAILURES, connect

COMMITS = "quart_notes_commits"  # channel; the payload is the number of the newest event
WORDS = "quart_notes_words"
LIMIT = 7_900  # bytes of a payload; the server accepts less than 8,000
LOOK = 1.0  # seconds between polls of the newest number, which also show whether the connection is alive
AGAIN = 0.25  # seconds between attempts to connect
HEALS = 2.0  # seconds that a lost connection may be away before it is reported
TOGETHER = 64  # datagrams in one statement
MAX_WAITING = 4096  # datagrams that wait for the server; the oldest are dropped
NEWEST = "SELECT newest FROM log_head WHERE id = 1"
SAY = "SELECT pg_notify($1, word) FROM unnest($2::text[]) AS word"

log = logging.getLogger(__name__)


class Notices:
    """One connection that listens. It is reopened whenever it is lost; only datagrams can be missed."""

    alone = False
    limit = LIMIT

    def __init__(self, place: Postgres) -> None:
        self._place = place
        self._heard: list[Callable[[int | None, Sequence[Message]], None]] = []
        self._told: list[Callable[[bytes], None]] = []
        self._asking: list[asyncio.Future[int]] = []
        self._words: deque[str] = deque(maxlen=MAX_WAITING)
        self._work = asyncio.Event()
        self._connection: Any = None
        self._lost = -HEALS  # loop time of the last connection
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; DatabaseUnavailableError when the server cannot be reached."""
        try:
            self._connection = await self._listening()
        except FAILURES as error:
            raise DatabaseUnavailableError(f"The database cannot be listened to: {error}") from error
        self._task = asyncio.create_task(self._keep_listening(), name="notices")

    async def stop(self) -> None:
        """Send the waiting datagrams, and stop listening."""
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if self._connection is not None:
            with suppress(*FAILURES):
                await self._say(self._connection)
            await self._lose()

    def listen(self, heard: Callable[[int | None, Sequence[Message]], None]) -> None:
        """Call `heard` after each commit: with its number, or None when that is unknown."""
        self._heard.append(heard)

    def hears(self) -> bool:
        """Whether there is a connection, or was one a moment ago."""
        return self._connection is not None or asyncio.get_running_loop().time() < self._lost + HEALS

    def tell(self, messages: Sequence[Message]) -> None:
        """Do nothing: the commit has notified the others."""

    def beyond(self, number: int) -> bool:
        """Always true: the database has to be asked."""
        return True

    async def newest(self) -> int:
        """The number up to which everything is committed. Concurrent callers share one query."""
        if self._connection is None:
            raise DatabaseUnavailableError("The database does not answer.")
        asking = asyncio.get_running_loop().create_future()
        self._asking.append(asking)
        self._work.set()
        number: int = await asking
        return number

    def carry(self, told: Callable[[bytes], None]) -> None:
        """Call `told` with each datagram that a process sends, this one too."""
        self._told.append(told)

    def send(self, datum: bytes) -> None:
        """Send ASCII text of up to `limit` bytes to all."""
        self._words.append(datum.decode("ascii"))
        self._work.set()

    async def _listening(self) -> Any:
        connection = await connect(self._place, "listener")
        connection.add_termination_listener(lambda _: self._work.set())
        try:
            await connection.add_listener(COMMITS, self._hear_commit)
            await connection.add_listener(WORDS, self._hear_words)
        except BaseException:
            connection.terminate()
            raise
        return connection

    def _hear_commit(self, _connection: Any, _process: int, _channel: str, payload: str) -> None:
        self._hear(int(payload))

    def _hear(self, number: int | None) -> None:
        for heard in self._heard:
            heard(number, ())

    def _hear_words(self, _connection: Any, _process: int, _channel: str, payload: str) -> None:
        for told in self._told:
            told(payload.encode())

    async def _keep_listening(self) -> None:
        while True:
            try:
                if self._connection is None:
                    self._connection = await self._listening()
                    log.info("The database is listened to again")
                    self._hear(None)
                await self._answer(self._connection)
            except FAILURES as error:
                if self._connection is not None:
                    log.warning("The database cannot be listened to; it is tried again: %s", error)
            except Exception:  # in any case, this process must listen again
                log.exception("The database cannot be listened to; it is tried again")
            await self._lose()
            await asyncio.sleep(AGAIN)

    async def _answer(self, connection: Any) -> None:
        """Send queries and datagrams, and poll now and then, until the connection is lost."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._work.wait()
            self._work.clear()
            asking, self._asking = self._asking, []
            try:
                async with asyncio.timeout(ANSWER):
                    if self._words:
                        await self._say(connection)
                    number = await connection.fetchval(NEWEST)
            except BaseException:
                _fail(asking)
                raise
            for one in asking:
                if not one.done():
                    one.set_result(number)
            self._hear(number)

    async def _say(self, connection: Any) -> None:
        while self._words:
            words = [self._words.popleft() for _ in range(min(TOGETHER, len(self._words)))]
            await connection.execute(SAY, WORDS, words)

    async def _lose(self) -> None:
        connection, self._connection = self._connection, None
        asking, self._asking = self._asking, []
        _fail(asking)
        if connection is not None:
            self._lost = asyncio.get_running_loop().time()
            connection.terminate()


def _fail(asking: list["asyncio.Future[int]"]) -> None:
    for one in asking:
        if not one.done():
            one.set_exception(DatabaseUnavailableError("The database does not answer."))
