"""What happens to the thread of a note when its note is renamed, or it or its board is deleted, restored or moved.

Each function is called within the change that causes it.
"""

from collections.abc import Collection
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import record_access_change
from quart_notes.domain.notifications.audience import audience_of_room
from quart_notes.domain.notifications.recording import record_inboxes_with
from quart_notes.domain.read_markers import record_unread
from quart_notes.domain.rooms.access import FOLLOWING, is_apart
from quart_notes.domain.rooms.deletion import stop_answers
from quart_notes.domain.rooms.names import names_of, note_name
from quart_notes.domain.rooms.rooms import record_room
from quart_notes.domain.service import PURGED
from quart_notes.live import events
from quart_notes.live.writer import Change
from quart_notes.models import Note, Reading, Room, User


async def delete_thread(change: Change, note: Note) -> None:
    """Delete the thread of a deleted note with it; `restore_thread` undoes that."""
    if (room := await _thread_of(change.connection, note)) is None:
        return
    await stop_answers(change, room.id)
    record_room(change, "delete", room)
    await record_lost(change, room.id, await following(change.connection, room.id))
    room.deleted_at = note.deleted_at
    await room.save(using_db=change.connection, update_fields=["deleted_at"])
    record_access(change, room)
    await record_inboxes_with(change, room_id=room.id)


async def restore_thread(change: Change, note: Note) -> None:
    """Restore the thread of a restored note with it."""
    if (room := await _thread_of(change.connection, note)) is None:
        return
    room.deleted_at = None
    await room.save(using_db=change.connection, update_fields=["deleted_at"])
    record_access(change, room)
    record_room(change, "create", room)
    await record_unread_of(change, room.id)
    await record_inboxes_with(change, room_id=room.id)


async def move_thread(change: Change, note: Note) -> None:
    """Give the thread of a note that was moved the rights of its new board."""
    if (room := await _thread_of(change.connection, note)) is None:
        return
    before = await following(change.connection, room.id)
    room.board_id = note.board_id
    await room.save(using_db=change.connection, update_fields=["board_id"])
    record_access(change, room)
    record_room(change, "update", room)
    await record_unread_of(change, room.id)
    await record_lost(change, room.id, set(before) - set(await following(change.connection, room.id)))
    await record_inboxes_with(change, room_id=room.id)


async def rename_thread(change: Change, note: Note) -> None:
    """Record for those who follow the thread of a note that it is called otherwise from now on.

    Called before the note's row is written, which has the name until now. The event does not have the new one.
    """
    if (room := await _thread_of(change.connection, note)) is None:
        return
    before = (await names_of(change.connection, [room]))[room.id]
    if before == note_name(note.title, note.description, note.content_json):
        return
    for user_id in await following(change.connection, room.id):
        record_room(change, "update", room, events.user(user_id))


async def give_up_threads(change: Change, note_ids: Collection[int]) -> None:
    """Make the deletion of the threads of notes final; `delete_rooms` then deletes them."""
    threads = Room.filter(note_id__in=list(note_ids)).using_db(change.connection)
    await threads.update(deleted_at=PURGED, note_id=None)


async def threads_of(connection: BaseDBAsyncClient, board_id: int, user_id: int) -> list[int]:
    """The ids of the threads on a board that a user follows, whether they see them or not."""
    followed = Reading.filter(user_id=user_id, level=FOLLOWING, room__kind="note", room__board_id=board_id)
    found: Any = (
        await followed.filter(room__deleted_at__isnull=True).using_db(connection).values_list("room_id", flat=True)
    )
    return list(found)


async def record_of_board(change: Change, board_id: int, user_id: int, *, lost: bool) -> None:
    """Record the unread counts of the threads that a user follows on a board which they have lost, or see again."""
    for room_id in await threads_of(change.connection, board_id, user_id):
        await record_unread(change, user_id, room_id, "delete" if lost else "update")


async def following(connection: BaseDBAsyncClient, room_id: int) -> list[int]:
    """The ids of the users who follow a thread and see it."""
    readings = Reading.filter(room_id=room_id, level=FOLLOWING).using_db(connection)
    ids: Any = await readings.values_list("user_id", flat=True)
    users = (
        await User.filter(id__in=list(ids), deactivated_at__isnull=True).using_db(connection).order_by("id")
        if ids
        else []
    )
    seeing = await audience_of_room(connection, room_id)(users)
    return [user.id for user in users if user.id in seeing]


async def record_unread_of(change: Change, room_id: int) -> None:
    """Record the unread count of each user who follows a thread."""
    for user_id in await following(change.connection, room_id):
        await record_unread(change, user_id, room_id)


async def record_lost(change: Change, room_id: int, user_ids: Collection[int]) -> None:
    """Record for users that they do not see a thread any more."""
    for user_id in sorted(user_ids):
        await record_unread(change, user_id, room_id, "delete")


def record_access(change: Change, room: Room) -> None:
    """Have every process check the streams of a thread."""
    record_access_change(change, room_id=room.id, apart=is_apart(change.connection, room))


async def _thread_of(connection: BaseDBAsyncClient, note: Note) -> Room | None:
    return None if note.thread_id is None else await Room.get(id=note.thread_id, using_db=connection)
