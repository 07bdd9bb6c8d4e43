"""The caller of a request, and the one rule of what a caller may see and do."""

from collections.abc import Collection
from dataclasses import dataclass

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q, Subquery

from quart_notes.errors import ForbiddenError, NotFoundError
from quart_notes.live import events
from quart_notes.live.writer import Change
from quart_notes.models import Membership
from quart_notes.schemas import Role, Scope, UserOut
from quart_notes.storage.database import execute_briefly

SHARED_BOARD = 1  # the board that everybody shares
# Plain SQL, and one query for the board and the role: every change of a note runs it.
ROLE = (
    "SELECT (SELECT role FROM membership WHERE board_id = ?1 AND user_id = ?2) AS role"
    " FROM board WHERE id = ?1 AND deleted_at IS NULL"
)
RANK: dict[Role, int] = {"viewer": 0, "ticker": 1, "editor": 2, "owner": 3}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request.

    user      None: anonymous, in open mode only
    trusted   open mode, where everybody may see and do everything
    admin     may add users, and let others set a new password
    scope     read: may only read, as an API token can be limited to
    session   number of their session, token of their API token, if they have one
    """

    user: UserOut | None
    trusted: bool = False
    admin: bool = False
    scope: Scope = "write"
    session: int | None = None
    token: int | None = None

    @property
    def id(self) -> int | None:
        """The user's id."""
        return None if self.user is None else self.user.id

    @property
    def guest(self) -> bool:
        """Whether they are a guest: they see only what they are a member of. In open mode nobody is."""
        return not self.trusted and self.user is not None and self.user.guest

    def may_act_as(self, user_id: int | None) -> bool:
        """Whether this caller may act in that user's name."""
        return self.trusted or (user_id is not None and user_id == self.id)

    def require_admin(self) -> None:
        """ForbiddenError unless the caller is an administrator, or in open mode."""
        if not (self.trusted or self.admin):
            raise ForbiddenError("Only an administrator may do this.")

    def require_member(self) -> None:
        """ForbiddenError for a guest."""
        if self.guest:
            raise ForbiddenError("Only members of the server may do this; you are a guest.")

    def require_self(self, user_id: int) -> None:
        """ForbiddenError when the caller acts in another user's name."""
        if not self.may_act_as(user_id):
            raise ForbiddenError("You can only do this in your own name.")


ANYBODY = Caller(None, trusted=True)


def visible_boards(caller: Caller) -> Q:
    """The boards that a caller sees in lists: the shared board, and those that they are a member of.

    A guest sees the latter only. In open mode all shared ones; personal boards are listed for their owners only.
    """
    memberships = Membership.filter(user_id=caller.id or 0).values("board_id")
    visible = Q(id__in=Subquery(memberships))
    if not caller.guest:
        visible |= Q(kind="shared") if caller.trusted else Q(id=SHARED_BOARD)
    return Q(deleted_at__isnull=True) & visible


async def role_on(connection: BaseDBAsyncClient, caller: Caller, board_id: int) -> Role | None:
    """The caller's role on a board; None when the caller sees no such board."""
    if board_id == SHARED_BOARD and not caller.guest:
        return "owner" if caller.trusted or caller.admin else "editor"
    found = await execute_briefly(connection, ROLE, board_id, caller.id or 0)
    if not found:
        return None
    role: Role | None = "owner" if caller.trusted else found[0]["role"]
    return role


async def roles_on(connection: BaseDBAsyncClient, caller: Caller, board_ids: Collection[int]) -> dict[int, Role]:
    """The caller's roles on boards that they see, by id."""
    if caller.trusted:
        return dict.fromkeys(board_ids, "owner")
    rows = await Membership.filter(user_id=caller.id, board_id__in=list(board_ids)).using_db(connection)
    roles = {row.board_id: row.role for row in rows}
    shared_role = await role_on(connection, caller, SHARED_BOARD)
    return {board_id: roles.get(board_id) or shared_role or "viewer" for board_id in board_ids}


async def require_role(connection: BaseDBAsyncClient, caller: Caller, board_id: int, needed: Role) -> Role:
    """The caller's role on a board.

    raises   NotFoundError when the caller sees no such board; ForbiddenError when they see it, but may not do this
    """
    role = await role_on(connection, caller, board_id)
    if role is None:
        raise NotFoundError(f"Board {board_id} not found")
    if RANK[role] < RANK[needed]:
        raise ForbiddenError(f"This needs the role {needed} on the board; you are {role}.")
    return role


def act_as(change: Change, caller: Caller, user_id: int) -> None:
    """Make a change in a user's name; ForbiddenError when the caller may not."""
    caller.require_self(user_id)
    change.by = user_id


def record_access_change(change: Change, **subject: int) -> None:
    """Have every process read again what a user or a session may do, or who sees a room, and check the open streams.

    subject   as the fields of AccessChange
    """
    access = events.AccessChange(**subject)
    change.record(events.AccessEvent(topic=events.ACCESS, action="update", access=access))
