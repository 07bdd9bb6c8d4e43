"""Read markers, unread counts, and what users are notified of in a room."""

from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller, act_as
from quart_notes.domain.notifications.notifications import mark_room_read
from quart_notes.domain.rooms.access import require_room_of
from quart_notes.domain.service import Listed, Service, transactional
from quart_notes.domain.users import require_user, require_users
from quart_notes.live import events
from quart_notes.live.events import UnreadEvent
from quart_notes.live.writer import Change
from quart_notes.models import Message, Reading
from quart_notes.schemas import Level, LevelUpdate, ReadingUpdate, UnreadOut

DEFAULT_LEVELS: dict[str, Level] = {"direct": "everything"}  # by the kind of room; the others: mentions

# Each room has a limit of its own, which Tortoise's queries cannot express in one query.
UNREAD = """
    SELECT seen.id AS room_id, seen.last_read_id, seen.kind, seen.level, (
        SELECT COUNT(*) FROM message
        WHERE message.room_id = seen.id AND message.deleted_at IS NULL AND message.id > seen.last_read_id
        AND (message.author_id IS NULL OR message.author_id <> seen.user_id)
    ) AS count
    FROM (
        SELECT room.id, room.kind, room.archived_at, person.id AS user_id, reading.level,
            COALESCE(reading.last_read_id, person.read_from) AS last_read_id
        FROM room JOIN "user" person ON person.id = ?1
        LEFT JOIN reading ON reading.room_id = room.id AND reading.user_id = person.id
        WHERE room.kind = 'room' AND room.deleted_at IS NULL{closed}
        OR room.lower_id = person.id OR room.upper_id = person.id
    ) seen
"""
# As `visible_rooms` has it, in accounts mode.
CLOSED = """ AND ((NOT room.closed AND NOT person.is_guest) OR (room.closed AND EXISTS (
            SELECT 1 FROM room_membership WHERE room_id = room.id AND user_id = person.id
        )))"""


class ReadMarkers(Service):
    """All read markers."""

    @transactional
    async def mark_read(self, change: Change, caller: Caller, room_id: int, data: ReadingUpdate) -> UnreadOut:
        """Mark a room as read up to a message; a marker never goes back, and no difference sends no event."""
        act_as(change, caller, data.reader_id)
        connection = change.connection
        (reader,) = await require_users(connection, reader_id=data.reader_id)
        await require_room_of(connection, caller, room_id, reader.id)
        (before,) = await _unread(connection, caller, reader.id, room_id)
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
        return await self._record(change, caller, reader.id, room_id)

    async def _record(self, change: Change, caller: Caller, reader_id: int, room_id: int) -> UnreadOut:
        (now,) = await _unread(change.connection, caller, reader_id, room_id)
        change.record(UnreadEvent(topic=events.user(reader_id), action="update", unread=now))
        return now

    @transactional
    async def set_level(self, change: Change, caller: Caller, room_id: int, data: LevelUpdate) -> UnreadOut:
        """Choose what a user is notified of in a room; without a difference no event is sent."""
        act_as(change, caller, data.reader_id)
        connection = change.connection
        (reader,) = await require_users(connection, reader_id=data.reader_id)
        await require_room_of(connection, caller, room_id, reader.id)
        (before,) = await _unread(connection, caller, reader.id, room_id)
        if before.level == data.level:
            return before
        place = {"room_id": room_id, "user_id": reader.id}
        values = {"last_read_id": before.last_read_id, "level": data.level}
        reading, new = await Reading.get_or_create(values, using_db=connection, **place)
        if not new:
            reading.level = data.level
            await reading.save(using_db=connection, update_fields=["level"])
        return await self._record(change, caller, reader.id, room_id)

    async def of_user(self, caller: Caller, user_id: int) -> Listed[UnreadOut]:
        """The unread counts of a user, in every room and conversation of theirs."""
        caller.require_self(user_id)
        async with self._snapshot() as (connection, position):
            await require_user(connection, user_id)
            unread = await _unread(connection, caller, user_id)
        return Listed(unread, position)


async def _unread(
    connection: BaseDBAsyncClient, caller: Caller, user_id: int, room_id: int | None = None
) -> list[UnreadOut]:
    """The unread counts of one room, or of all that are not archived."""
    values: list[Any] = [user_id]
    condition = " WHERE seen.archived_at IS NULL"
    if room_id is not None:
        values.append(room_id)
        condition = " WHERE seen.id = ?2"
    query = UNREAD.format(closed="" if caller.trusted else CLOSED)
    _, rows = await connection.execute_query(f"{query}{condition} ORDER BY seen.id", values)
    return [
        UnreadOut(
            room_id=row["room_id"],
            count=row["count"],
            last_read_id=row["last_read_id"],
            level=row["level"] or DEFAULT_LEVELS.get(row["kind"], "mentions"),
        )
        for row in rows
    ]
