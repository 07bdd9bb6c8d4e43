"""What people say, in rooms and directly: one path for both."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from quart_notes import events
from quart_notes.database import Database
from quart_notes.domain.access import Caller
from quart_notes.domain.people import by_id, known, named
from quart_notes.domain.rooms import conversation, existing, must_take_part, shown, topics, visible
from quart_notes.errors import NotFoundError, NotYoursError, StaleVersionError
from quart_notes.event_log import EventLog
from quart_notes.events import Action, EventId, MessageEvent
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
from quart_notes.writer import Change, Write, Written

EMPTY_TRASH_CHUNK = 500  # rows deleted in one transaction

Precondition = Callable[[int], bool]  # whether a message of that version may be changed


class MessageList(NamedTuple):
    """Some messages by id, whether there are more before or after them, and the newest event that they include."""

    messages: list[MessageOut]
    more: bool
    position: EventId


class Posted(NamedTuple):
    """A message, and whether it was new: one sent again is not posted twice."""

    message: MessageOut
    new: bool


class Messages:
    """Everything that was said."""

    def __init__(self, database: Database, log: EventLog, write: Write) -> None:
        self._database = database
        self._log = log
        self._write = write

    async def send(self, caller: Caller, data: MessageCreate) -> Written[Posted]:
        """Say something to a person; ValidationFailedError naming the field when there is no such person."""
        caller.must_be(data.author_id)

        async def work(change: Change) -> Posted:
            author, recipient = await named(change.connection, author_id=data.author_id, recipient_id=data.recipient_id)
            known_already = await _sent_before(change, author.id, data.client_key)
            if known_already:
                return known_already
            room = await conversation(change, author, recipient)
            return await _post(change, room, data.content, author=author, client_key=data.client_key)

        return await self._write(work)

    async def post(self, caller: Caller, room_id: int, data: RoomMessageCreate) -> Written[Posted]:
        """Say something in a room or a conversation that one is part of."""
        caller.must_be(data.author_id)

        async def work(change: Change) -> Posted:
            row = await existing(change.connection, room_id)
            (author,) = await named(change.connection, author_id=data.author_id)
            must_take_part(row, author.id)
            room = shown(row, await by_id(change.connection, {row.lower_id, row.upper_id}))
            known_already = await _sent_before(change, author.id, data.client_key)
            return known_already or await _post(change, room, data.content, author=author, client_key=data.client_key)

        return await self._write(work)

    async def post_as_guest(self, room_id: int, guest: str, content: str) -> Written[Posted]:
        """Have a guest, who is nobody's account, say something in a room."""

        async def work(change: Change) -> Posted:
            return await _post(change, await _room(change.connection, room_id), content, guest=guest)

        return await self._write(work)

    async def change(
        self, caller: Caller, message_id: int, data: MessageUpdate, allowed: Precondition | None = None
    ) -> Written[MessageOut]:
        """Give one's own message another text; the same text changes nothing and tells nobody.

        allowed   judges the current version; StaleVersionError, with the current message, when it says no
        """
        caller.must_be(data.author_id)

        async def work(change: Change) -> MessageOut:
            message = await _own(change.connection, caller, message_id, data.author_id, allowed)
            if message.content == data.content:
                return await _out(change.connection, message)
            message.content = data.content
            message.edited_at = datetime.now(UTC)
            return await _save(change, "update", message, "content", "edited_at")

        return await self._write(work)

    async def delete(
        self, caller: Caller, message_id: int, author_id: int, allowed: Precondition | None = None
    ) -> Written[MessageOut]:
        """Take one's own message back; it is kept aside for a while, for `restore`."""
        caller.must_be(author_id)

        async def work(change: Change) -> MessageOut:
            message = await _own(change.connection, caller, message_id, author_id, allowed)
            message.deleted_at = datetime.now(UTC)
            await message.save(using_db=change.connection, update_fields=["deleted_at"])
            return await _record(change, "delete", message)

        return await self._write(work)

    async def restore(self, caller: Caller, message_id: int, author_id: int) -> Written[MessageOut]:
        """Undo a deletion; NotFoundError when it was not deleted or is gone for good."""
        caller.must_be(author_id)

        async def work(change: Change) -> MessageOut:
            message = await _own(change.connection, caller, message_id, author_id, deleted=True)
            message.deleted_at = None
            return await _save(change, "create", message, "deleted_at")

        return await self._write(work)

    async def empty_trash(self, days: int) -> Written[bool]:
        """Forget a chunk of the messages deleted more than `days` ago; returns whether there may be more."""
        oldest = datetime.now(UTC) - timedelta(days=days)

        async def work(change: Change) -> bool:
            old = Message.filter(deleted_at__lt=oldest).using_db(change.connection).limit(EMPTY_TRASH_CHUNK)
            ids = [row["id"] for row in await old.values("id")]
            await Message.filter(id__in=ids).using_db(change.connection).delete()
            return len(ids) == EMPTY_TRASH_CHUNK

        return await self._write(work)

    async def get(self, caller: Caller, message_id: int) -> tuple[MessageOut, EventId]:
        """A message, and the newest event that it includes."""
        async with self._database.snapshot() as connection:
            position = await self._log.newest(connection)
            out = await _out(connection, await _present(connection, caller, message_id))
        return out, position

    async def deleted(self, message_id: int) -> MessageOut | None:
        """A message that can be restored, or None."""
        async with self._database.snapshot() as connection:
            message = await Message.get_or_none(id=message_id, deleted_at__isnull=False, using_db=connection)
            return None if message is None else await _out(connection, message)

    async def in_room(self, caller: Caller, room_id: int, query: MessageQuery) -> MessageList:
        """A page of what was said in a room; NotFoundError when for the caller there is no such room."""
        async with self._database.snapshot() as connection:
            await visible(connection, caller, room_id)
            return await self._page(connection, Message.filter(room_id=room_id), query)

    async def direct(self, caller: Caller, query: MessageQuery) -> MessageList:
        """A page of all direct messages that the caller sees."""
        async with self._database.snapshot() as connection:
            messages = Message.filter(_visible_to(caller), recipient_id__isnull=False)
            return await self._page(connection, messages, query)

    async def of_person(self, caller: Caller, user_id: int, query: MessageQuery) -> MessageList:
        """A page of the direct messages to or from a person, those that the caller sees.

        NotFoundError when there is no such person.
        """
        async with self._database.snapshot() as connection:
            await known(connection, user_id)
            rooms = Room.filter(kind="direct").using_db(connection)
            ids = [row["id"] for row in await rooms.filter(lower_id=user_id).values("id")]
            ids += [row["id"] for row in await rooms.filter(upper_id=user_id).values("id")]
            return await self._page(connection, Message.filter(_visible_to(caller), room_id__in=ids), query)

    async def _page(
        self, connection: BaseDBAsyncClient, messages: QuerySet[Message], query: MessageQuery
    ) -> MessageList:
        position = await self._log.newest(connection)
        messages = messages.filter(deleted_at__isnull=True, id__gt=query.after_id).using_db(connection)
        if query.before_id is None:
            rows = await messages.order_by("id").limit(query.limit + 1)
            page = rows[: query.limit]
        else:
            rows = await messages.filter(id__lt=query.before_id).order_by("-id").limit(query.limit + 1)
            page = rows[: query.limit][::-1]
        return MessageList(await _all_out(connection, page), len(rows) > query.limit, position)


