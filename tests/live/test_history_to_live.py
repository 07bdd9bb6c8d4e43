"""The transition from the log to live events, without a server, for named topics and wildcards."""

import asyncio
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.live import event_log, feed
from quart_notes.live.events import ALL_ROOMS, ROOMS, SHARED_BOARD, USERS, room, user
from quart_notes.schemas import MessageCreate, NoteCreate, RoomCreate, RoomMessageCreate, UserCreate
from quart_notes.schemas.event_ids import EventId
from tests.support.clients.log_follower import Follower
from tests.support.servers.in_process import opened


async def _act(core: Core, chance: random.Random) -> None:
    """One random write."""
    who, other = chance.randint(1, 3), chance.randint(1, 3)
    kind = chance.choice(["note", "room", "tell", "say", "say"])
    if kind == "note":
        await core.notes.add(ANYBODY, 1, NoteCreate(title="x"))
    elif kind == "room":
        await core.rooms.add(ANYBODY, RoomCreate(name=f"{chance.random()}"))
    elif kind == "tell":
        await core.messages.send(ANYBODY, MessageCreate(author_id=who, recipient_id=other, content="x"))
    else:
        rooms = [
            row.id for row in (await core.rooms.existing_rooms(range(1, 40), ANYBODY)).values() if row.kind == "room"
        ]
        await core.messages.post(ANYBODY, chance.choice(rooms), RoomMessageCreate(author_id=who, content="x"))


CHOICES = [
    {ALL_ROOMS}, {ALL_ROOMS, room(1)}, {room(1)}, {room(1), room(2), user(1)}, {user(1), user(2)},
    {SHARED_BOARD, USERS, ROOMS, ALL_ROOMS, user(3)}, {ROOMS, USERS},
]  # fmt: skip


@settings(max_examples=10)
@given(st.integers(0, 1 << 32), st.integers(1, 12), st.sampled_from([1, 3, 128]))
def test_every_choice_of_topics_continues_from_every_position_without_gap_or_duplicate(
    seed: int, turns: int, page: int
):
    chance = random.Random(seed)

    async def run(folder: Path) -> None:
        async with opened(folder) as core:
            for number in range(3):
                await core.users.add(UserCreate(name="x", email="x@y", nickname=f"nick{number}"))
            await core.rooms.add(ANYBODY, RoomCreate(name="two"))
            followers: list[tuple[set[str], int, Follower]] = []
            for _ in range(turns):
                acting = asyncio.gather(*(_act(core, chance) for _ in range(chance.randint(1, 6))))
                topics = chance.choice(CHOICES)
                place = chance.randint(0, core.broadcaster.newest)
                followers.append((topics, place, Follower(core, place, topics, direct=chance.random() < 0.5)))
                for _ in range(chance.randint(0, 20)):
                    await asyncio.sleep(0)
                await acting
            told = {message.number: message.topic for message in await _everything(core)}
            for topics, place, follower in followers:
                kinds = tuple(topic.removesuffix("*") for topic in topics if topic.endswith(":*"))
                expected = [
                    number
                    for number, topic in told.items()
                    if number is not None
                    and number > place
                    and (topic in topics or (kinds and topic.startswith(kinds)))
                ]
                await follower.count(len(expected))
                assert follower.numbers == expected, (topics, place)
                assert [message.number for message in follower.messages] == expected[: len(follower.messages)]
                await follower.close()

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed, "PAGE_EVENTS", page)
        patch.setattr(event_log, "PAGE_EVENTS", page)
        asyncio.run(run(Path(folder)))


async def _everything(core: Core) -> list[Any]:
    found: list[Any] = []
    topics = {SHARED_BOARD, USERS, ROOMS, ALL_ROOMS, "user:*"}
    while True:
        place = EventId(core.log.epoch, found[-1].number if found else 0)
        page = await core.log.since(topics, place, core.broadcaster.newest)
        if not page:
            return found
        found += page


async def test_volatile_events_are_not_logged(core: Core):
    ada = (await core.users.add(UserCreate(name="x", email="x@y", nickname="ada"))).result
    before = await core.log.newest()
    core.presence.join(1, ada)
    core.presence.typing(1, ada)
    await asyncio.sleep(0.05)

    assert await core.log.newest() == before
    assert await core.log.since({room(1), ALL_ROOMS}, EventId(before.epoch, 0), 1000) == []
