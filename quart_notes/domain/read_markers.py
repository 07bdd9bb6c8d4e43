"""Read markers, unread counts, and what users are notified of in a room."""

from collections.abc import Iterable

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller, act_as, require_role, visible_boards
from quart_notes.domain.notifications.notifications import mark_room_read
from quart_notes.domain.rooms.access import FOLLOWING, require_room_of
from quart_notes.domain.service import Listed, Service, transactional
from quart_notes.domain.users import require_user, require_users
from quart_notes.live import events
from quart_notes.live.events import UnreadEvent
from quart_notes.live.writer import Change
from quart_notes.models import Board, Message, Reading
from quart_notes.schemas import Level, LevelUpdate, ReadingUpdate, UnreadOut

DEFAULT_LEVELS: dict[str, Level] = {"direct": "everything"}  # by the kind of room; the others: mentions

# Each room has a limit of its own, which Tortoise's queries cannot express in one query.
UNREAD = """
    SELECT seen.id AS room_id, seen.note_id, seen.last_read_id, seen.kind, seen.level, (
        SELECT COUNT(*) FROM message
        WHERE message.room_id = seen.id AND message.deleted_at IS NULL AND message.id > seen.last_read_id
        AND (message.author_id IS NULL OR message.author_id <> seen.user_id)
    ) AS count
    FROM ({rooms}) seen ORDER BY seen.id
"""
SEEN = """
    SELECT room.id, room.note_id, room.kind, person.id AS user_id, reading.level,
        COALESCE(reading.last_read_id, person.read_from) AS last_read_id
    FROM room JOIN "user" person ON person.id = ?1
    {join} reading ON reading.room_id = room.id AND reading.user_id = person.id
    WHERE {condition}
"""
ROOMS = "(room.kind = 'room' AND room.deleted_at IS NULL{closed} OR room.lower_id = ?1 OR room.upper_id = ?1)"
# As `listed_rooms` has it, in accounts mode.
CLOSED = """ AND ((NOT room.closed AND NOT person.is_guest) OR (room.closed AND EXISTS (
            SELECT 1 FROM room_membership WHERE room_id = room.id AND user_id = person.id
        )))"""
THREADS = "room.kind = 'note' AND room.deleted_at IS NULL AND room.board_id IN ({boards})"
FOLLOWED = f"{THREADS} AND reading.level = '{FOLLOWING}'"
UNREAD_NOTE = """SELECT 1 FROM note WHERE note.id = room.note_id
        AND note.last_message_id > COALESCE(reading.last_read_id, person.read_from)"""
NEWEST = """
    SELECT MAX(note.last_message_id) AS newest FROM room JOIN note ON note.id = room.note_id WHERE room.board_id = ?1
"""
WITH_UNREAD = f"{THREADS} AND EXISTS ({UNREAD_NOTE})"


