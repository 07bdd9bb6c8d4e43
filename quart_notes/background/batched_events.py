"""Sends the events of reactions, and of messages in threads: one for all that come at once."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from quart_notes.background.work_queue import retry_until_available

TICK = 0.1  # seconds in which the changes of an object are gathered
ABANDONED = 10 * TICK  # seconds in which a process that lives sends an event


class EventSource(Protocol):
    """A service whose objects have changes that no event contains yet."""

    async def send(self, number: int, state: int | None = None, /) -> Any:
        """Record the event of an object, unless that was done; with a state, only if it is still in that."""

    async def unsent(self) -> Mapping[int, int | None]:
        """The first objects without their event: their states, by id."""


class BatchedEvents:
    """Sends an event of an object, a TICK after the first change that no event contains.

    1. The process that stored this change sends the event: one in a TICK, however many processes there are.
    2. What a process has not sent when it is killed, another one sends: when it starts, or in its housekeeping.
    """

    def __init__(self, source: EventSource, name: str) -> None:
        """`name` says of what, for the log."""
        self._source = source
        self._name = name
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Send what other processes have left behind, soon."""
        self._run(self.send_abandoned(), f"{self._name} left behind")

    def schedule(self, number: int) -> None:
        """Send the event of an object in a TICK: the first of the changes that it contains is committed."""
        self._run(self._send_later(number), f"{self._name} of {number}")

    def _run(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_later(self, number: int) -> None:
        await self._pause(TICK)
        await self._send(number)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _send(self, number: int, state: int | None = None) -> None:
        send = partial(self._source.send, number, state)
        await retry_until_available(send, self._stopping, waiter=f"An event of {self._name}")

    async def send_abandoned(self) -> None:
        """Send what other processes have left behind: what nobody sends for a while."""
        if found := await self._source.unsent():
            await self._pause(ABANDONED)
            for number, state in found.items():
                await self._send(number, state)

    async def stop(self) -> None:
        """Send what is scheduled immediately."""
        self._stopping.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
