"""The one rule of who sees a room and may do what there. It is read in the transaction of the read or the change.

A room is everybody's, or closed: then its members see it. A guest sees no other rooms than these. In open mode
everybody sees closed rooms, too. A deleted room is seen by nobody. A conversation is seen by those who take part in it.
The thread of a note is seen by those who see the note's board; its editors write there.
"""

from collections.abc import Sequence
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q, Subquery

from quart_notes.domain.access import Caller, require_role, roles_on, visible_boards
from quart_notes.errors import FixedRoomError, ForbiddenError, NotFoundError, RoomArchivedError
from quart_notes.models import Board, Reading, Room, RoomMembership
from quart_notes.schemas import Level, MyRole, Role, RoomRole
from quart_notes.storage.database import is_private

LOBBY = 1  # the room that always exists
PRESENT = Q(deleted_at__isnull=True)
ROLES: dict[Role, MyRole] = {
    "viewer": "reader",
    "ticker": "reader",
    "editor": "member",
    "owner": "owner",
}  # in a thread
FIXED = "The lobby, conversations and threads of notes stay as they are."
FOLLOWING: Level = "everything"  # the level of who follows a thread: it is in their list of rooms


def listed_rooms(caller: Caller, person_id: int | None = None) -> Q:
    """The rooms that a caller sees in lists: everybody's, and closed ones of theirs.

    person_id   a user whose conversations are wanted too, and the threads that they follow
    """
    rooms = _rooms(caller)
    if person_id is None:
        return rooms
    followed = Reading.filter(user_id=person_id, level=FOLLOWING).values("room_id")
    return rooms | _conversations(person_id) | (visible_threads(caller) & Q(id__in=Subquery(followed)))


def visible_rooms(caller: Caller, person_id: int | None = None) -> Q:
    """The rooms that a caller sees: those of lists, and all threads; with a user also that user's conversations."""
    rooms = _rooms(caller) | visible_threads(caller)
    return rooms if person_id is None else rooms | _conversations(person_id)


def visible_threads(caller: Caller) -> Q:
    """The threads of the notes that a caller sees."""
    boards = Subquery(Board.filter(visible_boards(caller)).values("id"))
    return Q(kind="note", board_id__in=boards) & PRESENT


def _rooms(caller: Caller) -> Q:
    rooms = Q(kind="room") & PRESENT
    if caller.guest:
        return rooms & Q(closed=True, id__in=_memberships(caller))
    return rooms if caller.trusted else rooms & (Q(closed=False) | Q(id__in=_memberships(caller)))


def _conversations(person_id: int) -> Q:
    return Q(Q(lower_id=person_id), Q(upper_id=person_id), join_type="OR")


def _memberships(caller: Caller, **filters: RoomRole) -> Subquery:
    return Subquery(RoomMembership.filter(user_id=caller.id or 0, **filters).values("room_id"))


async def find_visible_room(connection: BaseDBAsyncClient, caller: Caller, room_id: int) -> Room | None:
    """A room's row, or None when the caller sees none; in open mode everybody sees every conversation.

    One query in any case, so that the time does not tell a hidden room from a missing one.
    """
    visible = _existing() if caller.trusted else visible_rooms(caller, caller.id)
    return await Room.filter(visible, id=room_id).using_db(connection).get_or_none()


def followable_rooms(caller: Caller) -> Q:
    """The rooms whose topics a caller may name: those that they see; in open mode the threads of all boards."""
    rooms = visible_rooms(caller, caller.id)
    return rooms | (Q(kind="note") & _existing()) if caller.trusted else rooms


def _existing() -> Q:
    """All rooms that are not deleted, neither by themselves nor with their board."""
    boards = Subquery(Board.filter(deleted_at__isnull=True).values("id"))
    return PRESENT & Q(Q(board_id__isnull=True), Q(board_id__in=boards), join_type="OR")


async def require_visible_room(connection: BaseDBAsyncClient, caller: Caller, room_id: int) -> Room:
    """A room's row; NotFoundError when the caller sees none."""
    room = await find_visible_room(connection, caller, room_id)
    if room is None:
        raise NotFoundError(f"Room {room_id} not found")
    return room


async def require_room_of(connection: BaseDBAsyncClient, caller: Caller, room_id: int, person_id: int) -> Room:
    """A room where this user takes part; NotFoundError when the caller sees none, or it is a conversation of others."""
    room = await require_visible_room(connection, caller, room_id)
    if room.kind not in {"room", "note"} and person_id not in {room.lower_id, room.upper_id}:
        raise NotFoundError(f"Room {room_id} not found")
    return room


async def require_writer(connection: BaseDBAsyncClient, caller: Caller, room: Room) -> None:
    """ForbiddenError for a caller who may only read in a room that they see."""
    if room.board_id is not None:
        await require_role(connection, caller, room.board_id, "editor")


def require_unarchived(*, archived: bool) -> None:
    """RoomArchivedError in an archived room."""
    if archived:
        raise RoomArchivedError("This room is archived: it can be read, but nobody can write there.")


async def roles_in(connection: BaseDBAsyncClient, caller: Caller, rooms: Sequence[Room]) -> dict[int, MyRole]:
    """The caller's roles in rooms that they see, by the room's id."""
    closed = [] if caller.trusted or caller.admin else [room.id for room in rooms if room.closed]
    members = RoomMembership.filter(user_id=caller.id or 0, room_id__in=closed).using_db(connection)
    owned: Any = await members.filter(role="owner").values_list("room_id", flat=True) if closed else ()
    boards = {room.board_id for room in rooms if room.board_id is not None}
    on_boards = await roles_on(connection, caller, boards) if boards else {}
    roles: dict[int, MyRole] = {}
    for room in rooms:
        if room.board_id is not None:
            roles[room.id] = ROLES[on_boards[room.board_id]]
        else:
            roles[room.id] = "owner" if _owns(caller, room, room.id in set(owned)) else "member"
    return roles


def _owns(caller: Caller, room: Room, owner: bool) -> bool:
    """Whether a caller who sees a room keeps it up; `owner`: whether their membership says so."""
    if is_fixed(room):
        return False
    opener = owner if room.closed else room.created_by is not None and room.created_by == caller.id
    return caller.trusted or caller.admin or opener


async def require_owned_room(connection: BaseDBAsyncClient, caller: Caller, room_id: int) -> Room:
    """A room that the caller keeps up.

    raises   NotFoundError when they see none; FixedRoomError for one that `is_fixed`; ForbiddenError when only others
             may
    """
    room = await require_visible_room(connection, caller, room_id)
    if is_fixed(room):
        raise FixedRoomError(FIXED)
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
    """Whether nobody can change a room: the lobby, a conversation, and a thread."""
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
    """Whether the events of a room are no part of `room:*`: of a deleted one, a thread, with accounts a closed one."""
    return room.deleted_at is not None or room.kind == "note" or (room.closed and is_private(connection))
