"""Boards, and the rights on them."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import RawSQL, Subquery

from quart_notes.domain.access import SHARED_BOARD, Caller, require_role, role_on, roles_on, visible_boards
from quart_notes.domain.history.trash import restorable_board
from quart_notes.domain.idempotency import make_once, request_of
from quart_notes.domain.members import record_membership
from quart_notes.domain.notifications.recording import record_inboxes_of_board
from quart_notes.domain.rooms.note_threads import record_of_board
from quart_notes.domain.service import Listed, Service, transactional
from quart_notes.domain.users import PERSONAL_BOARD_NAME, add_personal
from quart_notes.errors import PersonalBoardError
from quart_notes.live import events
from quart_notes.live.events import BoardEvent
from quart_notes.live.writer import Change, Committed
from quart_notes.models import Board, Membership, Note, User
from quart_notes.schemas import (
    BoardCreate,
    BoardOut,
    BoardSummaryOut,
    BoardUpdate,
    MyBoardOut,
    PageQuery,
    Role,
)
from quart_notes.schemas.event_ids import EventId

SHARED_BOARD_NAME = "Everybody's board"
# The parts of a summary, each from an index: counting with a join would read every note.
OPEN = "deleted_at IS NULL AND archived_at IS NULL AND done_at IS NULL"
SUMMARY = {
    "open": f'(SELECT COUNT(*) FROM note WHERE note.board_id = "board"."id" AND {OPEN})',  # noqa: S608 - our own
    "people": '(SELECT COUNT(*) FROM membership WHERE membership.board_id = "board"."id")',
    "changed_at": '(SELECT MAX(updated_at) FROM note WHERE note.board_id = "board"."id")',
}


class BoardSize(NamedTuple):
    """The number of notes and of members of a board."""

    notes: int
    people: int


class Boards(Service):
    """All boards."""

    async def open(self) -> None:
        """Create the shared board and a personal board for each user, where they are missing."""
        async with self._database.transaction() as connection:
            everybodys = {"kind": "shared", "name": SHARED_BOARD_NAME, "created_at": datetime.now(UTC)}
            await Board.get_or_create(everybodys, using_db=connection, id=SHARED_BOARD)
            personal: Any = Board.filter(kind="personal").using_db(connection).values_list("memberships__user_id")
            owners = {user_id for (user_id,) in await personal}
            for row in await User.all().using_db(connection).values("id", "nickname"):
                if row["id"] not in owners:
                    await add_personal(connection, row["id"], row["nickname"])

    async def add(self, caller: Caller, data: BoardCreate) -> Committed[MyBoardOut]:
        """Add a shared board; the caller owns it. ForbiddenError for a guest."""
        caller.require_member()

        async def work(change: Change) -> MyBoardOut:
            board = Board(kind="shared", name=data.name, tick=data.tick, created_at=datetime.now(UTC))
            await board.save(using_db=change.connection, force_create=True)
            if caller.user is not None:
                await Membership.create(
                    board_id=board.id, user_id=caller.user.id, role="owner", using_db=change.connection
                )
                record_membership(change, "create", board.id, caller.user.id, "owner")
            _record_event(change, "create", board)
            return _my_board(board, "owner")

        async def made(connection: BaseDBAsyncClient, board_id: int) -> MyBoardOut | None:
            role = await role_on(connection, caller, board_id)
            return None if role is None else _my_board(await Board.get(id=board_id, using_db=connection), role)

        return await make_once(
            self._write, request_of("board", caller.id, data, data.client_key), work, made, caller.id
        )

    async def get(self, caller: Caller, board_id: int) -> tuple[MyBoardOut, EventId]:
        """A board, and the newest event that it includes."""
        async with self._snapshot() as (connection, position):
            role = await require_role(connection, caller, board_id, "viewer")
            board = await Board.get(id=board_id, using_db=connection)
        return _my_board(board, role), position

    async def require(self, caller: Caller, board_id: int, needed: Role) -> None:
        """NotFoundError when the caller sees no such board, ForbiddenError when they may not do this on it."""
        async with self._database.snapshot() as connection:
            await require_role(connection, caller, board_id, needed)

    async def size(self, caller: Caller, board_id: int) -> BoardSize:
        """What the deletion of a board would delete."""
        async with self._database.snapshot() as connection:
            await require_role(connection, caller, board_id, "owner")
            notes = await Note.filter(board_id=board_id, deleted_at=None).using_db(connection).count()
            people = await Membership.filter(board_id=board_id).using_db(connection).count()
        return BoardSize(notes, people)

    async def find(self, caller: Caller, query: PageQuery, note_id: int | None = None) -> Listed[MyBoardOut]:
        """The boards that a caller sees, by id ascending, `query.limit` at most; of one note, its board alone."""
        async with self._snapshot() as (connection, position):
            boards = Board.filter(visible_boards(caller), id__gt=query.after_id).using_db(connection)
            if note_id is not None:
                its_board = Note.filter(id=note_id, deleted_at__isnull=True).values("board_id")
                boards = boards.filter(id__in=Subquery(its_board))
            rows = await boards.order_by("id").limit(query.limit + 1)
            roles = await roles_on(connection, caller, [board.id for board in rows])
        mine = [_my_board(board, roles[board.id]) for board in rows[: query.limit]]
        return Listed(mine, position, len(rows) > query.limit)

    async def summaries(self, caller: Caller, query: PageQuery) -> Listed[BoardSummaryOut]:
        """What is on the boards that a caller sees, by the board's id ascending, `query.limit` at most."""
        async with self._snapshot() as (connection, position):
            boards = Board.filter(visible_boards(caller), id__gt=query.after_id).using_db(connection)
            counted = boards.annotate(**{name: RawSQL(sql) for name, sql in SUMMARY.items()}).order_by("id")
            rows = await counted.limit(query.limit + 1).values("id", *SUMMARY)
        found = [BoardSummaryOut.model_validate(row) for row in rows[: query.limit]]
        return Listed(found, position, len(rows) > query.limit)

    async def roles(self, caller: Caller) -> dict[int, Role]:
        """A caller's roles, by board; for a trusted caller only on the shared board and their own."""
        if caller.trusted:
            return dict.fromkeys([SHARED_BOARD, *await self.personal(caller.id or 0)], "owner")
        async with self._database.snapshot() as connection:
            ids = [row["id"] for row in await Board.filter(visible_boards(caller)).using_db(connection).values("id")]
            return await roles_on(connection, caller, ids)

    async def replay_starts(self, caller: Caller) -> dict[int, int]:
        """The event after which a replay to a caller may begin, by board; the shared board stands for public topics.

        Boards that are not in it may be replayed from the beginning of the log.
        """
        if caller.trusted:
            return {}
        async with self._database.snapshot() as connection:
            members: Any = Membership.filter(user_id=caller.id, replay_after__gt=0).using_db(connection)
            starts = dict(await members.values_list("board_id", "replay_after"))
            for came in await User.filter(id=caller.id).using_db(connection).values_list("replay_after", flat=True):
                starts[SHARED_BOARD] = came
        return starts

    async def personal(self, user_id: int | None = None) -> list[int]:
        """The personal boards, of one user or of all."""
        filters = {"kind": "personal"} if user_id is None else {"kind": "personal", "memberships__user_id": user_id}
        async with self._database.snapshot() as connection:
            rows = await Board.filter(**filters).using_db(connection).values("id")
        return [row["id"] for row in rows]

    async def existing_ids(self, ids: Collection[int]) -> list[int]:
        """The ids of those boards that exist."""
        async with self._database.snapshot() as connection:
            rows = await Board.filter(id__in=list(ids), deleted_at__isnull=True).using_db(connection).values("id")
        return [row["id"] for row in rows]

    @transactional
    async def change(self, change: Change, caller: Caller, board_id: int, data: BoardUpdate) -> MyBoardOut:
        """Change the fields that were sent; without a difference no event is sent."""
        role = await require_role(change.connection, caller, board_id, "owner")
        board = await Board.get(id=board_id, using_db=change.connection)
        sent = {name: value for name, value in data.changes().items() if getattr(board, name) != value}
        if sent:
            board.update_from_dict(sent)
            await board.save(using_db=change.connection, update_fields=list(sent))
            _record_event(change, "update", board)
        return _my_board(board, role)

    @transactional
    async def delete(self, change: Change, caller: Caller, board_id: int) -> BoardOut:
        """Delete a board; `restore` can undo it for a while."""
        await require_role(change.connection, caller, board_id, "owner")
        board = await Board.get(id=board_id, using_db=change.connection)
        if board_id == SHARED_BOARD or board.kind == "personal":
            raise PersonalBoardError("Everybody's board and personal boards cannot be deleted.")
        board.deleted_at, board.deleted_by = datetime.now(UTC), change.by
        await board.save(using_db=change.connection, update_fields=["deleted_at", "deleted_by"])
        _record_event(change, "delete", board)
        for member in await Membership.filter(board_id=board_id).using_db(change.connection):
            record_membership(change, "delete", board_id, member.user_id, member.role)
            await record_of_board(change, board_id, member.user_id, lost=True)
        await record_inboxes_of_board(change, board_id)
        return BoardOut.model_validate(board)

    @transactional
    async def restore(self, change: Change, caller: Caller, board_id: int) -> BoardOut:
        """Undo a deletion; NotFoundError when it was not deleted, is not theirs, or is deleted for good."""
        board = await restorable_board(change.connection, caller, board_id)
        board.deleted_at = board.deleted_by = None
        await board.save(using_db=change.connection, update_fields=["deleted_at", "deleted_by"])
        _record_event(change, "create", board)
        for member in await Membership.filter(board_id=board_id).using_db(change.connection):
            record_membership(change, "create", board_id, member.user_id, member.role)
            await record_of_board(change, board_id, member.user_id, lost=False)
        await record_inboxes_of_board(change, board_id)
        return BoardOut.model_validate(board)


async def rename_personal(change: Change, user_id: int, before: str, nickname: str) -> None:
    """Rename a user's personal board with their nickname, unless they have renamed it themselves."""
    named = {"kind": "personal", "memberships__user_id": user_id, "name": PERSONAL_BOARD_NAME.format(before)}
    for board in await Board.filter(**named).using_db(change.connection):
        board.name = PERSONAL_BOARD_NAME.format(nickname)
        await board.save(using_db=change.connection, update_fields=["name"])
        _record_event(change, "update", board)


def _my_board(board: Board, role: Role) -> MyBoardOut:
    return MyBoardOut(**BoardOut.model_validate(board).model_dump(), role=role)


def _record_event(change: Change, action: events.Action, board: Board) -> None:
    change.record(BoardEvent(topic=events.board(board.id), action=action, board=BoardOut.model_validate(board)))
