"""The end of rooms: what the assistant writes there is stopped, and later all of it is deleted for good."""

from datetime import datetime
from typing import Any

from tortoise.expressions import Q

from quart_notes.domain.message_queries import UNFINISHED, request_work
from quart_notes.domain.search.blocks import forget_blocks
from quart_notes.domain.service import DELETE_CHUNK, PURGED
from quart_notes.live import events
from quart_notes.live.event_log import delete_topic
from quart_notes.live.writer import Change
from quart_notes.models import Message, Room

OF_ITSELF = Q(~Q(kind="note"), deleted_at=PURGED, join_type="OR")  # a thread is deleted for good with its note


async def stop_answers(change: Change, room_id: int) -> None:
    """Stop what the assistant is writing in a room."""
    growing: Any = Message.filter(room_id=room_id, answer_state__in=UNFINISHED).using_db(change.connection)
    for answer in await growing:
        request_work(change, answer, "end")
        answer.answer_state = "stopped"
        await answer.save(using_db=change.connection, update_fields=["answer_state"])


async def delete_rooms(change: Change, before: datetime) -> bool:
    """Delete a chunk of the content of a room that was deleted before; returns whether there may be more."""
    deleted = Room.filter(OF_ITSELF, deleted_at__lt=before).using_db(change.connection)
    room = await deleted.order_by("id").first()
    if room is None:
        return False
    # Not only the text of its events: they say who has written there, and its topic is no part of `room:*` only as
    # long as the room is known.
    more = await delete_topic(change.connection, events.room(room.id)) or await _delete_messages(change, room.id)
    if not more:
        await room.delete(using_db=change.connection)
    return True


async def _delete_messages(change: Change, room_id: int) -> bool:
    """Delete a chunk of a room's messages for good; returns whether there may be more."""
    chunk = Message.filter(room_id=room_id).using_db(change.connection).limit(DELETE_CHUNK)
    ids: list[Any] = await chunk.values_list("id", flat=True)
    await Message.filter(id__in=ids).using_db(change.connection).delete()
    await forget_blocks(change, "message", ids)
    return len(ids) == DELETE_CHUNK