def _visible_to(caller: Caller) -> Q:
    """What was said in rooms, and directly by or to the caller."""
    if caller.trusted:
        return Q()
    return Q(recipient_id__isnull=True) | Q(author_id=caller.id) | Q(recipient_id=caller.id)


async def _room(connection: BaseDBAsyncClient, room_id: int) -> RoomOut:
    room = await existing(connection, room_id)
    return shown(room, await by_id(connection, {room.lower_id, room.upper_id}))


async def _sent_before(change: Change, author_id: int, client_key: str | None) -> Posted | None:
    """The message that this key has brought already."""
    if client_key is None:
        return None
    message = await Message.get_or_none(author_id=author_id, client_key=client_key, using_db=change.connection)
    return None if message is None else Posted(await _out(change.connection, message), new=False)


async def _post(
    change: Change,
    room: RoomOut,
    content: str,
    *,
    author: UserOut | None = None,
    guest: str | None = None,
    client_key: str | None = None,
) -> Posted:
    recipient = None
    if room.kind == "direct":
        recipient = next((person for person in room.people if person != author), author)
    message = Message(
        room_id=room.id,
        author_id=author and author.id,
        recipient_id=recipient and recipient.id,
        guest=guest,
        content=content,
        client_key=client_key,
        date=datetime.now(UTC),
    )
    await message.save(using_db=change.connection, force_create=True)
    out = _shown(message, {person.id: person for person in (author, recipient) if person})
    _tell(change, "create", room, out)
    return Posted(out, new=True)


