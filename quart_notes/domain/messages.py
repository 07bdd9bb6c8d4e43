"""Messages in rooms and direct messages: one path for both."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from quart_notes.domain.access import Caller, act_as
from quart_notes.domain.assistant.answers import start_answer
from quart_notes.domain.assistant.prompt import mentions_assistant
from quart_notes.domain.idempotency import IdempotentRequest, digest_of, key_used_error, make_once
from quart_notes.domain.message_queries import (
    TEXT_COLUMNS,
    UNFINISHED,
    message_out,
    messages_for,
    record,
    record_message_event,
    request_work,
    require_own_message,
    require_quotable,
    require_visible_message,
    save,
    set_text,
    shown_message,
    without_unseen,
)
from quart_notes.domain.notifications.of_messages import mentions_in, notify_of_edit, notify_of_message
from quart_notes.domain.notifications.recording import record_inboxes_with
from quart_notes.domain.rooms.access import require_room_of, require_unarchived, require_visible_room, require_writer
from quart_notes.domain.rooms.rooms import conversation, loaded_room, require_room, room_of
from quart_notes.domain.rooms.threads import Threads
from quart_notes.domain.service import Listed, Precondition, Service, delete_chunk, transactional
from quart_notes.domain.text.mentions import users_in
from quart_notes.domain.users import require_user, require_users
from quart_notes.live.writer import Change, Committed
from quart_notes.models import Message, Room
from quart_notes.schemas import (
    MessageCreate,
    MessageOut,
    MessageQuery,
    MessageUpdate,
    RoomMessageCreate,
    RoomOut,
    UserOut,
)
from quart_notes.schemas.event_ids import EventId

GUEST_DIGITS_MAX = 9  # digits of a guest's number


class Posted(NamedTuple):
    """A message, and whether it is new: a repeated request does not post twice."""

    message: MessageOut
    new: bool


@dataclass(eq=False)
class Messages(Service):
    """All messages."""

    _threads: Threads

    @transactional
    async def send(self, change: Change, caller: Caller, data: MessageCreate) -> Posted:
        """Send a direct message; ValidationFailedError naming the field when there is no such user."""
        act_as(change, caller, data.author_id)
        author, recipient = await require_users(
            change.connection, caller, author_id=data.author_id, recipient_id=data.recipient_id
        )
        room = await conversation(change, author, recipient)
        return await _post_once(change, caller, room, author, data)

    @transactional
    async def post(self, change: Change, caller: Caller, room_id: int, data: RoomMessageCreate) -> Posted:
        """Post a message in a room or conversation that the caller takes part in.

        raises   NotFoundError when they see none; ForbiddenError when they may only read there; RoomArchivedError,
                 unless the message was posted before
        """
        act_as(change, caller, data.author_id)
        room = await require_room_of(change.connection, caller, room_id, data.author_id)
        await require_writer(change.connection, caller, room)
        (author,) = await require_users(change.connection, author_id=data.author_id)
        posted = await _post_once(change, caller, await loaded_room(change.connection, room), author, data)
        if room.note_id is not None and posted.new:
            question = await Message.get(id=posted.message.id, using_db=change.connection)
            await self._threads.follow(change, question, users_in(question.formatted), new=True)
            await self._threads.count(change, question)
        return posted

    @transactional
    async def post_line(self, change: Change, room_id: int, author_id: int, content: str) -> MessageOut:
        """Post a user's line in a public room."""
        (author,) = await require_users(change.connection, author_id=author_id)
        change.by = author.id
        return (await _post(change, await room_of(change.connection, room_id), content, author=author)).message

    async def post_as_guest(
        self, room_id: int, guest: str, content: str, client_key: str | None = None
    ) -> Committed[MessageOut]:
        """Post a guest's message in a room; once for each key of the guest."""

        async def work(change: Change) -> MessageOut:
            posted = await _post(change, await room_of(change.connection, room_id), content, guest=guest)
            return posted.message

        name = "\0".join(("guest", guest, str(room_id), client_key or ""))
        request = IdempotentRequest(name, sha256(content.encode()).hexdigest()) if client_key else None
        return await make_once(self._write, request, work, _by_id)

    async def new_guest(self) -> str:
        """An unused guest name, such as Guest 1234."""
        digits = 4
        while True:
            name = f"Guest {10 ** (digits - 1) + secrets.randbelow(9 * 10 ** (digits - 1))}"
            async with self._database.snapshot() as connection:
                if not await Message.filter(guest=name).using_db(connection).exists():
                    return name
            digits = min(digits + 1, GUEST_DIGITS_MAX)

    async def last_recipient(self, author_id: int) -> int | None:
        """The last recipient of a user's direct messages, or None."""
        async with self._database.snapshot() as connection:
            sent = Message.filter(author_id=author_id, recipient_id__isnull=False).using_db(connection)
            last = await sent.order_by("-id").first()
        return None if last is None else last.recipient_id

    @transactional
    async def change(
        self, change: Change, caller: Caller, message_id: int, data: MessageUpdate, allowed: Precondition = None
    ) -> MessageOut:
        """Change the text of the caller's own message; the same text changes nothing and sends no event.

        allowed   checks the current version; StaleVersionError, with the current message, when it says no
        """
        act_as(change, caller, data.author_id)
        message = await require_own_message(change.connection, caller, message_id, data.author_id, allowed)
        await require_writer(change.connection, caller, await require_room(change.connection, message.room_id))
        if message.content == data.content:
            return await message_out(change.connection, message)
        mentions = await mentions_in(change.connection, caller, message, data.content)
        new = mentions.user_ids - users_in(message.formatted)
        set_text(message, data.content, mentions.tree)
        message.edited_at = datetime.now(UTC)
        await notify_of_edit(change, message, new)
        await self._threads.follow(change, message, new, new=False)
        return await save(change, "update", message, *TEXT_COLUMNS, "edited_at")

    @transactional
    async def delete(
        self, change: Change, caller: Caller, message_id: int, author_id: int, allowed: Precondition = None
    ) -> MessageOut:
        """Delete the caller's own message or an answer they asked for; who moderates the room any of it.

        Administrators also those that they cannot read.

        `restore` undoes it.
        """
        act_as(change, caller, author_id)
        message = await require_own_message(change.connection, caller, message_id, author_id, allowed, deleting=True)
        if message.answer_state in UNFINISHED:
            request_work(change, message, "end")
            message.answer_state = "stopped"
        message.deleted_at, message.deleted_by = datetime.now(UTC), author_id
        await message.save(using_db=change.connection, update_fields=["deleted_at", "deleted_by", "answer_state"])
        await record_inboxes_with(change, message_id=message.id)
        await self._threads.count(change, message)
        return await without_unseen(change.connection, caller, await record(change, "delete", message))

    @transactional
    async def restore(self, change: Change, caller: Caller, message_id: int, author_id: int) -> MessageOut:
        """Undo a deletion. What somebody else deleted, only those restore who moderate the room.

        raises   NotFoundError when it was not deleted or is deleted for good; NotYoursError
        """
        act_as(change, caller, author_id)
        message = await require_own_message(
            change.connection, caller, message_id, author_id, deleted=True, deleting=True
        )
        message.deleted_at = message.deleted_by = None
        await message.save(using_db=change.connection, update_fields=["deleted_at", "deleted_by"])
        await record_inboxes_with(change, message_id=message.id)
        await self._threads.count(change, message)
        restored = await save(change, "create", message)
        return await without_unseen(change.connection, caller, restored)

    @transactional
    async def empty_trash(self, change: Change, days: int) -> bool:
        """Delete a chunk of the messages deleted more than `days` ago for good; returns whether there may be more."""
        return await delete_chunk(change, Message.filter(deleted_at__lt=datetime.now(UTC) - timedelta(days=days)))

    async def get(self, caller: Caller, message_id: int) -> tuple[MessageOut, EventId]:
        """A message, and the newest event that it includes."""
        async with self._snapshot() as (connection, position):
            message = await require_visible_message(connection, caller, message_id)
            (out,) = await messages_for(connection, caller.id, [message])
        return out, position

    async def deleted(self, message_id: int) -> MessageOut | None:
        """A message that can be restored, or None."""
        async with self._database.snapshot() as connection:
            message = await Message.get_or_none(id=message_id, deleted_at__isnull=False, using_db=connection)
            return None if message is None else await message_out(connection, message)

    async def in_room(self, caller: Caller, room_id: int, query: MessageQuery) -> Listed[MessageOut]:
        """A page of the messages in a room; NotFoundError when the caller sees no such room."""
        async with self._database.snapshot() as connection:
            await require_visible_room(connection, caller, room_id)
            return await self._page(connection, caller, Message.filter(room_id=room_id), query)

    async def direct(self, caller: Caller, query: MessageQuery) -> Listed[MessageOut]:
        """A page of all direct messages that the caller sees."""
        async with self._database.snapshot() as connection:
            own_only = Q() if caller.trusted else Q(author_id=caller.id) | Q(recipient_id=caller.id)
            messages = Message.filter(own_only, recipient_id__isnull=False)
            return await self._page(connection, caller, messages, query)

    async def of_user(self, caller: Caller, user_id: int, query: MessageQuery) -> Listed[MessageOut]:
        """A page of the direct messages to or from a user, those that the caller sees.

        NotFoundError when the caller sees no such user.
        """
        async with self._database.snapshot() as connection:
            await require_user(connection, user_id, caller)
            rooms = Room.filter(kind="direct").using_db(connection)
            if not caller.trusted:
                rooms = rooms.filter(Q(lower_id=caller.id) | Q(upper_id=caller.id))
            ids = [row["id"] for row in await rooms.filter(lower_id=user_id).values("id")]
            ids += [row["id"] for row in await rooms.filter(upper_id=user_id).values("id")]
            # Without the assistant's answers, which have no recipient.
            messages = Message.filter(room_id__in=ids, recipient_id__isnull=False)
            return await self._page(connection, caller, messages, query)

    async def _page(
        self, connection: BaseDBAsyncClient, caller: Caller, messages: QuerySet[Message], query: MessageQuery
    ) -> Listed[MessageOut]:
        position = await self._log.newest(connection)
        messages = messages.filter(deleted_at__isnull=True, id__gt=query.after_id).using_db(connection)
        if query.before_id is None:
            rows = await messages.order_by("id").limit(query.limit + 1)
            page = rows[: query.limit]
        else:
            rows = await messages.filter(id__lt=query.before_id).order_by("-id").limit(query.limit + 1)
            page = rows[: query.limit][::-1]
        return Listed(await messages_for(connection, caller.id, page), position, len(rows) > query.limit)


