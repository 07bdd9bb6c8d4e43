"""Brings what is committed to this process's readers, in order, whichever process committed it."""

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from quart_notes.errors import ProblemError
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import Message
from quart_notes.live.event_log import EventLog

POLL = 1.0  # seconds between looks at the log when nobody says that there is something: a word may be lost
PATIENCE = 2.0  # seconds that a request waits for what was committed before it
AGAIN = 0.5  # seconds before the log is asked again after a failure

log = logging.getLogger(__name__)


def stop_process() -> None:
    """Have this process end as it does when it is asked to; the supervisor starts another."""
    signal.raise_signal(signal.SIGTERM)


class Wakes(Protocol):
    """How processes that share a database tell each other that something was committed.

    alone   nobody else writes to this database
    """

    alone: bool

    def listen(self, heard: Callable[[int | None, Sequence[Message]], None]) -> None:
        """Have `heard` called whenever a process may have committed something.

        With the number of the newest, None when it is not known, and perhaps with the very events.
        """

    def hears(self) -> bool:
        """Whether the others can be heard, or can be again in a moment."""

    def tell(self, messages: Sequence[Message]) -> None:
        """Tell the others that this process has committed these events."""

    def beyond(self, number: int) -> bool:
        """Whether somebody may have committed more than that, as far as can be said without asking the database."""

    async def newest(self) -> int:
        """The number up to which everything is committed; ProblemError when that cannot be found out."""


class Nobody:
    """The others of a process that is alone."""

    alone = True

    def listen(self, heard: Callable[[int | None, Sequence[Message]], None]) -> None:
        """Nobody will say anything."""

    def hears(self) -> bool:
        """There is nothing to be heard."""
        return True

    def tell(self, messages: Sequence[Message]) -> None:
        """Nobody hears it."""

    def beyond(self, number: int) -> bool:
        """Nobody commits anything."""
        return False

    async def newest(self) -> int:
        """Nothing was committed."""
        return 0


class Follower:
    """Publishes the log.

    1. Events are published in the order of their numbers, each once, none left out: at once those that are next in
       order, as this process has committed them or another one has handed them over, and others as the log has them.
    2. After `caught_up`, everything that any process had committed before is published here: so a caller who has
       changed something at one process finds it changed at every other.
    """

    def __init__(
        self, event_log: EventLog, broadcaster: Broadcaster, wakes: Wakes, give_up: Callable[[], object] = stop_process
    ) -> None:
        self._log = event_log
        self._broadcaster = broadcaster
        self._wakes = wakes
        self._give_up = give_up
        self._woken = asyncio.Event()
        self._heard = 0  # the newest number that was heard of
        self._expecting = False
        self._task: asyncio.Task[None] | None = None
        wakes.listen(self._hear)

    async def start(self) -> None:
        """Begin where the log ends now."""
        self._broadcaster.newest = (await self._log.newest()).number
        if not self._wakes.alone:
            self._task = asyncio.create_task(self._follow(), name="follower")

    async def stop(self) -> None:
        """Publish nothing more from the log."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def expect(self) -> None:
        """Events are committed here now. They may be heard of before that is over: `committed` brings them."""
        self._expecting = True

    def committed(self, messages: Sequence[Message]) -> None:
        """Events that this process has committed, numbered one after another; none when that has failed."""
        self._expecting = False
        if messages:
            self._wakes.tell(messages)
            self._take(messages)
        if self._heard > self._broadcaster.newest:
            self._woken.set()

    def _take(self, messages: Sequence[Message]) -> None:
        if messages[0].number == self._broadcaster.newest + 1:
            self._publish(messages)
        elif (messages[-1].number or 0) > self._broadcaster.newest:
            self._woken.set()  # there are others before them: the log has them all in order

    @property
    def newest(self) -> int:
        """Number of the newest event that was published here."""
        return self._broadcaster.newest

    def _hear(self, number: int | None, messages: Sequence[Message]) -> None:
        if messages:
            self._take(messages)
        elif number is None:
            self._woken.set()
        elif number > self._broadcaster.newest:
            self._heard = max(self._heard, number)
            if not self._expecting:
                self._woken.set()

    def behind(self) -> bool:
        """Whether something may be committed that is not published here yet."""
        return self._wakes.beyond(self._broadcaster.newest)

    def follows(self) -> bool:
        """Whether what is committed comes here at once."""
        return self._wakes.hears()

    async def caught_up(self) -> bool:
        """Return once everything committed before this call is published here; False when it takes too long."""
        try:
            async with asyncio.timeout(PATIENCE):
                newest = await self._wakes.newest()
                if newest > self._broadcaster.newest:
                    self._hear(newest, ())
                    await self._broadcaster.reached(newest)
        except (TimeoutError, ProblemError):
            return False
        return True

    async def _follow(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._woken.wait()
            self._woken.clear()
            try:
                await self._bring()
            except ProblemError as error:
                log.warning("The log cannot be followed; it is tried again: %s", error.detail)
                self._woken.set()
                await asyncio.sleep(AGAIN)
            except Exception:
                log.exception("The log could not be followed; it is tried again")
                self._woken.set()
                await asyncio.sleep(AGAIN)

    async def _bring(self) -> None:
        more = True
        while more:
            page = await self._log.beyond(self._broadcaster.newest)
            if page.lost:
                # It stood still for days, or the database was put back to an earlier state. Nothing that it knows can
                # be trusted; another one begins afresh.
                log.critical("The log has no such place as where this process stands; it ends")
                self._give_up()
                await asyncio.Event().wait()
            self._publish(page.messages)
            self._broadcaster.advance(page.up_to)
            more = page.more

    def _publish(self, messages: Sequence[Message]) -> None:
        # Own events may have gone out while the log was being read.
        newest = self._broadcaster.newest
        fresh = [message for message in messages if (message.number or 0) > newest]
        if fresh:
            self._log.keep(fresh)
            self._broadcaster.publish(fresh)
