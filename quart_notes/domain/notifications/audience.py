"""Who may see what is written somewhere, by the one rule of access."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q, RawSQL, Subquery
from tortoise.queryset import QuerySet

from quart_notes.domain.access import Caller, visible_boards
from quart_notes.domain.rooms.access import visible_rooms
from quart_notes.domain.users import user_out
from quart_notes.models import Board, Membership, Message, Note, Room, RoomMembership, User
from quart_notes.storage.database import is_private

Audience = Callable[[Sequence[User]], Awaitable[set[int]]]  # the ids of those of the users who may see a text
Rule = Callable[[User], Awaitable[bool]]  # whether one of them may
FEW = 4  # users: asking for each costs no more queries than finding out who is alike


def caller_of(connection: BaseDBAsyncClient, user: User) -> Caller:
    """A user as a caller, without a session."""
    return Caller(user_out(user), trusted=not is_private(connection), admin=user.is_admin)


def each_alike(connection: BaseDBAsyncClient, users: Sequence[User]) -> list[tuple[Caller, list[int]]]:
    """Users by what the rule of access knows of them beside their id: a caller for all that are alike, and their ids.

    The caller's id is that of the row in a query of users, so that the rule asks for all of them at once.
    """
    alike: dict[tuple[bool, bool], list[User]] = {}
    for user in users:
        alike.setdefault((user.is_guest, user.is_admin), []).append(user)
    return [(_in_each_row(caller_of(connection, some[0])), [user.id for user in some]) for some in alike.values()]


def _in_each_row(caller: Caller) -> Caller:
    user = caller.user and caller.user.model_copy(update={"id": RawSQL('"user"."id"')})
    return replace(caller, user=user)


def audience_of_room(connection: BaseDBAsyncClient, room_id: int) -> Audience:
    """Who may see what is said in a room: in a conversation those who take part in it, in a thread as on its board."""

    async def may_see(user: User) -> bool:
        visible = visible_rooms(caller_of(connection, user), user.id)
        return await Room.filter(visible, id=room_id).using_db(connection).exists()

    async def audience(users: Sequence[User]) -> set[int]:
        if len(users) < FEW:
            return await _each(users, may_see)
        room = await Room.get_or_none(id=room_id, using_db=connection)
        if room is None or room.kind not in {"room", "note"}:
            return await _each(users, may_see)
        of_room, of_board = RoomMembership.filter(room_id=room_id), Membership.filter(board_id=room.board_id)
        return await _alike(users, may_see, (of_board if room.kind == "note" else of_room).using_db(connection))

    return audience


def audience_of_board(connection: BaseDBAsyncClient, board_id: int) -> Audience:
    """Who may see the notes of a board; in open mode, a personal one is its owner's."""

    async def may_see(user: User) -> bool:
        visible = visible_boards(caller_of(connection, user))
        return await Board.filter(visible, id=board_id).using_db(connection).exists()

    async def audience(users: Sequence[User]) -> set[int]:
        if len(users) < FEW:
            return await _each(users, may_see)
        return await _alike(users, may_see, Membership.filter(board_id=board_id).using_db(connection))

    return audience


async def _each(users: Sequence[User], may_see: Rule) -> set[int]:
    """The ids of those of the users who may see a thing."""
    return {user.id for user in users if await may_see(user)}


async def _alike(users: Sequence[User], may_see: Rule, memberships: QuerySet[Any]) -> set[int]:
    """The same in a fixed number of queries: the rule is asked once for all users who are alike to it.

    So it is right for things of which the rule knows nothing but the user's membership and rank.
    """
    members = set(await memberships.values_list("user_id", flat=True))
    alike: dict[tuple[bool, ...], list[User]] = {}
    for user in users:
        alike.setdefault((user.id in members, user.is_guest, user.is_admin), []).append(user)
    return {user.id for some in alike.values() if await may_see(some[0]) for user in some}


def visible_notifications(caller: Caller) -> Q:
    """The notifications of a caller that are about what they may see now.

    What it is about is looked up by its id, instead of listing all that they see. There is no join: PostgreSQL 18
    copies such conditions below a join, and one of the copies would not notice that the user of `each_alike` changes.
    """
    room, message, note = (RawSQL(f'"notification"."{name}_id"') for name in ("room", "message", "note"))
    rooms = Subquery(Room.filter(visible_rooms(caller, caller.id), id=room).values("id"))
    messages = Subquery(Message.filter(deleted_at__isnull=True, id=message).values("id"))
    boards = Subquery(Board.filter(visible_boards(caller)).values("id"))
    notes = Subquery(Note.filter(deleted_at__isnull=True, board_id__in=boards, id=note).values("id"))
    in_room = Q(room_id__in=rooms) & (Q(message_id__isnull=True) | Q(message_id__in=messages))
    return Q(user_id=caller.id or 0) & (in_room | Q(board_id__in=boards) | Q(note_id__in=notes))