async def _present(connection: BaseDBAsyncClient, caller: Caller, message_id: int, *, deleted: bool = False) -> Message:
    seen = Message.filter(_visible_to(caller), id=message_id, deleted_at__isnull=not deleted).using_db(connection)
    message = await seen.first()
    if message is None:
        which = "deleted message" if deleted else "message"
        raise NotFoundError(f"There is no {which} {message_id}")
    return message


async def _own(
    connection: BaseDBAsyncClient,
    caller: Caller,
    message_id: int,
    author_id: int,
    allowed: Precondition | None = None,
    *,
    deleted: bool = False,
) -> Message:
    message = await _present(connection, caller, message_id, deleted=deleted)
    if message.author_id != author_id:
        raise NotYoursError("Only its author may change a message.")
    if allowed is not None and not allowed(message.version):
        current = (await _out(connection, message)).model_dump(mode="json")
        raise StaleVersionError(
            f"Message {message_id} is at version {message.version}: it was changed elsewhere first.",
            extra={"message": current},
        )
    return message


async def _save(change: Change, action: Action, message: Message, *fields: str) -> MessageOut:
    message.version += 1
    await message.save(using_db=change.connection, update_fields=(*fields, "version"))
    return await _record(change, action, message)


async def _record(change: Change, action: Action, message: Message) -> MessageOut:
    out = await _out(change.connection, message)
    _tell(change, action, await _room(change.connection, message.room_id), out)
    return out


def _tell(change: Change, action: Action, room: RoomOut, message: MessageOut) -> None:
    # The author's own last: the position in their answer is then that of the event which their page waits for.
    for topic in sorted(topics(room), key=lambda topic: topic == events.user(message.author_id or 0)):
        change.record(MessageEvent(topic=topic, action=action, message=message))


async def _out(connection: BaseDBAsyncClient, message: Message) -> MessageOut:
    (out,) = await _all_out(connection, [message])
    return out


async def _all_out(connection: BaseDBAsyncClient, messages: Sequence[Message]) -> list[MessageOut]:
    """The messages with their people, in one query however many there are."""
    ids = {user_id for message in messages for user_id in (message.author_id, message.recipient_id)}
    people = await by_id(connection, ids)
    return [_shown(message, people) for message in messages]


def _shown(message: Message, people: dict[int, UserOut]) -> MessageOut:
    return MessageOut.model_construct(
        id=message.id,
        room_id=message.room_id,
        content=message.content,
        author_id=message.author_id,
        author=people.get(message.author_id or 0),
        guest=message.guest,
        recipient_id=message.recipient_id,
        recipient=people.get(message.recipient_id or 0),
        client_key=message.client_key,
        version=message.version,
        date=message.date,
        edited_at=message.edited_at,
    )