class ReadMarkers(Service):
    """All read markers."""

    @transactional
    async def mark_read(self, change: Change, caller: Caller, room_id: int, data: ReadingUpdate) -> UnreadOut:
        """Mark a room as read up to a message; a marker never goes back, and no difference sends no event."""
        act_as(change, caller, data.reader_id)
        connection = change.connection
        (reader,) = await require_users(connection, reader_id=data.reader_id)
        await require_room_of(connection, caller, room_id, reader.id)
        before = await unread_in(connection, reader.id, room_id)
        # An id that does not exist yet must not hide future messages.
        said = Message.filter(room_id=room_id, id__lte=data.message_id).using_db(connection)
        last = await said.order_by("-id").first()
        if last is None or last.id <= before.last_read_id:
            return before
        reading, new = await Reading.get_or_create(
            {"last_read_id": last.id}, using_db=connection, room_id=room_id, user_id=reader.id
        )
        if not new:
            reading.last_read_id = last.id
            await reading.save(using_db=connection, update_fields=["last_read_id"])
        await mark_room_read(change, reader.id, room_id, last.id)
        return await record_unread(change, reader.id, room_id)

    @transactional
    async def set_level(self, change: Change, caller: Caller, room_id: int, data: LevelUpdate) -> UnreadOut:
        """Choose what a user is notified of in a room; without a difference no event is sent."""
        act_as(change, caller, data.reader_id)
        connection = change.connection
        (reader,) = await require_users(connection, reader_id=data.reader_id)
        await require_room_of(connection, caller, room_id, reader.id)
        before = await unread_in(connection, reader.id, room_id)
        if before.level == data.level:
            return before
        place = {"room_id": room_id, "user_id": reader.id}
        values = {"last_read_id": before.last_read_id, "level": data.level}
        reading, new = await Reading.get_or_create(values, using_db=connection, **place)
        if not new:
            reading.level = data.level
            await reading.save(using_db=connection, update_fields=["level"])
        return await record_unread(change, reader.id, room_id)

    async def of_user(self, caller: Caller, user_id: int) -> Listed[UnreadOut]:
        """The unread counts of a user: in all their rooms and conversations, and in the threads that they follow."""
        caller.require_self(user_id)
        async with self._snapshot() as (connection, position):
            await require_user(connection, user_id)
            rooms = ROOMS.format(closed="" if caller.trusted else CLOSED)
            listed = SEEN.format(join="LEFT JOIN", condition=f"room.archived_at IS NULL AND {rooms}")
            boards = await Board.filter(visible_boards(caller)).using_db(connection).values("id")
            followed = SEEN.format(join="JOIN", condition=FOLLOWED.format(boards=_ids(row["id"] for row in boards)))
            unread = await _unread(connection, f"{listed} UNION ALL {followed}", user_id)
        return Listed(unread, position)

    async def of_board(self, caller: Caller, user_id: int, board_id: int) -> Listed[UnreadOut]:
        """Those of the threads of a board's notes where a user has not read everything."""
        caller.require_self(user_id)
        async with self._snapshot() as (connection, position):
            await require_user(connection, user_id)
            await require_role(connection, caller, board_id, "viewer")
            condition = WITH_UNREAD.format(boards=board_id)
            unread = await _unread(connection, SEEN.format(join="LEFT JOIN", condition=condition), user_id)
        return Listed(unread, position)

    async def newest_on_board(self, caller: Caller, board_id: int) -> int:
        """The newest message in the threads of a board's notes; 0 when there is none."""
        async with self._database.snapshot() as connection:
            await require_role(connection, caller, board_id, "viewer")
            _, rows = await connection.execute_query(NEWEST, [board_id])
        return rows[0]["newest"] or 0

    async def of_room(self, caller: Caller, user_id: int, room_id: int) -> UnreadOut:
        """The unread count of a user in a room that they see."""
        async with self._database.snapshot() as connection:
            await require_room_of(connection, caller, room_id, user_id)
            return await unread_in(connection, user_id, room_id)


async def unread_in(connection: BaseDBAsyncClient, user_id: int, room_id: int) -> UnreadOut:
    """The unread count of a user in a room, without asking whether they see it."""
    (found,) = await _unread(connection, SEEN.format(join="LEFT JOIN", condition="room.id = ?2"), user_id, room_id)
    return found


async def record_unread(change: Change, user_id: int, room_id: int, action: events.Action = "update") -> UnreadOut:
    """Record the unread count of a user in a room, on their own topic; `delete`: they do not see the room any more."""
    unread = await unread_in(change.connection, user_id, room_id)
    if action == "delete":
        unread = unread.model_copy(update={"count": 0})
    change.record(UnreadEvent(topic=events.user(user_id), action=action, unread=unread))
    return unread


def _ids(ids: Iterable[int]) -> str:
    return ", ".join(map(str, ids)) or "NULL"


async def _unread(connection: BaseDBAsyncClient, rooms: str, *values: int) -> list[UnreadOut]:
    """The unread counts in rooms, by id; `rooms` is the query for them, whose first value is the user."""
    _, rows = await connection.execute_query(UNREAD.format(rooms=rooms), list(values))
    return [
        UnreadOut(
            room_id=row["room_id"],
            note_id=row["note_id"],
            count=row["count"],
            last_read_id=row["last_read_id"],
            level=row["level"] or DEFAULT_LEVELS.get(row["kind"], "mentions"),
        )
        for row in rows
    ]
