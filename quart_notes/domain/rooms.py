"""Rooms; direct conversations and private rooms with the assistant are rooms of other kinds."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q

from quart_notes.domain.access import Caller, act_as
from quart_notes.domain.idempotency import make_once, request_of
from quart_notes.domain.service import Listed, Service, transactional
from quart_notes.domain.users import by_id, require_users
from quart_notes.errors import NotFoundError, RoomNameTakenError
from quart_notes.live import events
from quart_notes.live.events import RoomEvent
from quart_notes.live.writer import Change, Committed
from quart_notes.models import ROOM_KEY_MAX, Room
from quart_notes.schemas import RoomCreate, RoomOut, RoomQuery, UserOut, name_key
from quart_notes.schemas.event_ids import EventId

LOBBY = 1  # the room that always exists
LOBBY_NAME = "lobby"


class Opened(NamedTuple):
    """A room, and whether it is new."""

    room: RoomOut
    new: bool


class Rooms(Service):
    """All rooms."""

    async def open(self) -> None:
        """Create the lobby if it is missing."""
        async with self._database.transaction() as connection:
            now = datetime.now(UTC)
            lobby = {
                "kind": "room",
                "name": LOBBY_NAME,
                "name_key": name_key(LOBBY_NAME, ROOM_KEY_MAX),
                "created_at": now,
            }
            await Room.get_or_create(lobby, using_db=connection, id=LOBBY)

    async def add(self, data: RoomCreate, author_id: int | None = None) -> Committed[RoomOut]:
        """Add a room, for the caller; RoomNameTakenError when there is one of that name."""

        async def work(change: Change) -> RoomOut:
            key = name_key(data.name, ROOM_KEY_MAX)
            if await Room.exists(name_key=key, using_db=change.connection):
                raise RoomNameTakenError.of_field("name", f"There is a room named {data.name} already.")
            room = Room(kind="room", name=data.name, name_key=key, created_at=datetime.now(UTC))
            await room.save(using_db=change.connection, force_create=True)
            out = room_out(room, {})
            change.record(RoomEvent(topic=events.ROOMS, action="create", room=out))
            return out

        async def made(connection: BaseDBAsyncClient, room_id: int) -> RoomOut | None:
            room = await Room.get_or_none(id=room_id, using_db=connection)
            return None if room is None else room_out(room, {})

        return await make_once(self._write, request_of("room", author_id, data, data.client_key), work, made, author_id)

    @transactional
    async def direct_conversation(self, change: Change, caller: Caller, one_id: int, other_id: int) -> RoomOut:
        """The direct conversation of two users (or of one with themselves), created when missing."""
        act_as(change, caller, one_id)
        one, other = await require_users(change.connection, one_id=one_id, other_id=other_id)
        return await conversation(change, one, other)

    @transactional
    async def assistant_room(self, change: Change, caller: Caller, person_id: int) -> Opened:
        """A user's private room with the assistant, created when missing."""
        act_as(change, caller, person_id)
        (user,) = await require_users(change.connection, person_id=person_id)
        return await _open(change, "private", user)

    async def assistant_room_id(self, person_id: int) -> tuple[int | None, EventId]:
        """The id of a user's private room, or None, and the newest event that this includes."""
        async with self._snapshot() as (connection, position):
            room = await Room.get_or_none(kind="private", lower_id=person_id, using_db=connection)
        return None if room is None else room.id, position

    async def get(self, caller: Caller, room_id: int) -> tuple[RoomOut, EventId]:
        """A room or a conversation, and the newest event that it includes."""
        async with self._snapshot() as (connection, position):
            (room,) = await _room_outs(connection, [await require_visible_room(connection, caller, room_id)])
        return room, position

    async def find(self, caller: Caller, query: RoomQuery) -> Listed[RoomOut]:
        """Rooms by id ascending, `query.limit` at most; with `query.person_id` that person's conversations too."""
        person_id = query.person_id if caller.trusted or query.person_id == caller.id else None
        async with self._snapshot() as (connection, position):
            visible = Room.filter(visible_rooms(person_id), id__gt=query.after_id).using_db(connection)
            rows = await visible.order_by("id").limit(query.limit + 1)
            rooms = await _room_outs(connection, rows[: query.limit])
        return Listed(rooms, position, len(rows) > query.limit)

    async def participant(self, caller: Caller, room_id: int, *, author_id: int) -> UserOut:
        """A user who may write in a room; ValidationFailedError when there is no such user."""
        caller.require_self(author_id)
        async with self._database.snapshot() as connection:
            require_participant(await require_room(connection, room_id), author_id)
            (author,) = await require_users(connection, author_id=author_id)
        return author

    async def existing_rooms(self, ids: Collection[int], person_id: int | None) -> dict[int, RoomOut]:
        """The public rooms and the user's own conversations among these ids, by id."""
        async with self._database.snapshot() as connection:
            rows = await Room.filter(visible_rooms(person_id), id__in=list(ids)).using_db(connection)
            return {room.id: room for room in await _room_outs(connection, rows)}


