"""The upkeep of rooms: rename, archive, close and open, delete and restore; deleting them for good."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from quart_notes.domain.access import Caller, record_access_change
from quart_notes.domain.notifications.recording import record_inboxes_with
from quart_notes.domain.rooms.access import is_apart, require_owned_room, restorable_rooms
from quart_notes.domain.rooms.deletion import delete_rooms, stop_answers
from quart_notes.domain.rooms.rooms import add_owner, free_key, my_room, record_room, record_room_membership, room_out
from quart_notes.domain.service import Listed, Service, transactional
from quart_notes.errors import NotFoundError
from quart_notes.live.writer import Change
from quart_notes.models import Room, RoomMembership
from quart_notes.schemas import MyRoomOut, RoomOut, RoomUpdate
from quart_notes.storage.database import is_private


@dataclass(eq=False)
class RoomUpkeep(Service):
    """All rooms, for those who keep them up."""

    days: int  # that a deleted room is kept

    @transactional
    async def change(self, change: Change, caller: Caller, room_id: int, data: RoomUpdate) -> MyRoomOut:
        """Change the fields that were sent; without a difference no event is sent.

        raises   as `require_owned_room`; RoomNameTakenError when another public room has the name
        """
        room = await require_owned_room(change.connection, caller, room_id)
        before = room_out(room, {})
        sent = data.changes()
        if not sent.get("closed", True):
            caller.require_member()  # a guest does not open a room for people whom they do not see
        if sent.get("archived", before.archived) != before.archived:
            room.archived_at = datetime.now(UTC) if sent["archived"] else None
        room.name = sent.get("name", room.name)
        room.closed = sent.get("closed", room.closed)
        if room_out(room, {}) == before:
            return await my_room(change.connection, caller, room)
        room.name_key = await free_key(change.connection, room)
        fields = ["name", "name_key", "archived_at", "closed"]
        await room.save(using_db=change.connection, update_fields=fields)
        if room.closed and not before.closed:
            await _close(change, caller, room)
        elif before.closed and not room.closed:
            await _open(change, room)
        else:
            record_room(change, "update", room)
        if room.closed != before.closed:
            await record_inboxes_with(change, room_id=room_id)
        return await my_room(change.connection, caller, room)

    @transactional
    async def delete(self, change: Change, caller: Caller, room_id: int) -> RoomOut:
        """Delete a room; `restore` can undo it for a while. What the assistant is writing there is stopped."""
        room = await require_owned_room(change.connection, caller, room_id)
        out = room_out(room, {})
        await stop_answers(change, room_id)
        record_room(change, "delete", room)
        room.deleted_at, room.name_key = datetime.now(UTC), None
        await room.save(using_db=change.connection, update_fields=["deleted_at", "name_key"])
        for member in await RoomMembership.filter(room_id=room_id).using_db(change.connection):
            record_room_membership(change, "delete", room_id, member.user_id, member.role)
        # Last: a stream that ends because of it has had what was recorded before.
        record_access_change(change, room_id=room_id, apart=is_apart(change.connection, room))
        await record_inboxes_with(change, room_id=room_id)
        return out

    @transactional
    async def restore(self, change: Change, caller: Caller, room_id: int) -> RoomOut:
        """Undo a deletion.

        raises   NotFoundError when it was not deleted, is not the caller's, or was deleted too long ago;
                 RoomNameTakenError when another public room has its name by now
        """
        deleted = Room.filter(restorable_rooms(caller), id=room_id, deleted_at__gte=self._limit())
        room = await deleted.using_db(change.connection).get_or_none()
        if room is None:
            raise NotFoundError(f"There is no deleted room {room_id}")
        room.deleted_at = None
        room.name_key = await free_key(change.connection, room)
        await room.save(using_db=change.connection, update_fields=["deleted_at", "name_key"])
        record_access_change(change, room_id=room_id, apart=is_apart(change.connection, room))
        record_room(change, "create", room)
        for member in await RoomMembership.filter(room_id=room_id).using_db(change.connection):
            record_room_membership(change, "create", room_id, member.user_id, member.role)
        await record_inboxes_with(change, room_id=room_id)
        return room_out(room, {})

    async def deleted(self, caller: Caller) -> Listed[RoomOut]:
        """The deleted rooms that a caller can restore, last deleted first."""
        async with self._snapshot() as (connection, position):
            rooms = Room.filter(restorable_rooms(caller), deleted_at__gte=self._limit()).using_db(connection)
            found = [room_out(room, {}) for room in await rooms.order_by("-deleted_at", "-id")]
        return Listed(found, position)

    @transactional
    async def delete_old(self, change: Change) -> bool:
        """Delete a chunk of the content of rooms deleted too long ago; returns whether there may be more."""
        return await delete_rooms(change, self._limit())

    def _limit(self) -> datetime:
        return datetime.now(UTC) - timedelta(days=self.days)


async def _close(change: Change, caller: Caller, room: Room) -> None:
    """Close a room that everybody has seen: who opened it and who closes it are its members."""
    if is_private(change.connection):
        room.closed = False  # for the others it is as if it were deleted
        record_room(change, "delete", room)
        room.closed = True
    record_access_change(change, room_id=room.id, apart=is_apart(change.connection, room))
    for user_id in dict.fromkeys((room.created_by, caller.id)):
        if user_id is not None:
            await add_owner(change, room.id, user_id)
    record_room(change, "update", room)


async def _open(change: Change, room: Room) -> None:
    """Open a closed room, with all that was said, for everybody."""
    record_access_change(change, room_id=room.id, apart=is_apart(change.connection, room))
    await RoomMembership.filter(room_id=room.id).using_db(change.connection).delete()
    record_room(change, "create" if is_private(change.connection) else "update", room)
