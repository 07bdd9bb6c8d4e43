"""Streams of several users, and what each has got of a room."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from tests.support.accounts_app import House
from tests.support.clients.raw_connection import until
from tests.support.watched_streams import EventStream, Websocket

Stream = Websocket | EventStream


class Listeners:
    """The streams of a test, by the words that say whose they are and of what: `bob closed:*`, `eve` for all topics."""

    def __init__(self, house: House, edge: type[Stream], stack: AsyncExitStack) -> None:
        self._house = house
        self._edge = edge
        self._stack = stack
        self.streams: dict[str, Stream] = {}

    async def add(self, *names: str, after: str = "") -> None:
        """Open streams; each also follows the shared board."""
        for name in names:
            nickname, _, topics = name.partition(" ")
            grant = await self._house.grant(await self._house.cookie(nickname))
            stream = self._edge(self._house, grant, {*topics.split(","), "board:1"} if topics else set(), after)
            self._stack.push_async_callback(stream.close)
            self.streams[name] = stream
        opened = [stream for stream in self.streams.values() if not stream.task.done()]
        channels = self._house.core.broadcaster._channels
        await until(lambda: sum(len(one.readers) for one in channels.values()) >= len(opened), "all follow")

    async def said(self) -> dict[str, list[str]]:
        """The messages that each has got, once all that are open have got a note that is added now."""
        mark = await self._house.note("ada", 1, "the mark")
        for name, stream in self.streams.items():
            await until(partial(_has, stream, mark.id), name)
        return {
            name: [event["message"]["content"] for event in stream.events if "message" in event]
            for name, stream in self.streams.items()
        }

    async def ended(self, *names: str) -> None:
        """Wait until exactly these have ended."""
        await asyncio.wait_for(asyncio.gather(*(self.streams[name].task for name in names)), 20)
        await self.said()
        assert {name for name, stream in self.streams.items() if stream.task.done()} == {*names}

    def about(self, name: str, room: int) -> list[str]:
        """The kinds of what a stream has got of a room, except memberships."""
        told = self.streams[name].events
        return [
            kind
            for event in told
            for kind in ("message", "room", "room_member", "presence", "unread")
            if event.get(kind, {}).get("id" if kind == "room" else "room_id") == room
        ]


def _has(stream: Stream, note_id: int) -> bool:
    return stream.task.done() or any(event.get("note", {}).get("id") == note_id for event in stream.events)
