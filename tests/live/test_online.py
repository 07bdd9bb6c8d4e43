"""Who is online is told to those who have direct messages with them, and to nobody else."""

import asyncio
import json
from collections.abc import Collection

from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.events import ONLINE
from quart_notes.live.events import user as topic_of
from quart_notes.live.online import Online
from quart_notes.live.presence import LEAVE_DELAY, PUBLISH_INTERVAL, Presence
from tests.support.presence_fixtures import ADA, BOB, EVE, GONE, Process, load_users, user
from tests.support.servers.lossy_wire import LossyWire
from tests.support.virtual_time import in_virtual_time

PARTNERS = {1: {2}, 2: {1}}  # ada and bob have direct messages with each other; eve has none
SOON = PUBLISH_INTERVAL + 0.1  # seconds


class Reader:
    """What a user is told on their own topic: (who, whether they are online)."""

    def __init__(self, broadcaster: Broadcaster, user_id: int) -> None:
        self._reader = broadcaster.subscribe({topic_of(user_id)}, lambda message: message.data)

    def told(self) -> list[tuple[int, bool]]:
        """What came since the last time."""
        events = [json.loads(message.data) for message in self._reader.drain()]
        assert all(event.keys() == {"topic", "action", "online"} for event in events)
        return [(event["online"]["user_id"], event["online"]["online"]) for event in events]


def _online(presence: Presence, broadcaster: Broadcaster) -> tuple[Online, list[Collection[int]]]:
    """The service, and the users whose partners it has loaded, by query."""
    asked: list[Collection[int]] = []

    async def load(ids: Collection[int]) -> dict[int, set[int]]:
        asked.append(set(ids))
        await asyncio.sleep(0.01)
        return {one: PARTNERS[one] for one in ids if one in PARTNERS}

    return Online(broadcaster, presence, load), asked


@in_virtual_time
async def test_partners_are_told_who_comes_and_who_leaves():
    broadcaster = Broadcaster()
    presence = Presence(broadcaster, load_users)
    online, _ = _online(presence, broadcaster)
    readers = {who.id: Reader(broadcaster, who.id) for who in (ADA, BOB, EVE)}

    leaving = [presence.follow(ONLINE, who) for who in (ADA, EVE)]
    await asyncio.sleep(SOON)
    assert [reader.told() for reader in readers.values()] == [[], [], []], "bob is not online"

    again = [presence.follow(ONLINE, BOB), presence.follow(ONLINE, BOB)]
    await asyncio.sleep(SOON)
    assert [reader.told() for reader in readers.values()] == [[(2, True)], [], []]
    assert (await online.partners(1), await online.partners(2), await online.partners(3)) == ([2], [1], [])

    again[0]()
    leaving[1]()
    await asyncio.sleep(LEAVE_DELAY + SOON)
    assert [reader.told() for reader in readers.values()] == [[], [], []], "bob has another window"
    again[1]()
    await asyncio.sleep(LEAVE_DELAY + SOON)
    assert [reader.told() for reader in readers.values()] == [[(2, False)], [], []]
    assert await online.partners(1) == []


@in_virtual_time
async def test_many_who_come_at_once_are_one_query():
    broadcaster = Broadcaster()
    presence = Presence(broadcaster, load_users)
    _, asked = _online(presence, broadcaster)

    for number in range(500):
        presence.follow(ONLINE, user(number + 1))
    await asyncio.sleep(SOON)

    assert [len(ids) for ids in asked] == [500]


@in_virtual_time
async def test_who_is_online_at_another_process_is_online():
    wire = LossyWire()
    here, there = Process(wire), Process(wire)
    for process in (here, there):
        _online(process.presence, process.broadcaster)
    reader = Reader(here.broadcaster, ADA.id)
    here.presence.follow(ONLINE, ADA)
    await asyncio.sleep(2)

    leave = there.presence.follow(ONLINE, BOB)
    await asyncio.sleep(2)
    assert reader.told() == [(2, True)]
    leave()
    await asyncio.sleep(GONE + 2)
    assert reader.told() == [(2, False)]
