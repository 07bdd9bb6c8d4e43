"""Publishes committed events to this process's subscribers, in order, from all processes."""

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress

from quart_notes.errors import ProblemError
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import FeedMessage
from quart_notes.live.event_log import EventLog

POLL_INTERVAL = 1.0  # seconds between polls of the log without a notification: notifications may be lost
CATCH_UP_TIMEOUT = 2.0  # seconds that a request waits for earlier commits of other processes
RETRY_DELAY = 0.5  # seconds before a failed read of the log is retried

log = logging.getLogger(__name__)


def stop_process() -> None:
    """Stop this process in good order; the supervisor starts another."""
    signal.raise_signal(signal.SIGTERM)


class CommitChannel:
    """How processes that share a database announce their commits to each other; this one has no other process.

    alone       no other process writes to this database
    on_commit   is called whenever another process may have committed something, with the number of the newest event,
                None if that is unknown, and the events themselves if they were sent along
    """

    alone = True

    def __init__(self) -> None:
        self.on_commit: Callable[[int | None, Sequence[FeedMessage]], None] = lambda number, messages: None

    def is_connected(self) -> bool:
        """Whether announcements of the others arrive, or will again in a moment."""
        return True

    def announce(self, messages: Sequence[FeedMessage]) -> None:
        """Announce the events that this process has committed, unless the commit itself does."""

    def may_have_newer_than(self, number: int) -> bool:
        """Whether another process may have committed more than that, as far as is known without asking the database."""
        return False

    async def newest(self) -> int:
        """The number up to which everything is committed; ProblemError if it cannot be read."""
        return 0


class Follower:
    """Publishes the log.

    1. Events are published in the order of their numbers, each once, with no gap. The next events in order, committed
       here or received from another process, are published immediately; all others are read from the log.
    2. After `catch_up`, everything that any process had committed before is published here: a caller who has changed
       something at one process finds it changed at every other.
    """

    def __init__(
        self,
        event_log: EventLog,
        broadcaster: Broadcaster,
        channel: CommitChannel,
        on_unrecoverable: Callable[[], object] = stop_process,
    ) -> None:
        self._log = event_log
        self._broadcaster = broadcaster
        self._channel = channel
        self._on_unrecoverable = on_unrecoverable
        self._woken = asyncio.Event()
        self._announced = 0  # the newest number that was announced
        self._expecting = False
        self._task: asyncio.Task[None] | None = None
        channel.on_commit = self._on_commit

    async def start(self) -> None:
        """Start at the current end of the log."""
        self._broadcaster.newest = (await self._log.newest()).number
        if not self._channel.alone:
            self._task = asyncio.create_task(self._follow(), name="follower")

    async def stop(self) -> None:
        """Stop publishing from the log."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def commit_started(self) -> None:
        """A commit starts here. It may be announced before it is over: `commit_finished` publishes the events."""
        self._expecting = True

    def commit_finished(self, messages: Sequence[FeedMessage]) -> None:
        """A commit is over: its events, with consecutive numbers; none if it has failed."""
        self._expecting = False
        if messages:
            self._channel.announce(messages)
            self._accept(messages)
        if self._announced > self._broadcaster.newest:
            self._woken.set()

    def _accept(self, messages: Sequence[FeedMessage]) -> None:
        if messages[0].number == self._broadcaster.newest + 1:
            self._publish(messages)
        elif (messages[-1].number or 0) > self._broadcaster.newest:
            self._woken.set()  # earlier events are missing: read all of them from the log, in order

    @property
    def newest(self) -> int:
        """Number of the newest event that was published here."""
        return self._broadcaster.newest

    def _on_commit(self, number: int | None, messages: Sequence[FeedMessage]) -> None:
        if messages:
            self._accept(messages)
        elif number is None:
            self._woken.set()
        elif number > self._broadcaster.newest:
            self._announced = max(self._announced, number)
            if not self._expecting:
                self._woken.set()

    def may_be_behind(self) -> bool:
        """Whether there may be committed events that are not published here yet."""
        return self._channel.may_have_newer_than(self._broadcaster.newest)

    def is_following(self) -> bool:
        """Whether commits of other processes arrive here immediately."""
        return self._channel.is_connected()

    async def catch_up(self) -> bool:
        """Wait until everything committed before this call is published here; False after a timeout."""
        try:
            async with asyncio.timeout(CATCH_UP_TIMEOUT):
                await self._wait_published(await self._channel.newest())
        except (TimeoutError, ProblemError):
            return False
        return True

    async def catch_up_with(self, number: int) -> None:
        """Wait until a committed event is published here, but no longer than CATCH_UP_TIMEOUT."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP_TIMEOUT):
                await self._wait_published(number)

    async def _wait_published(self, number: int) -> None:
        if number > self._broadcaster.newest:
            self._on_commit(number, ())
            await self._broadcaster.wait_published(number)

    async def _follow(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_INTERVAL):
                    await self._woken.wait()
            self._woken.clear()
            try:
                await self._read_log()
            except Exception as error:
                if isinstance(error, ProblemError):
                    log.warning("The log cannot be followed; it is tried again: %s", error.detail)
                else:
                    log.exception("The log could not be followed; it is tried again")
                self._woken.set()
                await asyncio.sleep(RETRY_DELAY)

    async def _read_log(self) -> None:
        more = True
        while more:
            page = await self._log.read_after(self._broadcaster.newest)
            if page.gap:
                # The process was suspended for days, or the database was restored to an earlier state. Its caches
                # cannot be trusted; a new process starts over.
                log.critical("The log has no such place as where this process stands; it ends")
                self._on_unrecoverable()
                await asyncio.Event().wait()
            self._publish(page.messages)
            self._broadcaster.mark_published(page.up_to)
            more = page.more

    def _publish(self, messages: Sequence[FeedMessage]) -> None:
        # Events of this process may have been published while the log was read.
        newest = self._broadcaster.newest
        fresh = [message for message in messages if (message.number or 0) > newest]
        if fresh:
            self._log.remember(fresh)
            self._broadcaster.publish(fresh)
