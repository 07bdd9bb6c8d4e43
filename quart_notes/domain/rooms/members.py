"""The members of closed rooms, and their roles."""

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller
from quart_notes.domain.notifications.recording import notify, withdraw_membership
from quart_notes.domain.rooms.access import FIXED, is_fixed, require_visible_room, roles_in
from quart_notes.domain.rooms.rooms import record_room_membership
from quart_notes.domain.service import Listed, Service, transactional
from quart_notes.domain.users import by_id, require_users
from quart_notes.errors import FixedRoomError, ForbiddenError, LastOwnerError, NotFoundError, NotNowError
from quart_notes.live import events
from quart_notes.live.events import RoomMemberEvent
from quart_notes.live.writer import Change
from quart_notes.models import LogHead, RoomMembership
from quart_notes.schemas import MyRole, RoomMemberOut, RoomMemberUpdate


class RoomMembers(Service):
    """All memberships in closed rooms."""

    async def find(self, caller: Caller, room_id: int) -> Listed[RoomMemberOut]:
        """A closed room's members, by id; a room that everybody sees has none."""
        async with self._snapshot() as (connection, position):
            room = await require_visible_room(connection, caller, room_id)
            members = RoomMembership.filter(room_id=room_id).using_db(connection)
            rows = await members.order_by("user_id") if room.closed else []
            people = await by_id(connection, {member.user_id for member in rows})
        return Listed(
            [RoomMemberOut(room_id=room_id, user=people[one.user_id], role=one.role) for one in rows], position
        )

    @transactional
    async def set(
        self, change: Change, caller: Caller, room_id: int, user_id: int, data: RoomMemberUpdate
    ) -> RoomMemberOut:
        """Add a member, which every member may do, or change a role, which owners may."""
        connection = change.connection
        role = await _own_role(connection, caller, room_id)
        member = await RoomMembership.get_or_none(room_id=room_id, user_id=user_id, using_db=connection)
        before = None if member is None else member.role
        if role != "owner" and (before or "member") != data.role:
            raise ForbiddenError("Only an owner of the room may choose its owners.")
        (user,) = await require_users(connection, caller, user_id=user_id)
        out = RoomMemberOut(room_id=room_id, user=user, role=data.role)
        if member is None:
            if role != "owner" and data.role != "member":
                raise ForbiddenError("Only an owner of the room may choose its owners.")
            await _add(change, out)
            await notify(change, {user_id: "invited"}, change.by, room_id=room_id)
        elif before != data.role:
            if before == "owner":
                await _require_another_owner(connection, room_id, user_id)
            member.role = data.role
            await member.save(using_db=connection, update_fields=["role"])
            record_role(change, out)
        return out

    @transactional
    async def remove(self, change: Change, caller: Caller, room_id: int, user_id: int) -> RoomMemberOut:
        """Remove a member: owners may, and members themselves."""
        connection = change.connection
        role = await _own_role(connection, caller, room_id)
        if role != "owner" and user_id != caller.id:
            raise ForbiddenError("Only an owner of the room may remove others.")
        member = await RoomMembership.get_or_none(room_id=room_id, user_id=user_id, using_db=connection)
        if member is None:
            raise NotFoundError(f"User {user_id} is not a member of room {room_id}")
        if member.role == "owner":
            await _require_another_owner(connection, room_id, user_id)
        await member.delete(using_db=connection)
        user = (await by_id(connection, [user_id]))[user_id]
        out = RoomMemberOut(room_id=room_id, user=user, role=member.role)
        _record_event(change, "delete", out)
        record_room_membership(change, "delete", room_id, user_id, member.role)
        await withdraw_membership(change, user_id, room_id=room_id)
        return out


async def _own_role(connection: BaseDBAsyncClient, caller: Caller, room_id: int) -> MyRole:
    """The caller's role in a closed room.

    raises   NotFoundError when they see none; FixedRoomError, NotNowError for a room that takes no members
    """
    room = await require_visible_room(connection, caller, room_id)
    if is_fixed(room):
        raise FixedRoomError(FIXED)
    if not room.closed:
        raise NotNowError("Everybody sees this room. Only a closed room has members.")
    return (await roles_in(connection, caller, [room]))[room_id]


async def _add(change: Change, member: RoomMemberOut) -> None:
    head = await LogHead.get(id=1, using_db=change.connection)
    key = {"room_id": member.room_id, "user_id": member.user.id}
    await RoomMembership.create(**key, role=member.role, replay_after=head.newest, using_db=change.connection)
    record_room_membership(change, "create", **key, role=member.role)
    _record_event(change, "create", member)


def _record_event(change: Change, action: events.Action, member: RoomMemberOut) -> None:
    change.record(RoomMemberEvent(topic=events.room(member.room_id), action=action, room_member=member))


def record_role(change: Change, member: RoomMemberOut) -> None:
    """Record the new role of a member, for all members and for themselves."""
    _record_event(change, "update", member)
    record_room_membership(change, "update", member.room_id, member.user.id, member.role)


async def _require_another_owner(connection: BaseDBAsyncClient, room_id: int, user_id: int) -> None:
    owners = RoomMembership.filter(room_id=room_id, role="owner", user__deactivated_at__isnull=True)
    if not await owners.exclude(user_id=user_id).using_db(connection).exists():
        raise LastOwnerError("A closed room needs an owner. Make somebody else an owner first.")
