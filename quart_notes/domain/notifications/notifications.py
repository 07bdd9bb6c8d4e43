"""The notifications of users: their list, and what is read."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from quart_notes.domain.access import Caller
from quart_notes.domain.notifications.audience import visible_notifications
from quart_notes.domain.notifications.recording import inbox_of, record_inbox, record_inboxes
from quart_notes.domain.rooms.names import names_of
from quart_notes.domain.service import Listed, Service, delete_chunk, transactional
from quart_notes.domain.text.snippets import opening
from quart_notes.domain.users import by_id
from quart_notes.live.writer import Change
from quart_notes.models import Board, Message, Note, Notification, Room
from quart_notes.schemas import (
    InboxOut,
    NotificationOut,
    NotificationQuery,
    NotificationsOut,
    NotificationsRead,
    UserOut,
)
from quart_notes.schemas.event_ids import EventId


@dataclass(eq=False)
class Notifications(Service):
    """All notifications.

    1. A notification is written in the change that causes it.
    2. It has no text: what it is about is read with it, by the rule of access of that moment. So nobody reads there
       what they may not see, and a deleted message is in no list until it is restored.
    """

    days: int  # that they are kept

    async def find(self, caller: Caller, query: NotificationQuery) -> Listed[NotificationsOut]:
        """A page of the caller's notifications, newest first, as the only item of the list."""
        async with self._snapshot() as (connection, position):
            mine = Notification.filter(visible_notifications(caller), id__lt=query.before_id).using_db(connection)
            if query.unread is not None:
                mine = mine.filter(read_at__isnull=query.unread == "true")
            rows = await mine.order_by("-id").limit(query.limit + 1)
            shown = await _outs(connection, rows[: query.limit])
            unread = (await inbox_of(connection, caller)).unread
        return Listed([NotificationsOut(unread=unread, notifications=shown)], position, len(rows) > query.limit)

    async def inbox(self, caller: Caller) -> tuple[InboxOut, EventId]:
        """The state of the caller's notifications, and the newest event that it includes."""
        async with self._snapshot() as (connection, position):
            return await inbox_of(connection, caller), position

    @transactional
    async def mark_read(self, change: Change, caller: Caller, data: NotificationsRead) -> InboxOut:
        """Mark notifications of the caller as read; what is read already, or not theirs, changes nothing."""
        change.by = caller.id
        chosen = Notification.filter(Q(id__lte=data.up_to_id) | Q(id__in=data.ids), user_id=caller.id or 0)
        if await _mark_read(change, chosen):
            return await record_inbox(change, caller)
        return await inbox_of(change.connection, caller)

    @transactional
    async def delete_old(self, change: Change) -> bool:
        """Delete a chunk of the notifications that are too old; returns whether there may be more."""
        limit = datetime.now(UTC) - timedelta(days=self.days)
        return await delete_chunk(change, Notification.filter(created_at__lt=limit))


async def mark_room_read(change: Change, user_id: int, room_id: int, message_id: int) -> None:
    """Mark a user's notifications of the messages of a room as read, up to a message."""
    rows = Notification.filter(user_id=user_id, room_id=room_id, message_id__lte=message_id)
    if await _mark_read(change, rows.exclude(kind="reaction")):
        await record_inboxes(change, [user_id])


async def _mark_read(change: Change, rows: QuerySet[Notification]) -> bool:
    """Mark those of the rows that are unread as read; returns whether there were any."""
    unread = rows.filter(read_at__isnull=True).using_db(change.connection)
    return bool(await unread.update(read_at=datetime.now(UTC)))


class _Subjects(NamedTuple):
    """What notifications are about, by id; of rooms their names."""

    users: dict[int, UserOut]
    messages: dict[int, Message]
    notes: dict[int, Note]
    rooms: dict[int, str | None]
    boards: dict[int, Board]


async def _outs(connection: BaseDBAsyncClient, rows: list[Notification]) -> list[NotificationOut]:
    """The notifications with what they are about, in a fixed number of queries."""
    notes = {note.id: note for note in await _all(connection, Note, {row.note_id for row in rows})}
    board_ids = {row.board_id for row in rows} | {note.board_id for note in notes.values()}
    subjects = _Subjects(
        await by_id(connection, {row.actor_id for row in rows}),
        {one.id: one for one in await _all(connection, Message, {row.message_id for row in rows})},
        notes,
        await names_of(connection, await _all(connection, Room, {row.room_id for row in rows})),
        {one.id: one for one in await _all(connection, Board, board_ids)},
    )
    return [_out(row, subjects) for row in rows]


async def _all(connection: BaseDBAsyncClient, model: Any, ids: set[int | None]) -> list[Any]:
    wanted = [one for one in ids if one is not None]
    return list(await model.filter(id__in=wanted).using_db(connection)) if wanted else []


def _out(row: Notification, subjects: _Subjects) -> NotificationOut:
    note = subjects.notes.get(row.note_id or 0)
    board_id = row.board_id if note is None else note.board_id
    board = subjects.boards.get(board_id or 0)
    return NotificationOut.model_construct(
        id=row.id,
        kind=row.kind,
        actor=subjects.users.get(row.actor_id or 0),
        count=row.count,
        message_id=row.message_id,
        note_id=row.note_id,
        room_id=row.room_id,
        room=subjects.rooms.get(row.room_id or 0),
        board_id=board_id,
        board=None if board is None else board.name,
        text=_text(subjects.messages.get(row.message_id or 0), note),
        created_at=row.created_at,
        read_at=row.read_at,
    )


def _text(message: Message | None, note: Note | None) -> str:
    if message is not None:
        return opening(message.content, message.formatted)
    if note is None:
        return ""
    return note.title or opening(note.description or "", note.content)
