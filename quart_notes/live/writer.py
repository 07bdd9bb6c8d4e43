"""The only task that writes: rows and their events in one transaction, then published."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.errors import DatabaseUnavailableError, OverloadedError, ProblemError, StorageFullError
from quart_notes.live import events
from quart_notes.live.channel import FeedMessage
from quart_notes.live.event_log import EventLog
from quart_notes.live.follower import Follower
from quart_notes.live.histogram import Histogram
from quart_notes.schemas.event_ids import EventId
from quart_notes.storage.database import Database, change_count, translated

T = TypeVar("T")
BATCH_SIZE = 64  # writes in one transaction: limits how long the first waits for the last
QUEUE_LIMIT = 2000  # writes that may wait; the next gets 503

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Change:
    """One write: rows through `connection`, events through `record`.

    by   id of the user who makes it; None: nobody, or nobody who is known
    """

    connection: BaseDBAsyncClient
    by: int | None = None
    recorded: list[tuple[str, bytes]] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    def when_committed(self, call: Callable[[], None]) -> None:
        """Call a function, which must not raise, once the change is committed, even if its caller has left."""
        self.after_commit.append(call)

    def record(self, event: events.Event) -> None:
        """Publish an event on its topic, once the change is committed."""
        self.recorded.append((event.topic, events.encode(event, self.by)))


Operation = Callable[[Change], Awaitable[T]]


class Committed(NamedTuple, Generic[T]):
    """The result of a durable write, and the id of the newest event that it includes."""

    result: T
    position: EventId


class Write(Protocol):
    """How the domain writes: pass an operation, get its result once it is durable."""

    async def __call__(self, work: Operation[T], by: int | None = None) -> Committed[T]:
        """Run `work`, for the user of id `by`, in a transaction; its events are published after the commit."""


@dataclass(slots=True)
class _QueuedWrite:
    operation: Operation[Any]
    by: int | None
    answer: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None
    events: int = 0  # recorded by it and its predecessors in the batch
    after_commit: Sequence[Callable[[], None]] = ()
    started: bool = False  # its transaction has started

    def resolve(self, epoch: str, before: int) -> None:
        """Give the result to the caller, unless it has left; a started operation finishes in any case."""
        if self.error is None:
            for call in self.after_commit:
                call()
        if self.answer.done():
            return
        if self.error is not None:
            self.answer.set_exception(self.error)
        else:
            self.answer.set_result(Committed(self.result, EventId(epoch, before + self.events)))


class Writer:
    """The only way to change the database.

    1. Rows and event rows commit together; no response and no event leaves before the commit is on the disk.
    2. Events are published in the order of their numbers, which is the order of commits.
    3. A write that was accepted finishes, even if its caller is cancelled, as Quart does when a client leaves.
    4. A failing write harms no neighbour: when one of a batch fails after it has changed a row, the whole batch is
       rolled back and each is run again in a transaction of its own. So an operation may run twice; it may only read
       and write through its change.
    """

    def __init__(self, database: Database, event_log: EventLog, follower: Follower) -> None:
        self._database = database
        self._event_log = event_log
        self._follower = follower
        self._queue: deque[_QueuedWrite] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._full = False  # the last change did not fit on the disk
        self.batch_sizes = Histogram(1, 2, 4, 8, 16, 32, BATCH_SIZE)  # writes in one transaction
        self.durations = Histogram(
            0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5
        )  # of one transaction

    @property
    def queued(self) -> int:
        """Number of writes that wait for a transaction."""
        return len(self._queue)

    async def __call__(self, work: Operation[T], by: int | None = None) -> Committed[T]:
        """Run `work` in the next transaction and return its result once it is durable.

        raises   what the work raised; DatabaseUnavailableError or StorageFullError when nothing was stored;
                 OverloadedError when too many writes wait already
        """
        if self._stopping or len(self._queue) >= QUEUE_LIMIT:
            raise OverloadedError("The server cannot take a change right now; try again.", headers={"Retry-After": "1"})
        job = _QueuedWrite(work, by, asyncio.get_running_loop().create_future())
        self._queue.append(job)
        self._wake.set()
        written: Committed[T] = await job.answer
        return written

    async def has_room(self) -> bool:
        """Whether changes fit on the disk; after one did not, an empty change checks it."""
        if self._full:
            try:
                await self(_rewrite_head)
            except ProblemError:
                return False
            self._full = False
        return True

    def start(self) -> None:
        """Start writing."""
        self._task = asyncio.create_task(self._run(), name="writer")

    async def stop(self) -> None:
        """Write what is waiting, then stop."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while not (self._stopping and not self._queue):
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                await self._gather()
                continue
            batch: list[_QueuedWrite] = []
            self._fill(batch)
            began = time.monotonic()
            await self._write(batch, joined=True)
            self.batch_sizes.observe(len(batch))
            self.durations.observe(time.monotonic() - began)

    async def _gather(self) -> None:
        """Let changes that have arrived, but were not read yet, wait for the same transaction as the first.

        Each turn of the loop that brings some is followed by another. Without this the first is committed alone while
        all others wait for it, so that every second transaction has one change.
        """
        waiting = 0
        while waiting < len(self._queue) < BATCH_SIZE:
            waiting = len(self._queue)
            await asyncio.sleep(0)

    def _fill(self, batch: list[_QueuedWrite]) -> None:
        """Add waiting writes to the batch, as far as there is room."""
        room = min(BATCH_SIZE - len(batch), len(self._queue))
        batch.extend(self._queue.popleft() for _ in range(room))

    async def _write(self, batch: list[_QueuedWrite], *, joined: bool = False) -> None:
        """Write a batch. Writes that arrive while it waits for other processes join it."""
        before = self._follower.newest  # for writes that record no event: not more than they can have seen
        try:
            messages = await self._commit(batch, joined=joined)
        except _BatchFailedError as spoilt:
            if len(batch) > 1:
                await self._write_each(batch)
                return
            self._fail(batch, spoilt.reason)
            messages = []
        except Exception as error:
            self._fail(batch, error)
            messages = []
        if messages:
            self._full = False
            before = (messages[0].number or 0) - 1
        self._follower.commit_finished(messages)
        for job in batch:
            job.resolve(self._event_log.epoch, before)

    async def _write_each(self, batch: Sequence[_QueuedWrite]) -> None:
        """Write one after the other; if not even a transaction can start, the rest fail without a try of their own."""
        for place, job in enumerate(batch):
            job.started = False
            await self._write([job])
            if isinstance(job.error, DatabaseUnavailableError) and not job.started:
                self._fail(batch[place + 1 :], job.error)
                for rest in batch[place + 1 :]:
                    rest.resolve(self._event_log.epoch, self._follower.newest)
                return

    def _fail(self, jobs: Sequence[_QueuedWrite], error: Exception) -> None:
        self._full = self._full or isinstance(error, StorageFullError)
        if not isinstance(error, ProblemError) or error.status >= 500:
            log.error("A change could not be kept: %s", error.__cause__ or error)
        for job in jobs:
            job.error = error

    async def _commit(self, jobs: list[_QueuedWrite], *, joined: bool) -> list[FeedMessage]:
        async with self._database.transaction() as connection:
            if joined:
                self._fill(jobs)
            recorded: list[tuple[str, bytes]] = []
            for job in jobs:
                recorded += await self._do(job, connection)
                job.events = len(recorded)
            if not recorded:
                return []
            self._follower.commit_started()
            return await self._event_log.commit(connection, recorded)

    @staticmethod
    async def _do(job: _QueuedWrite, connection: BaseDBAsyncClient) -> list[tuple[str, bytes]]:
        change = Change(connection, job.by)
        job.started = True
        touched = change_count(connection)
        job.error = None
        try:
            job.result = await job.operation(change)
        except Exception as error:
            job.error = translated(error)
            # A refusal before any change (not found, stale version) leaves the transaction as it was.
            refused = isinstance(job.error, ProblemError) and job.error.status < 500
            if not refused or change_count(connection) != touched:
                raise _BatchFailedError(job.error) from error
            return []
        job.after_commit = change.after_commit
        return change.recorded


async def _rewrite_head(change: Change) -> None:
    await change.connection.execute_query("UPDATE log_head SET newest = newest")


class _BatchFailedError(Exception):
    """The transaction cannot be committed: an operation failed in the middle of it."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason
