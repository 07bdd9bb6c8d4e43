"""Presence without a server: users, listeners, and processes on a transport."""

import asyncio
import json
from collections.abc import Collection

from quart_notes.cluster.presence_replication import PresenceReplication
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import FeedMessage
from quart_notes.live.events import room
from quart_notes.live.presence import HANDOVER_DELAY, LEAVE_DELAY, Presence
from quart_notes.live.subscriber import Subscriber
from quart_notes.schemas import UserOut
from tests.support.api_fixtures import Json
from tests.support.servers.lossy_wire import LossyWire

GONE = LEAVE_DELAY + HANDOVER_DELAY  # seconds until a user who has left is removed everywhere


def user(number: int, nickname: str = "") -> UserOut:
    """A user without a row."""
    return UserOut(id=number, name="x", email="x@y", nickname=nickname or f"nick{number}")


ADA, BOB, EVE = user(1, "Ada"), user(2, "bob"), user(3, "eve")


async def load_users(ids: Collection[int]) -> dict[int, UserOut]:
    """The users with these ids, as if they had rows."""
    return {number: {1: ADA, 2: BOB, 3: EVE}.get(number) or user(number) for number in ids}


class Listener:
    """Subscribes to a topic and records times: `heard` is (loop time, presence) for each event."""

    def __init__(self, broadcaster: Broadcaster, topic: str = room(5)) -> None:
        self.heard: list[tuple[float, Json]] = []
        self.messages: list[FeedMessage] = []
        self._broadcaster = broadcaster
        self._reader: Subscriber = broadcaster.subscribe({topic}, lambda message: message.data)
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while not self._reader.ended.is_set():
            await self._broadcaster.wait(self._reader)
            for message in self._reader.drain():
                self.messages.append(message)
                event = json.loads(message.data)
                assert event.keys() == {"topic", "action", "presence"}
                assert (event["topic"], event["action"]) == (room(5), "update")
                assert message.number is None
                self.heard.append((asyncio.get_running_loop().time(), event["presence"]))

    @property
    def last(self) -> tuple[list[str], list[str], list[str]]:
        """Present users, guests and typing users in the newest event."""
        presence = self.heard[-1][1]
        return nicks(presence, "here"), presence["guests"], nicks(presence, "typing")

    @property
    def times(self) -> list[float]:
        return [round(moment, 3) for moment, _ in self.heard]


def nicks(presence: Json, what: str) -> list[str]:
    """The nicknames of users who are `here`, or `typing`."""
    return [one["nickname"] for one in presence[what]]


def now_in(presence: Presence, room_id: int = 5) -> tuple[list[str], list[str], list[str]]:
    """Present users, guests and typing users in a room."""
    now = presence.now(room_id)
    assert now.room_id == room_id
    return [one.nickname for one in now.here], now.guests, [one.nickname for one in now.typing]


class Process:
    """The presence of one process, and a reader of room 5 there."""

    def __init__(self, wire: LossyWire) -> None:
        self.broadcaster = Broadcaster()
        self.presence = Presence(self.broadcaster, load_users)
        self.replication = PresenceReplication(self.presence)
        self.listener = Listener(self.broadcaster)
        wire.join(self.replication)

    @property
    def now(self) -> tuple[list[str], list[str], list[str]]:
        return now_in(self.presence)

    @property
    def last(self) -> tuple[list[str], list[str], list[str]]:
        return self.listener.last if self.listener.heard else ([], [], [])

    def hears(self, begin: int = 0) -> list[list[str]]:
        """The present users in each event, from a given one on."""
        return [nicks(heard, "here") for _, heard in self.listener.heard[begin:]]

    def stop(self) -> None:
        self.replication.stop()
        self.presence.close()


async def connected(number: int = 2) -> tuple[LossyWire, list[Process]]:
    """`number` processes that have discovered each other, and the transport between them."""
    wire = LossyWire()
    processes = [Process(wire) for _ in range(number)]
    await asyncio.sleep(2)
    return wire, processes