async def _post_once(
    change: Change, caller: Caller, room: RoomOut, author: UserOut, data: MessageCreate | RoomMessageCreate
) -> Posted:
    """Post a message, unless its key has posted it already; ClientKeyUsedError when that was another one."""
    said: dict[str, Any] = {"author": author, "caller": caller, "reply_to": data.reply_to}
    if data.client_key is None:
        return await _post(change, room, data.content, **said)
    digest = digest_of(data, "content", "reply_to")
    sent: dict[str, Any] = {"client_key": data.client_key, "client_digest": digest}
    message = await Message.get_or_none(author_id=author.id, client_key=data.client_key, using_db=change.connection)
    if message is None:
        return await _post(change, room, data.content, **said, **sent)
    # Former versions stored no digest: their text is compared, unless it was edited.
    same = message.client_digest == digest if message.client_digest else message.content == data.content
    if message.room_id != room.id or not (same or (message.edited_at and not message.client_digest)):
        raise key_used_error()
    return Posted(await message_out(change.connection, message), new=False)


async def _by_id(connection: BaseDBAsyncClient, message_id: int) -> MessageOut | None:
    message = await Message.get_or_none(id=message_id, using_db=connection)
    return None if message is None else await message_out(connection, message)


async def _post(
    change: Change,
    room: RoomOut,
    content: str,
    *,
    author: UserOut | None = None,
    caller: Caller | None = None,
    guest: str | None = None,
    reply_to: int | None = None,
    **sent: str,
) -> Posted:
    require_unarchived(archived=room.archived)
    quoted = await require_quotable(change.connection, room.id, reply_to)
    recipient = None
    if room.kind == "direct":
        recipient = next((user for user in room.people if user != author), author)
    question = Message(
        room_id=room.id,
        note_id=room.note_id,
        author_id=author and author.id,
        recipient_id=recipient and recipient.id,
        guest=guest,
        reply_to_id=reply_to,
        **sent,
        date=datetime.now(UTC),
    )
    mentions = await mentions_in(change.connection, caller, question, content)
    set_text(question, content, mentions.tree)
    await question.save(using_db=change.connection, force_create=True)
    await notify_of_message(change, room, question, mentions, quoted)
    out = (
        await message_out(change.connection, question)
        if quoted
        else shown_message(question, {user.id: user for user in (author, recipient) if user})
    )
    record_message_event(change, "create", room, out)
    asks = quoted is not None and quoted.answer_state is not None
    if room.kind == "private" or asks or mentions_assistant(content):
        await start_answer(change, room, question)
    return Posted(out, new=True)
