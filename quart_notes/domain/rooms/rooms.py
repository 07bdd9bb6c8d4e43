"""Rooms; conversations, private rooms with the assistant, and threads of notes are rooms of other kinds."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q

from quart_notes.domain.access import Caller, act_as, record_access_change
from quart_notes.domain.idempotency import make_once, request_of
from quart_notes.domain.rooms.access import (
    LOBBY,
    PRESENT,
    find_visible_room,
    followable_rooms,
    is_apart,
    listed_rooms,
    require_room_of,
    require_visible_room,
    require_writer,
    roles_in,
    visible_rooms,
)
from quart_notes.domain.rooms.activity import last_activity
from quart_notes.domain.rooms.names import names_of
from quart_notes.domain.service import Listed, Service, transactional
from quart_notes.domain.users import by_id, require_users
from quart_notes.errors import NotFoundError, RoomNameTakenError
from quart_notes.live import events
from quart_notes.live.events import RoomEvent, RoomMembershipEvent
from quart_notes.live.writer import Change, Committed
from quart_notes.models import ROOM_KEY_MAX, Room, RoomMembership
from quart_notes.schemas import (
    MyRoomOut,
    RoomCreate,
    RoomMembershipOut,
    RoomOut,
    RoomQuery,
    RoomRole,
    UserOut,
    name_key,
)
from quart_notes.schemas.event_ids import EventId
from quart_notes.storage.database import is_private

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

    async def add(self, caller: Caller, data: RoomCreate) -> Committed[MyRoomOut]:
        """Add a room, which the caller keeps up; a closed one has them as its owner.

        raises   RoomNameTakenError when there is a public one of that name; ForbiddenError for a guest
        """
        caller.require_member()

        async def work(change: Change) -> MyRoomOut:
            room = Room(kind="room", name=data.name, created_by=caller.id, closed=data.closed)
            room.created_at = datetime.now(UTC)
            room.name_key = await free_key(change.connection, room)
            await room.save(using_db=change.connection, force_create=True)
            if data.closed:
                record_access_change(change, room_id=room.id, apart=is_apart(change.connection, room))
                if caller.id is not None:
                    await add_owner(change, room.id, caller.id)
            record_room(change, "create", room)
            return await my_room(change.connection, caller, room)

        async def made(connection: BaseDBAsyncClient, room_id: int) -> MyRoomOut | None:
            room = await find_visible_room(connection, caller, room_id)
            return None if room is None else await my_room(connection, caller, room)

        return await make_once(self._write, request_of("room", caller.id, data, data.client_key), work, made, caller.id)

    @transactional
    async def direct_conversation(self, change: Change, caller: Caller, one_id: int, other_id: int) -> RoomOut:
        """The direct conversation of two users (or of one with themselves), created when missing."""
        act_as(change, caller, one_id)
        one, other = await require_users(change.connection, caller, one_id=one_id, other_id=other_id)
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

    async def get(self, caller: Caller, room_id: int) -> tuple[MyRoomOut, EventId]:
        """A room or a conversation, and the newest event that it includes."""
        async with self._snapshot() as (connection, position):
            row = await require_visible_room(connection, caller, room_id)
            room = await my_room(connection, caller, row)
        return room, position

    async def find(self, caller: Caller, query: RoomQuery) -> Listed[MyRoomOut]:
        """Rooms by id ascending, `query.limit` at most.

        With `query.person_id` that person's conversations too, and the threads that they follow.
        """
        person_id = query.person_id if caller.trusted or query.person_id == caller.id else None
        async with self._snapshot() as (connection, position):
            visible = Room.filter(listed_rooms(caller, person_id), id__gt=query.after_id).using_db(connection)
            rows = await visible.order_by("id").limit(query.limit + 1)
            rooms = await _my_rooms(connection, caller, rows[: query.limit])
        return Listed(rooms, position, len(rows) > query.limit)

    async def participant(self, caller: Caller, room_id: int, *, author_id: int) -> UserOut:
        """A user who may write in a room; ValidationFailedError when there is no such user."""
        caller.require_self(author_id)
        async with self._database.snapshot() as connection:
            room = await require_room_of(connection, caller, room_id, author_id)
            await require_writer(connection, caller, room)
            (author,) = await require_users(connection, author_id=author_id)
        return author

    async def existing_rooms(self, ids: Collection[int], caller: Caller) -> dict[int, RoomOut]:
        """The rooms among these ids that the caller sees, and their own conversations, by id."""
        async with self._database.snapshot() as connection:
            rows = Room.filter(visible_rooms(caller, caller.id), id__in=list(ids)).using_db(connection)
            return {room.id: room for room in await _room_outs(connection, await rows)}

    async def followable(self, ids: Collection[int], caller: Caller) -> dict[int, int | None]:
        """The boards of the rooms among these ids whose topics the caller may name, by id; None: it is no thread."""
        async with self._database.snapshot() as connection:
            rows: Any = Room.filter(followable_rooms(caller), id__in=list(ids)).using_db(connection)
            return dict(await rows.values_list("id", "board_id"))

    async def partners(self, user_ids: Collection[int]) -> dict[int, set[int]]:
        """With whom users have direct conversations, by the users' ids."""
        ids, found = set(user_ids), dict[int, set[int]]()
        async with self._database.snapshot() as connection:
            direct = Room.filter(Q(lower_id__in=ids) | Q(upper_id__in=ids), kind="direct").using_db(connection)
            pairs: Any = await direct.values_list("lower_id", "upper_id")
        for one, other in pairs:
            for user_id, partner in ((one, other), (other, one)):
                if user_id in ids and one != other:
                    found.setdefault(user_id, set()).add(partner)
        return found

    async def replay_starts(self, caller: Caller) -> dict[int, int]:
        """The closed rooms of a caller: the event after which a replay to them may begin, by the room's id."""
        if caller.trusted:
            return {}
        async with self._database.snapshot() as connection:
            members = RoomMembership.filter(user_id=caller.id, room__closed=True, room__deleted_at__isnull=True)
            rows: Any = await members.using_db(connection).values_list("room_id", "replay_after")
            return dict(rows)

    async def apart(self) -> list[int]:
        """The rooms whose events are no part of `room:*`."""
        async with self._database.snapshot() as connection:
            some = Room.filter(Q(~PRESENT, closed=True, join_type="OR"), kind__not="note").using_db(connection)
            threads: Any = await Room.filter(kind="note").using_db(connection).values_list("id", flat=True)
            return [*(room.id for room in await some if is_apart(connection, room)), *threads]


