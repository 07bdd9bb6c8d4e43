"""What a client has read, and the events after it, give the current users, rooms, messages and unread counts."""

import asyncio
import json
import random
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.errors import ProblemError
from quart_notes.live.events import ALL_ROOMS, ROOMS, USERS, user
from quart_notes.schemas import (
    MAX_ID,
    MessageCreate,
    MessageQuery,
    MessageUpdate,
    PageQuery,
    ReadingUpdate,
    RoomCreate,
    RoomMessageCreate,
    RoomQuery,
    RoomUpdate,
    UserCreate,
)
from quart_notes.schemas.event_ids import EventId
from tests.support.api_fixtures import Json
from tests.support.servers.in_process import opened

State = dict[str, Any]


async def _fresh(core: Core, reader_id: int) -> tuple[State, EventId]:
    """Everything that a user's page could show, requested in parts; and the position to resume from."""
    people = await core.users.find(PageQuery())
    rooms = await core.rooms.find(ANYBODY, RoomQuery(person_id=reader_id))
    said = {
        room.id: (await core.messages.in_room(ANYBODY, room.id, MessageQuery(before_id=MAX_ID))).items
        for room in rooms.items
    }
    unread = await core.read_markers.of_user(ANYBODY, reader_id)
    state = {
        "users": {one.id: one.model_dump(mode="json") for one in people.items},
        "rooms": {one.id: one.model_dump(mode="json", exclude={"role", "last_activity_at"}) for one in rooms.items},
        "messages": {one.id: one.model_dump(mode="json") for list_ in said.values() for one in list_},
        "unread": {one.room_id: one.count for one in unread.items},
        "read": {one.room_id: one.last_read_id for one in unread.items},
    }
    return state, people.position


def _apply(state: State, event: Json, me: int) -> None:
    """Apply an event to a client's state, as a page does."""
    if "user" in event:
        state["users"][event["user"]["id"]] = event["user"]
    elif "room" in event:
        opened_room = event["room"]
        state["rooms"][opened_room["id"]] = opened_room
        # In an empty room nothing is read; an unread room starts at the user's registration.
        state["unread"].setdefault(opened_room["id"], 0)
        state["read"].setdefault(opened_room["id"], state["came"])
    elif "unread" in event:
        state["unread"][event["unread"]["room_id"]] = event["unread"]["count"]
        state["read"][event["unread"]["room_id"]] = event["unread"]["last_read_id"]
    elif "message" in event:
        message = event["message"]
        counts = message["author_id"] != me and message["id"] > state["read"].get(message["room_id"], 0)
        if event["action"] == "delete":
            gone = state["messages"].pop(message["id"], None)
            state["unread"][message["room_id"]] -= counts and gone is not None
        else:
            new = message["id"] not in state["messages"]
            state["messages"][message["id"]] = message
            state["unread"][message["room_id"]] += counts and new


async def _do_something(core: Core, chance: random.Random) -> None:
    """One random change by a random user; often a refused one."""
    who, other = chance.randint(1, 4), chance.randint(1, 4)
    where, what = chance.randint(1, 6), chance.randint(1, 30)
    text = f"text {chance.randint(1, 3)}"
    acts = {
        "come": lambda: core.users.add(UserCreate(name="x", email="x@y", nickname=f"nick{chance.randint(1, 9)}")),
        "open": lambda: core.rooms.add(ANYBODY, RoomCreate(name=f"room {chance.randint(1, 3)}")),
        "rename": lambda: core.room_upkeep.change(ANYBODY, where, RoomUpdate(name=f"room {chance.randint(1, 3)}")),
        "close": lambda: core.room_upkeep.change(ANYBODY, where, RoomUpdate(closed=chance.random() < 0.5)),
        "begin": lambda: core.rooms.direct_conversation(ANYBODY, who, other),
        "tell": lambda: core.messages.send(ANYBODY, MessageCreate(author_id=who, recipient_id=other, content=text)),
        "say": lambda: core.messages.post(ANYBODY, where, RoomMessageCreate(author_id=who, content=text)),
        "again": lambda: core.messages.post(
            ANYBODY, where, RoomMessageCreate(author_id=who, content=text, client_key=f"{text} {who}".replace(" ", "-"))
        ),
        "guest": lambda: core.messages.post_as_guest(1, "Client 5", text),
        "edit": lambda: core.messages.change(ANYBODY, what, MessageUpdate(author_id=who, content=text)),
        "delete": lambda: core.messages.delete(ANYBODY, what, who),
        "restore": lambda: core.messages.restore(ANYBODY, what, who),
        "read": lambda: core.read_markers.mark_read(ANYBODY, where, ReadingUpdate(reader_id=who, message_id=what)),
        "read on": lambda: core.read_markers.mark_read(ANYBODY, where, ReadingUpdate(reader_id=1, message_id=MAX_ID)),
    }
    name = chance.choice([*acts, "say", "say", "tell", "edit", "delete", "restore"])
    with suppress(ProblemError):
        await acts[name]()


@settings(max_examples=15)
@given(st.integers(0, 1 << 32), st.integers(1, 80))
def test_state_plus_later_events_equals_the_current_state(seed: int, changes: int):
    chance = random.Random(seed)

    async def run(folder: Path) -> None:
        async with opened(folder) as core:
            for number in range(1, 4):
                await core.users.add(UserCreate(name="x", email="x@y", nickname=f"first{number}"))
            known = [await _fresh(core, 1)]
            for _ in range(changes):
                await asyncio.gather(*(_do_something(core, chance) for _ in range(chance.randint(1, 3))))
                if chance.random() < 0.3:
                    known.append(await _fresh(core, 1))
            final, end = await _fresh(core, 1)
            topics = {USERS, ROOMS, ALL_ROOMS, user(1)}
            for state, place in known:
                state["came"] = 0  # user 1 existed before the first message
                heard = await core.log.since(topics, place, end.number)
                assert heard is not None
                while heard:
                    for message in heard:
                        _apply(state, _decoded(message.data), me=1)
                    heard = await core.log.since(topics, EventId(end.epoch, heard[-1].number or 0), end.number)
                del state["came"]
                assert state == final, place

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


def _decoded(data: bytes) -> Json:
    return dict(json.loads(data))