def visible_rooms(person_id: int | None) -> Q:
    """The rooms that a user sees: public rooms, and their own conversations."""
    public = Q(kind="room")
    return public if person_id is None else public | Q(lower_id=person_id) | Q(upper_id=person_id)


async def require_room(connection: BaseDBAsyncClient, room_id: int) -> Room:
    """A room's row; NotFoundError when it does not exist."""
    room = await Room.get_or_none(id=room_id, using_db=connection)
    if room is None:
        raise NotFoundError(f"Room {room_id} not found")
    return room


async def require_visible_room(connection: BaseDBAsyncClient, caller: Caller, room_id: int) -> Room:
    """A room's row; NotFoundError when the caller sees none."""
    room = await require_room(connection, room_id)
    if not caller.trusted:
        require_participant(room, caller.id)
    return room


def require_participant(room: Room, person_id: int | None) -> None:
    """NotFoundError when the user does not take part in a conversation: for them it does not exist."""
    if room.kind != "room" and person_id not in {room.lower_id, room.upper_id}:
        raise NotFoundError(f"Room {room.id} not found")


async def conversation(change: Change, one: UserOut, other: UserOut) -> RoomOut:
    """The direct conversation of two users, created within this change when missing."""
    lower, upper = sorted((one, other), key=lambda user: user.id)
    return (await _open(change, "direct", lower, upper)).room


async def _open(
    change: Change, kind: Literal["direct", "private"], lower: UserOut, upper: UserOut | None = None
) -> Opened:
    people = {user.id: user for user in (lower, upper) if user}
    key = {"kind": kind, "lower_id": lower.id, "upper_id": upper and upper.id}
    room = await Room.get_or_none(**key, using_db=change.connection)
    if room is not None:
        return Opened(room_out(room, people), new=False)
    room = Room(**key, created_at=datetime.now(UTC))
    await room.save(using_db=change.connection, force_create=True)
    out = room_out(room, people)
    for topic in topics(out):
        change.record(RoomEvent(topic=topic, action="create", room=out))
    return Opened(out, new=True)


async def room_of(connection: BaseDBAsyncClient, room_id: int) -> RoomOut:
    """A room as it is returned; NotFoundError when it does not exist."""
    (room,) = await _room_outs(connection, [await require_room(connection, room_id)])
    return room


async def _room_outs(connection: BaseDBAsyncClient, rooms: Sequence[Room]) -> list[RoomOut]:
    """The rooms with their users, in one query however many there are."""
    people = await by_id(connection, {user_id for room in rooms for user_id in (room.lower_id, room.upper_id)})
    return [room_out(room, people) for room in rooms]


def room_out(room: Room, people: dict[int, UserOut]) -> RoomOut:
    """A room as it is returned; `people` contains those of a conversation."""
    return RoomOut(
        id=room.id,
        kind=room.kind,
        name=room.name,
        people=[people[user_id] for user_id in dict.fromkeys((room.lower_id, room.upper_id)) if user_id is not None],
        created_at=room.created_at,
    )


def topics(room: RoomOut) -> list[str]:
    """The topics of a room's messages."""
    return [events.room(room.id)] if room.kind == "room" else [events.user(user.id) for user in room.people]
