"""A reader of the feed without a server: history, then live events."""

import asyncio
import json

from quart_notes.core import Core
from quart_notes.live.channel import FeedMessage
from quart_notes.live.events import SHARED_BOARD
from quart_notes.schemas.event_ids import EventId
from tests.support.clients.fake_outlet import Wire, plain
from tests.support.clients.raw_connection import until
from tests.support.servers.in_process import Json


class Follower:
    """Reads topics from a position: the history, then live events, by either delivery path.

    messages    the pages of history, and pulled messages; what was written directly is in `wire`
    may_go_on   cleared, it stops at its current page
    """

    def __init__(
        self,
        core: Core,
        after: int | None,
        topics: set[str] | None = None,
        *,
        direct: bool = True,
        pause: float = 0,
        epoch: str = "",
    ) -> None:
        self.messages: list[FeedMessage] = []
        self.wire = Wire()
        self.direct = direct
        self.pause = pause  # seconds for each page of history
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        place = None if after is None else EventId(epoch or core.log.epoch, after)
        self.subscription = core.feed.subscribe(topics or {SHARED_BOARD}, place, plain)
        self.task = asyncio.create_task(self.run())

    async def run(self) -> None:
        """Read until the reader ends."""
        async for page in self.subscription.history():
            self.messages += page
            await asyncio.sleep(self.pause)
            await self.may_go_on.wait()
        reader = self.subscription.reader
        if self.direct:
            self.subscription.attach(self.wire)
            await reader.ended.wait()
        while not reader.ended.is_set():
            await self.subscription.wait()
            self.messages += reader.drain()

    @property
    def events(self) -> list[Json]:
        """All events so far."""
        history = [json.loads(message.data) for message in self.messages]
        return history + [json.loads(line) for line in b"".join(self.wire.writes).splitlines()]

    @property
    def numbers(self) -> list[int]:
        """Their numbers."""
        return [int(event["id"].partition("-")[2]) for event in self.events]

    async def count(self, number: int) -> None:
        """Return once this many events have come."""
        await until(lambda: len(self.numbers) >= number, f"{number} events")

    async def reached(self, number: int) -> "Follower":
        """Return once the event of this number has come, or the reader has ended."""
        await until(lambda: self.task.done() or (self.numbers or [0])[-1] >= number, f"event {number} arrives")
        return self

    async def close(self) -> None:
        """Stop reading."""
        self.subscription.close()
        await self.task
