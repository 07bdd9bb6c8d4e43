"""The one rule of who sees a room and may do what there. It is read in the transaction of the read or the change.

A room is everybody's, or closed: then its members see it. A guest sees no other rooms than these. In open mode
everybody sees closed rooms, too. A deleted room is seen by nobody. A conversation is seen by those who take part in it.
"""

from collections.abc import Sequence
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q, Subquery

from quart_notes.domain.access import Caller
from quart_notes.errors import FixedRoomError, ForbiddenError, NotFoundError, RoomArchivedError
from quart_notes.models import Room, RoomMembership
from quart_notes.schemas import RoomRole
from quart_notes.storage.database import is_private

LOBBY = 1  # the room that always exists
PRESENT = Q(deleted_at__isnull=True)


def visible_rooms(caller: Caller, person_id: int | None = None) -> Q:
    """The rooms that a caller sees in lists: everybody's, closed ones of theirs, and this user's conversations."""
    rooms = Q(kind="room") & PRESENT
    if caller.guest:
        rooms &= Q(closed=True, id__in=_memberships(caller))
    elif not caller.trusted:
        rooms &= Q(closed=False) | Q(id__in=_memberships(caller))
    return rooms if person_id is None else rooms | Q(lower_id=person_id) | Q(upper_id=person_id)


def _memberships(caller: Caller, **filters: RoomRole) -> Subquery:
    return Subquery(RoomMembership.filter(user_id=caller.id or 0, **filters).values("room_id"))


async def find_visible_room(connection: BaseDBAsyncClient, caller: Caller, room_id: int) -> Room | None:
    """A room's row, or None when the caller sees none; in open mode everybody sees every conversation.

    One query in any case, so that the time does not tell a hidden room from a missing one.
    """
    visible = PRESENT if caller.trusted else visible_rooms(caller, caller.id)
    return await Room.filter(visible, id=room_id).using_db(connection).get_or_none()


async def require_visible_room(connection: BaseDBAsyncClient, caller: Caller, room_id: int) -> Room:
    """A room's row; NotFoundError when the caller sees none."""
    room = await find_visible_room(connection, caller, room_id)
    if room is None:
        raise NotFoundError(f"Room {room_id} not found")
    return room


async def require_room_of(connection: BaseDBAsyncClient, caller: Caller, room_id: int, person_id: int) -> Room:
    """A room where this user takes part; NotFoundError when the caller sees none, or it is a conversation of others."""
    room = await require_visible_room(connection, caller, room_id)
    if room.kind != "room" and person_id not in {room.lower_id, room.upper_id}:
        raise NotFoundError(f"Room {room_id} not found")
    return room


def require_unarchived(*, archived: bool) -> None:
    """RoomArchivedError in an archived room."""
    if archived:
        raise RoomArchivedError("This room is archived: it can be read, but nobody can write there.")


async def roles_in(connection: BaseDBAsyncClient, caller: Caller, rooms: Sequence[Room]) -> dict[int, RoomRole]:
    """The caller's roles in rooms that they see, by the room's id."""
    closed = [] if caller.trusted or caller.admin else [room.id for room in rooms if room.closed]
    members = RoomMembership.filter(user_id=caller.id or 0, room_id__in=closed).using_db(connection)
    owned: Any = await members.filter(role="owner").values_list("room_id", flat=True) if closed else ()
    return {room.id: "owner" if _owns(caller, room, room.id in set(owned)) else "member" for room in rooms}


def _owns(caller: Caller, room: Room, owner: bool) -> bool:
    """Whether a caller who sees a room keeps it up; `owner`: whether their membership says so."""
    if is_fixed(room):
        return False
    opener = owner if room.closed else room.created_by is not None and room.created_by == caller.id
    return caller.trusted or caller.admin or opener


async def require_owned_room(connection: BaseDBAsyncClient, caller: Caller, room_id: int) -> Room:
    """A room that the caller keeps up.

    raises   NotFoundError when they see none; FixedRoomError for the lobby and a conversation; ForbiddenError when only
             others may
    """
    room = await require_visible_room(connection, caller, room_id)
    if is_fixed(room):
        raise FixedRoomError("The lobby and conversations stay as they are.")
    if (await roles_in(connection, caller, [room]))[room_id] != "owner":
        who = "one of its owners" if room.closed else "who opened the room"
        raise ForbiddenError(f"Only {who} or an administrator may do this.")
    return room


async def moderates(connection: BaseDBAsyncClient, caller: Caller, room_id: int) -> bool:
    """Whether a caller may delete the messages of others in a room that they see, and restore them.

    Administrators may, and those who keep up the room. In open mode nobody does.
    """
    if caller.trusted or caller.admin:
        return not caller.trusted
    room = await Room.get(id=room_id, using_db=connection)
    return (await roles_in(connection, caller, [room]))[room_id] == "owner"


def is_fixed(room: Room) -> bool:
    """Whether nobody can change a room: the lobby, and a conversation."""
    return room.kind != "room" or room.id == LOBBY


def restorable_rooms(caller: Caller) -> Q:
    """The deleted rooms that a caller can restore: those who could delete them."""
    deleted = Q(kind="room", deleted_at__isnull=False)
    if caller.trusted:
        return deleted
    theirs = Q() if caller.admin else Q(created_by=caller.id)
    if caller.guest:
        return deleted & Q(closed=True, id__in=_memberships(caller, role="owner"))
    membership = _memberships(caller) if caller.admin else _memberships(caller, role="owner")
    return deleted & (Q(theirs, closed=False) | Q(closed=True, id__in=membership))


def is_apart(connection: BaseDBAsyncClient, room: Room) -> bool:
    """Whether the events of a room are no part of `room:*`: a deleted one, and with accounts a closed one."""
    return room.deleted_at is not None or (room.closed and is_private(connection))
