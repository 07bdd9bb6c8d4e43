"""Users: their rules and queries."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q, Subquery

from quart_notes.domain.access import Caller, record_access_change
from quart_notes.domain.idempotency import make_once, request_of
from quart_notes.domain.service import Listed, Service
from quart_notes.domain.text.mentions import EVERYBODY
from quart_notes.domain.text.normalization import fold_text
from quart_notes.errors import FieldError, NicknameTakenError, NotFoundError, ValidationFailedError
from quart_notes.live import events
from quart_notes.live.events import USERS, Action, UserEvent
from quart_notes.live.writer import Change, Committed
from quart_notes.models import NICKNAME_KEY_MAX, Board, LogHead, Membership, Message, Room, RoomMembership, User
from quart_notes.schemas import PAGE_MAX, PageQuery, UserCreate, UserOut, name_key
from quart_notes.schemas.event_ids import EventId
from quart_notes.storage.database import is_private

COLUMNS = ("id", "name", "email", "nickname", "deactivated_at", "is_admin", "is_guest")
PERSONAL_BOARD_NAME = "Personal ({})"  # with the nickname
ASSISTANT = "assistant"  # answers messages with @assistant
RESERVED = frozenset({ASSISTANT, EVERYBODY})  # nicknames that no user may take: a mention of them is another thing


class Users(Service):
    """All users."""

    async def add(self, data: UserCreate, author_id: int | None = None) -> Committed[UserOut]:
        """Add a user, for the caller; NicknameTakenError when the nickname is taken."""

        async def work(change: Change) -> UserOut:
            return await create_user(change, data)

        async def made(connection: BaseDBAsyncClient, user_id: int) -> UserOut | None:
            user = await User.get_or_none(id=user_id, using_db=connection)
            return None if user is None else user_out(user)

        return await make_once(
            self._write, request_of("person", author_id, data, data.client_key), work, made, author_id
        )

    async def get(self, user_id: int, caller: Caller | None = None) -> tuple[UserOut, EventId]:
        """A user as the caller sees them, and the newest event that this includes; without a caller any user."""
        async with self._snapshot() as (connection, position):
            found = await User.filter(visible_users(caller), id=user_id).using_db(connection).values(*COLUMNS)
            if not found:
                raise NotFoundError(f"User {user_id} not found")
            return _shown_to(connection, found[0], caller), position

    async def find(self, query: PageQuery, caller: Caller | None = None) -> Listed[UserOut]:
        """Users by id as the caller sees them, `query.limit` at most."""
        async with self._snapshot() as (connection, position):
            people = User.filter(visible_users(caller), id__gt=query.after_id).using_db(connection)
            rows = await people.order_by("id").limit(query.limit + 1).values(*COLUMNS)
            users = [_shown_to(connection, row, caller) for row in rows[: query.limit]]
        return Listed(users, position, len(rows) > query.limit)

    async def active(self, caller: Caller, limit: int = PAGE_MAX) -> list[UserOut]:
        """The first users by id who may sign in, those whom the caller sees."""
        async with self._database.snapshot() as connection:
            people = User.filter(visible_users(caller), deactivated_at__isnull=True).using_db(connection)
            rows: Any = await people.order_by("id").limit(limit).values(*COLUMNS)
            return [_shown_to(connection, row, None) for row in rows]

    async def existing_users(self, ids: Collection[int | None]) -> dict[int, UserOut]:
        """Those of the users who exist, by id."""
        async with self._database.snapshot() as connection:
            return await by_id(connection, ids)


def visible_users(caller: Caller | None) -> Q:
    """The users whom a caller sees: a guest those of `acquainted_with`, everybody else all."""
    return acquainted_with(caller.id or 0) if caller is not None and caller.guest else Q()


def acquainted_with(user_id: int) -> Q:
    """A user, and those who share a board, a closed room or a direct conversation with them. It is symmetric."""
    boards = Membership.filter(user_id=user_id, board__deleted_at__isnull=True).values("board_id")
    rooms = RoomMembership.filter(user_id=user_id, room__closed=True, room__deleted_at__isnull=True).values("room_id")
    direct = Room.filter(kind="direct")
    shared = (
        Membership.filter(board_id__in=Subquery(boards)).values("user_id"),
        RoomMembership.filter(room_id__in=Subquery(rooms)).values("user_id"),
        direct.filter(lower_id=user_id).values("upper_id"),
        direct.filter(upper_id=user_id).values("lower_id"),
    )
    return Q(Q(id=user_id), *(Q(id__in=Subquery(ids)) for ids in shared), join_type="OR")


async def create_user(change: Change, data: UserCreate, *, guest: bool = False) -> UserOut:
    """Add a user within a change, with a personal board."""
    connection = change.connection
    key = name_key(data.nickname, NICKNAME_KEY_MAX)
    if key in RESERVED or await User.exists(nickname_key=key, using_db=connection):
        raise nickname_taken(data.nickname)
    newest = await Message.all().using_db(connection).order_by("-id").first().values_list("id")
    user = User(
        **{**data.model_dump(exclude={"client_key"}), "email": data.email or ""},
        nickname_key=key,
        read_from=newest[0] if newest else 0,
        replay_after=(await LogHead.get(id=1, using_db=connection)).newest,
        is_guest=guest,
        created_at=datetime.now(UTC),
    )
    await user.save(using_db=connection, force_create=True)
    board_id = await add_personal(connection, user.id, user.nickname)
    record_access_change(change, user_id=user.id, board_id=board_id)
    await record_user_event(change, "create", user)
    return user_out(user)


def nickname_taken(nickname: str) -> NicknameTakenError:
    """The error for a nickname that is taken."""
    return NicknameTakenError.of_field("nickname", f"{nickname} is taken already.")


async def record_user_event(change: Change, action: Action, user: User, *, themself: bool = False) -> None:
    """Record the event of a user: for the members of the server, and for each guest who sees the user.

    themself   on their own topic too: who was a guest until now follows no topic of the members
    """
    private = is_private(change.connection)
    out = _out(_row(user), email=not private, admin=private)
    change.record(UserEvent(topic=USERS, action=action, user=out))
    if private:  # in open mode everybody may follow the first topic
        guests = User.filter(acquainted_with(user.id), is_guest=True, deactivated_at__isnull=True)
        ids = {row["id"] for row in await guests.using_db(change.connection).values("id")}
        for user_id in sorted(ids | ({user.id} if themself else set())):
            change.record(UserEvent(topic=events.user(user_id), action=action, user=out))


def user_out(user: User) -> UserOut:
    """A user as they see themselves."""
    return _out(_row(user), email=True, admin=True)


def _row(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in COLUMNS}


async def all_users(connection: BaseDBAsyncClient) -> list[UserOut]:
    """All users by id, as an administrator sees them."""
    rows = await User.all().using_db(connection).order_by("id").values(*COLUMNS)
    return [_out(row, email=True, admin=True) for row in rows]


async def of_nickname(connection: BaseDBAsyncClient, nickname: str) -> User | None:
    """The user of a nickname, deactivated or not, in any spelling."""
    # Of two users whose nicknames collide since compatible forms are equal, one has kept the former key.
    keys = [fold_text(nickname)[:NICKNAME_KEY_MAX], name_key(nickname, NICKNAME_KEY_MAX)]
    found = {user.nickname_key: user for user in await User.filter(nickname_key__in=keys).using_db(connection)}
    return found.get(keys[0]) or found.get(keys[1])


async def require_user(connection: BaseDBAsyncClient, user_id: int, caller: Caller | None = None) -> UserOut:
    """A user; NotFoundError when there is none of that id, or the caller does not see them."""
    found = await by_id(connection, {user_id}, caller)
    if not found:
        raise NotFoundError(f"User {user_id} not found")
    return found[user_id]


async def require_users(connection: BaseDBAsyncClient, caller: Caller | None = None, **ids: int) -> list[UserOut]:
    """The users whose ids a caller sent, by the fields' names.

    raises   ValidationFailedError naming those who do not exist, or whom the caller does not see
    """
    found = await by_id(connection, set(ids.values()), caller)
    errors = [FieldError(field, f"User {user_id} not found") for field, user_id in ids.items() if user_id not in found]
    if errors:
        raise ValidationFailedError("; ".join(f"{field}: {message}" for field, message in errors), errors=errors)
    return [found[user_id] for user_id in ids.values()]


async def by_id(
    connection: BaseDBAsyncClient, ids: Collection[int | None], caller: Caller | None = None
) -> dict[int, UserOut]:
    """Those of the users who exist, in one query; with a caller those whom they see."""
    user_ids = [user_id for user_id in ids if user_id is not None]
    found = User.filter(visible_users(caller), id__in=user_ids)
    rows: Sequence[Any] = await found.using_db(connection).values(*COLUMNS) if user_ids else ()
    email = not is_private(connection)
    return {row["id"]: _out(row, email=email) for row in rows}


async def add_personal(connection: BaseDBAsyncClient, user_id: int, nickname: str) -> int:
    """Create a user's personal board; returns its id."""
    name = PERSONAL_BOARD_NAME.format(nickname)
    board = await Board.create(kind="personal", name=name, created_at=datetime.now(UTC), using_db=connection)
    await Membership.create(board_id=board.id, user_id=user_id, role="owner", using_db=connection)
    return int(board.id)


def _shown_to(connection: BaseDBAsyncClient, row: Any, caller: Caller | None) -> UserOut:
    private = is_private(connection)
    knows = caller is not None and (caller.admin or caller.id == row["id"])
    return _out(row, email=knows or not private, admin=private)


def _out(row: Any, *, email: bool, admin: bool = False) -> UserOut:
    return UserOut.model_construct(
        id=row["id"],
        name=row["name"],
        email=row["email"] or None if email else None,
        nickname=row["nickname"],
        deactivated=row["deactivated_at"] is not None,
        guest=row["is_guest"],
        admin=admin and row["is_admin"],
    )
