"""Who may see what is written somewhere, by the one rule of access."""

from collections.abc import Awaitable, Callable

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q, Subquery

from quart_notes.domain.access import Caller, visible_boards
from quart_notes.domain.rooms.access import visible_rooms
from quart_notes.domain.users import user_out
from quart_notes.models import Board, Note, Room, User
from quart_notes.storage.database import is_private

MaySee = Callable[[User], Awaitable[bool]]  # whether a user may see a text


def caller_of(connection: BaseDBAsyncClient, user: User) -> Caller:
    """A user as a caller, without a session."""
    return Caller(user_out(user), trusted=not is_private(connection), admin=user.is_admin)


def sees_room(connection: BaseDBAsyncClient, room_id: int) -> MaySee:
    """Whether a user may see what is said in a room: in a conversation, whether they take part in it."""

    async def may_see(user: User) -> bool:
        visible = visible_rooms(caller_of(connection, user), user.id)
        return await Room.filter(visible, id=room_id).using_db(connection).exists()

    return may_see


def sees_board(connection: BaseDBAsyncClient, board_id: int) -> MaySee:
    """Whether a user may see the notes of a board; in open mode, a personal one is its owner's."""

    async def may_see(user: User) -> bool:
        visible = visible_boards(caller_of(connection, user))
        return await Board.filter(visible, id=board_id).using_db(connection).exists()

    return may_see


def visible_notifications(caller: Caller) -> Q:
    """The notifications of a caller that are about what they may see now."""
    rooms = Subquery(Room.filter(visible_rooms(caller, caller.id)).values("id"))
    boards = Subquery(Board.filter(visible_boards(caller)).values("id"))
    notes = Subquery(Note.filter(deleted_at__isnull=True, board_id__in=boards).values("id"))
    in_room = Q(room_id__in=rooms) & (Q(message_id__isnull=True) | Q(message__deleted_at__isnull=True))
    return Q(user_id=caller.id or 0) & (in_room | Q(board_id__in=boards) | Q(note_id__in=notes))
