"""The members of boards, and their roles."""

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import SHARED_BOARD, Caller, record_access_change, require_role
from quart_notes.domain.notifications.recording import notify, withdraw_membership
from quart_notes.domain.rooms.note_threads import record_of_board
from quart_notes.domain.service import Listed, Service, transactional
from quart_notes.domain.users import by_id, require_users
from quart_notes.errors import LastOwnerError, NotFoundError, PersonalBoardError
from quart_notes.live import events
from quart_notes.live.events import MemberEvent, MembershipEvent
from quart_notes.live.writer import Change
from quart_notes.models import Board, LogHead, Membership
from quart_notes.schemas import MemberOut, MembershipOut, MemberUpdate, Role


class Members(Service):
    """All memberships."""

    async def find(self, caller: Caller, board_id: int) -> Listed[MemberOut]:
        """A board's members, by id; the shared board has none."""
        async with self._snapshot() as (connection, position):
            await require_role(connection, caller, board_id, "viewer")
            members = await Membership.filter(board_id=board_id).using_db(connection).order_by("user_id")
            people = await by_id(connection, {member.user_id for member in members})
        return Listed(
            [MemberOut(board_id=board_id, user=people[one.user_id], role=one.role) for one in members], position
        )

    @transactional
    async def set(self, change: Change, caller: Caller, board_id: int, user_id: int, data: MemberUpdate) -> MemberOut:
        """Add a member, or change their role."""
        connection = change.connection
        await require_role(connection, caller, board_id, "owner")
        await require_shared(connection, board_id)
        (user,) = await require_users(connection, caller, user_id=user_id)
        member = await Membership.get_or_none(board_id=board_id, user_id=user_id, using_db=connection)
        out = MemberOut(board_id=board_id, user=user, role=data.role)
        if member is None:
            await _add(change, out)
            await notify(change, {user_id: "invited"}, change.by, board_id=board_id)
        elif member.role != data.role:
            if member.role == "owner":
                await _require_another_owner(connection, board_id, user_id)
            member.role = data.role
            await member.save(using_db=connection, update_fields=["role"])
            record_role(change, out)
        return out

    @transactional
    async def remove(self, change: Change, caller: Caller, board_id: int, user_id: int) -> MemberOut:
        """Remove a member: owners may, and members themselves."""
        connection = change.connection
        await require_role(connection, caller, board_id, "viewer" if user_id == caller.id else "owner")
        await require_shared(connection, board_id)
        member = await Membership.get_or_none(board_id=board_id, user_id=user_id, using_db=connection)
        if member is None:
            raise NotFoundError(f"User {user_id} is not a member of board {board_id}")
        if member.role == "owner":
            await _require_another_owner(connection, board_id, user_id)
        await member.delete(using_db=connection)
        out = MemberOut(board_id=board_id, user=(await by_id(connection, [user_id]))[user_id], role=member.role)
        _record_event(change, "delete", out)
        record_membership(change, "delete", board_id, user_id, member.role)
        await withdraw_membership(change, user_id, board_id=board_id)
        await record_of_board(change, board_id, user_id, lost=True)
        return out


async def join_by_link(change: Change, board_id: int, user_id: int, role: Role, inviter_id: int | None) -> None:
    """Add a member for the user who invited them, as long as that is an owner and the board exists."""
    members = Membership.filter(board_id=board_id).using_db(change.connection)
    invited = await members.filter(user_id=inviter_id, role="owner", board__deleted_at__isnull=True).exists()
    if invited and not await members.filter(user_id=user_id).exists():
        (user,) = await require_users(change.connection, user_id=user_id)
        await _add(change, MemberOut(board_id=board_id, user=user, role=role))


async def _add(change: Change, member: MemberOut) -> None:
    head = await LogHead.get(id=1, using_db=change.connection)
    key = {"board_id": member.board_id, "user_id": member.user.id}
    await Membership.create(**key, role=member.role, replay_after=head.newest, using_db=change.connection)
    record_membership(change, "create", **key, role=member.role)
    _record_event(change, "create", member)
    await record_of_board(change, **key, lost=False)  # who was a member before may follow some


def _record_event(change: Change, action: events.Action, member: MemberOut) -> None:
    change.record(MemberEvent(topic=events.board(member.board_id), action=action, member=member))


def record_role(change: Change, member: MemberOut) -> None:
    """Record the new role of a member, for all members and for themselves."""
    _record_event(change, "update", member)
    record_membership(change, "update", member.board_id, member.user.id, member.role)


async def require_shared(connection: BaseDBAsyncClient, board_id: int) -> None:
    """PersonalBoardError for a board that takes no members."""
    board = await Board.get(id=board_id, using_db=connection)
    if board.kind == "personal":
        raise PersonalBoardError("A personal board cannot have members. Create a shared board.")
    if board_id == SHARED_BOARD:
        raise PersonalBoardError("Everybody already has this board.")


async def _require_another_owner(connection: BaseDBAsyncClient, board_id: int, user_id: int) -> None:
    owners = Membership.filter(board_id=board_id, role="owner", user__deactivated_at__isnull=True)
    others = owners.exclude(user_id=user_id).using_db(connection)
    if not await others.exists():
        raise LastOwnerError("A board needs an owner. Make somebody else an owner first.")


def record_membership(change: Change, action: events.Action, board_id: int, user_id: int, role: Role) -> None:
    """Record a user's new role on a board, for them and for the access cache."""
    membership = MembershipOut(board_id=board_id, role=role)
    change.record(MembershipEvent(topic=events.user(user_id), action=action, membership=membership))
    record_access_change(change, user_id=user_id)
