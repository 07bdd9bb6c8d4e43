"""The threads of notes: rooms in which people talk about a note, with the rights of its board."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from quart_notes.domain.access import Caller, require_role
from quart_notes.domain.notes import note_out, record_note, require_note
from quart_notes.domain.notifications.notifications import mark_room_read
from quart_notes.domain.read_markers import record_unread
from quart_notes.domain.rooms.access import FOLLOWING
from quart_notes.domain.rooms.note_threads import record_access, record_unread_of
from quart_notes.domain.rooms.rooms import my_room, require_room
from quart_notes.domain.service import DELETE_CHUNK, Service, transactional
from quart_notes.live.writer import Change
from quart_notes.models import Message, Note, Reading, Room
from quart_notes.schemas import MyRoomOut

# Plain SQL, with the conditions as in the indexes. All messages are counted each time, so that the number never drifts.
COUNT = """
    UPDATE note SET thread_unsent = TRUE,
        message_count = (SELECT COUNT(*) FROM message WHERE room_id = ?1 AND deleted_at IS NULL),
        last_message_id = (SELECT MAX(id) FROM message WHERE room_id = ?1 AND deleted_at IS NULL)
    WHERE id = ?2
"""
UNSENT = "SELECT id, last_message_id FROM note WHERE thread_unsent ORDER BY id LIMIT ?1"


class OpenedThread(NamedTuple):
    """A thread, and whether it is new."""

    room: MyRoomOut
    new: bool


@dataclass(eq=False)
class Threads(Service):
    """All threads.

    1. A note has one thread, from its first use on, however many people open it at once.
    2. Who sees the note's board sees the thread; its editors write there. `domain.rooms.access` has that rule.
    3. The note's row says how many messages the thread has, as of each commit. The note's event follows, by `send`:
       `on_unsent` is called with the note after the commit, once for each event. Until then the note is in `unsent`,
       also after the process has ended. It is no new version of the note.
    """

    on_unsent: Callable[[int], None] = field(default=lambda _: None)

    @transactional
    async def open(self, change: Change, caller: Caller, board_id: int, note_id: int) -> OpenedThread:
        """The thread of a note, created when missing; NotFoundError and ForbiddenError as those of `Notes`."""
        await require_role(change.connection, caller, board_id, "editor")
        note = await require_note(change.connection, board_id, note_id)
        if note.thread_id is not None:
            room = await require_room(change.connection, note.thread_id)
            return OpenedThread(await my_room(change.connection, caller, room), new=False)
        room = Room(kind="note", note_id=note.id, board_id=board_id, created_by=caller.id, created_at=datetime.now(UTC))
        await room.save(using_db=change.connection, force_create=True)
        note.thread_id = room.id
        await note.save(using_db=change.connection, update_fields=["thread_id"])
        record_access(change, room)
        record_note(change, "update", note_out(note))
        return OpenedThread(await my_room(change.connection, caller, room), new=True)

    async def count(self, change: Change, message: Message) -> None:
        """Count the messages of a note's thread, after one was posted, deleted or restored there."""
        note_id = message.note_id
        if note_id is None:
            return
        unsent: Any = Note.filter(id=note_id, thread_unsent=False).using_db(change.connection)
        if await unsent.exists():
            change.when_committed(lambda: self.on_unsent(note_id))
        await change.connection.execute_query(COUNT, [message.room_id, note_id])

    async def follow(self, change: Change, message: Message, mentioned: Collection[int], *, new: bool) -> None:
        """Let whom a message in a thread mentions follow the thread, unless they chose a level.

        new   its author follows the thread, too, and has read what is above the message
        """
        if message.note_id is None:
            return
        for user_id in mentioned:
            await _set_following(change, message, user_id, message.id - 1)
        if new and message.author_id is not None:
            reading = await _set_following(change, message, message.author_id, message.id)
            if reading.last_read_id < message.id:
                reading.last_read_id = message.id
                await reading.save(using_db=change.connection, update_fields=["last_read_id"])
            await mark_room_read(change, message.author_id, message.room_id, message.id)
            await record_unread(change, message.author_id, message.room_id)

    @transactional
    async def send(self, change: Change, note_id: int, newest: int | None = None) -> None:
        """Record the event of a note whose thread has changed, unless that was done, and its followers' unread counts.

        newest   the newest message when the event was missing; with another one a process that lives sends it
        """
        note = await Note.get_or_none(id=note_id, thread_unsent=True, using_db=change.connection)
        if note is None or newest not in {None, note.last_message_id}:
            return
        note.thread_unsent = False
        await note.save(using_db=change.connection, update_fields=["thread_unsent"])
        if note.deleted_at is None and note.thread_id is not None:  # a deleted note has its event when it is restored
            await record_unread_of(change, note.thread_id)
            record_note(change, "update", note_out(note))

    async def unsent(self) -> dict[int, int | None]:
        """The first notes whose threads have changed since their last event: the newest messages, by the note's id."""
        async with self._database.snapshot() as connection:
            _, rows = await connection.execute_query(UNSENT, [DELETE_CHUNK])
        return {row["id"]: row["last_message_id"] for row in rows}


async def _set_following(change: Change, message: Message, user_id: int, last_read_id: int) -> Reading:
    """The reading of a user who follows a thread, or has chosen not to; `last_read_id` is that of a new one."""
    place = {"room_id": message.room_id, "user_id": user_id}
    values = {"last_read_id": last_read_id, "level": FOLLOWING}
    reading, _ = await Reading.get_or_create(values, using_db=change.connection, **place)
    if reading.level is None:
        reading.level = FOLLOWING
        await reading.save(using_db=change.connection, update_fields=["level"])
    return reading