async def require_room(connection: BaseDBAsyncClient, room_id: int) -> Room:
    """A room's row, without asking who sees it; NotFoundError when it does not exist."""
    room = await Room.get_or_none(id=room_id, using_db=connection)
    if room is None:
        raise NotFoundError(f"Room {room_id} not found")
    return room


async def free_key(connection: BaseDBAsyncClient, room: Room) -> str | None:
    """The key of a room's name, which no other room that everybody sees has; None for a room that not everybody sees.

    So nobody learns from a refusal that there is a closed room of that name.
    """
    if room.closed or room.deleted_at is not None:
        return None
    key = name_key(room.name or "", ROOM_KEY_MAX)
    others = Room.filter(name_key=key).exclude(id=room.id or 0).using_db(connection)
    if await others.exists():
        raise RoomNameTakenError.of_field("name", f"There is a room named {room.name} already.")
    return key


async def add_owner(change: Change, room_id: int, user_id: int) -> None:
    """Add the first owner of a closed room: they have seen all of it, so nothing is left out of a replay."""
    await RoomMembership.create(room_id=room_id, user_id=user_id, role="owner", using_db=change.connection)
    record_room_membership(change, "create", room_id, user_id, "owner")


def record_room_membership(change: Change, action: events.Action, room_id: int, user_id: int, role: RoomRole) -> None:
    """Record a user's role in a closed room, for them and for the access cache."""
    membership = RoomMembershipOut(room_id=room_id, role=role)
    topic = events.user(user_id)
    change.record(RoomMembershipEvent(topic=topic, action=action, room_membership=membership))
    record_access_change(change, user_id=user_id)


def record_room(change: Change, action: events.Action, room: Room, topic: str | None = None) -> None:
    """Record a change of a room for those who see it. A deletion leaves its name out, and a thread has none there.

    topic   of the only user who is told
    """
    out = room_out(room, {})
    if action == "delete":
        out = out.model_copy(update={"name": None})
    hidden = room.kind == "note" or (room.closed and is_private(change.connection))
    topic = topic or (events.room(room.id) if hidden else events.ROOMS)
    change.record(RoomEvent(topic=topic, action=action, room=out))


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
    """A room as it is returned, without asking who sees it; NotFoundError when it does not exist."""
    return await loaded_room(connection, await require_room(connection, room_id))


async def loaded_room(connection: BaseDBAsyncClient, room: Room) -> RoomOut:
    """The same for a row that is loaded already."""
    (out,) = await _room_outs(connection, [room])
    return out


async def _room_outs(connection: BaseDBAsyncClient, rooms: Sequence[Room]) -> list[RoomOut]:
    """The rooms with their users, and the names of threads, in two queries however many there are."""
    names = await names_of(connection, rooms)
    people = await by_id(connection, {user_id for room in rooms for user_id in (room.lower_id, room.upper_id)})
    return [room_out(room, people, names[room.id]) for room in rooms]


async def my_room(connection: BaseDBAsyncClient, caller: Caller, room: Room) -> MyRoomOut:
    """A room with the role of a caller who sees it."""
    (mine,) = await _my_rooms(connection, caller, [room])
    return mine


async def _my_rooms(connection: BaseDBAsyncClient, caller: Caller, rooms: Sequence[Room]) -> list[MyRoomOut]:
    roles = await roles_in(connection, caller, rooms)
    active = await last_activity(connection, rooms)
    outs = await _room_outs(connection, rooms)
    return [MyRoomOut(**dict(room), role=roles[room.id], last_activity_at=active[room.id]) for room in outs]


def room_out(room: Room, people: dict[int, UserOut], name: str | None = None) -> RoomOut:
    """A room as it is returned; `people` contains those of a conversation, `name` is that of a thread."""
    return RoomOut(
        id=room.id,
        kind=room.kind,
        name=room.name or name,
        people=[people[user_id] for user_id in dict.fromkeys((room.lower_id, room.upper_id)) if user_id is not None],
        closed=room.closed,
        archived=room.archived_at is not None,
        note_id=room.note_id,
        board_id=room.board_id,
        created_at=room.created_at,
    )


def topics(room: RoomOut) -> list[str]:
    """The topics of a room's messages."""
    return [events.user(user.id) for user in room.people] or [events.room(room.id)]
