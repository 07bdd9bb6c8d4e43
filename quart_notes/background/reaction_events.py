"""Sends the events of reactions: one for all that come at once."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial

from quart_notes.background.work_queue import retry_until_available
from quart_notes.domain.reactions.reactions import Reactions

TICK = 0.1  # seconds in which the reactions on a message are gathered
ABANDONED = 10 * TICK  # seconds in which a process that lives sends an event


class ReactionEvents:
    """Sends an event of a message, a TICK after the first reaction that no event contains.

    1. The process that stored this reaction sends the event: one in a TICK, however many processes there are.
    2. What a process has not sent when it is killed, another one sends: when it starts, or in its housekeeping.
    """

    def __init__(self, reactions: Reactions) -> None:
        self._reactions = reactions
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        reactions.on_unsent = self._schedule

    def start(self) -> None:
        """Send what other processes have left behind, soon."""
        self._run(self.send_abandoned(), "reactions left behind")

    def _schedule(self, message_id: int) -> None:
        self._run(self._send_later(message_id), f"reactions on message {message_id}")

    def _run(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_later(self, message_id: int) -> None:
        await self._pause(TICK)
        await self._send(message_id)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _send(self, message_id: int, version: int | None = None) -> None:
        send = partial(self._reactions.send, message_id, version)
        await retry_until_available(send, self._stopping, waiter="An event of reactions")

    async def send_abandoned(self) -> None:
        """Send what other processes have left behind: what nobody sends for a while."""
        if found := await self._reactions.unsent():
            await self._pause(ABANDONED)
            for message_id, version in found.items():
                await self._send(message_id, version)

    async def stop(self) -> None:
        """Send what is scheduled immediately."""
        self._stopping.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
