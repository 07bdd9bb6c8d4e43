"""How recent rooms are: when the newest message of each was sent."""

from collections.abc import Sequence
from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.models import Message, Room

# One step in an index of each room; with both columns in the order PostgreSQL uses it, too. Tortoise's queries cannot
# express it.
NEWEST = """
    SELECT room.id, (
        SELECT message.date FROM message WHERE message.room_id = room.id AND message.deleted_at IS NULL
        ORDER BY message.deleted_at DESC, message.id DESC LIMIT 1
    ) AS date
    FROM room WHERE room.id IN ({ids})
"""


async def last_activity(connection: BaseDBAsyncClient, rooms: Sequence[Room]) -> dict[int, datetime]:
    """When the newest message of each room was sent, or the room was created; by the room's id, in one query."""
    _, rows = await connection.execute_query(NEWEST.format(ids=", ".join(str(room.id) for room in rooms) or "NULL"))
    to_moment = Message._meta.fields_map["date"].to_python_value
    newest = {row["id"]: to_moment(row["date"]) for row in rows}
    return {room.id: newest.get(room.id) or room.created_at for room in rooms}
