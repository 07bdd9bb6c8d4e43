"""The rows of messages, within a transaction: load them for the caller, convert them, save and record them."""

import json
from collections.abc import Mapping, Sequence, Set
from types import MappingProxyType
from typing import Any, Literal

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller
from quart_notes.domain.rooms.access import find_visible_room, moderates
from quart_notes.domain.rooms.rooms import room_of, topics
from quart_notes.domain.service import Precondition
from quart_notes.domain.text.markdown import tree_json
from quart_notes.domain.text.normalization import searchable
from quart_notes.domain.text.snippets import opening
from quart_notes.domain.users import by_id
from quart_notes.errors import NotFoundError, NotYoursError, StaleVersionError, ValidationFailedError
from quart_notes.live import events
from quart_notes.live.events import Action, MessageEvent, WorkEvent, WorkRequest
from quart_notes.live.writer import Change
from quart_notes.models import Message, Reaction
from quart_notes.schemas import AnswerOut, ContentNode, MessageOut, QuoteOut, ReactionOut, RoomOut, UserOut
from quart_notes.schemas.deleted_text import QUOTE, TEXT

NO_ROOM = 0  # an id that no room has
UNFINISHED = ("waiting", "writing")  # states of an answer in progress
TEXT_COLUMNS = ("content", "formatted_json", "search_text")
QUOTED_COLUMNS = ("id", "version", "author_id", "guest", "content", "formatted_json")


async def require_visible_message(
    connection: BaseDBAsyncClient, caller: Caller, message_id: int, *, deleted: bool = False, moderates: bool = False
) -> Message:
    """A message's row; NotFoundError when the caller sees none, or it is (not) deleted.

    moderates   the message is also found if it is a direct message of two others, not if it is in a closed room

    The queries are the same in either case, so the time reveals nothing.
    """
    message = await Message.get_or_none(id=message_id, deleted_at__isnull=not deleted, using_db=connection)
    sees = await find_visible_room(connection, caller, message.room_id if message else NO_ROOM) is not None
    if message is not None and (sees or (moderates and message.recipient_id is not None)):
        return message
    which = "deleted message" if deleted else "message"
    raise NotFoundError(f"There is no {which} {message_id}")


async def require_own_message(
    connection: BaseDBAsyncClient,
    caller: Caller,
    message_id: int,
    author_id: int,
    allowed: Precondition = None,
    *,
    deleted: bool = False,
    deleting: bool = False,
) -> Message:
    """The caller's own message; with `deleting` also an answer that they asked for, and for who moderates the room any.

    raises   NotFoundError, NotYoursError; StaleVersionError, with the current message, when `allowed` says no
    """
    administers = deleting and caller.admin and not caller.trusted
    message = await require_visible_message(connection, caller, message_id, deleted=deleted, moderates=administers)
    if not (deleting and await moderates(connection, caller, message.room_id)):
        _require_own(message, caller, author_id, deleting=deleting)
    if allowed is not None and not allowed(message.version):
        current = (await without_unseen(connection, caller, await message_out(connection, message))).model_dump(
            mode="json"
        )
        raise StaleVersionError(
            f"Message {message_id} is at version {message.version}: it was changed elsewhere first.",
            extra={"message": current},
        )
    return message


def _require_own(message: Message, caller: Caller, author_id: int, *, deleting: bool) -> None:
    """NotYoursError unless the message is the author's, or with `deleting` an answer that the caller asked for."""
    if message.answer_state is not None:
        if not deleting:
            raise NotYoursError("Answers of the assistant cannot be edited.")
        require_asker(message, caller, author_id)
    elif message.author_id != author_id:
        raise NotYoursError("Only its author may change a message.")
    if message.deleted_at is not None and message.deleted_by not in {None, author_id}:
        raise NotYoursError("Only those who may delete any message of this room may restore this one.")


async def without_unseen(connection: BaseDBAsyncClient, caller: Caller, message: MessageOut) -> MessageOut:
    """A message as it is returned: without the text if an administrator may delete but not read it."""
    if await find_visible_room(connection, caller, message.room_id) is not None:
        return message
    return message.model_copy(update=TEXT["message"])


def require_asker(answer: Message, caller: Caller, person_id: int | None) -> None:
    """NotYoursError for an answer that somebody else asked for. A guest's answer belongs to all who see it."""
    if not caller.trusted and answer.asker_id not in {None, person_id}:
        raise NotYoursError("Only the person who asked may do this with an answer.")


def set_text(message: Message, text: str, tree: Sequence[ContentNode] | None) -> None:
    """Change the TEXT_COLUMNS of a message; `tree`: the text formatted."""
    formatted = tree_json(tree)
    message.update_from_dict({"content": text, "formatted_json": formatted, "search_text": searchable(text)})


async def save(change: Change, action: Action, message: Message, *fields: str) -> MessageOut:
    """Save the fields with a new version, and record the event."""
    message.version += 1
    await message.save(using_db=change.connection, update_fields=(*fields, "version"))
    return await record(change, action, message)


async def record(change: Change, action: Action, message: Message) -> MessageOut:
    """Record the event of a message in its room."""
    out = await message_out(change.connection, message)
    record_message_event(change, action, await room_of(change.connection, message.room_id), out)
    return out


def record_message_event(change: Change, action: Action, room: RoomOut, message: MessageOut) -> None:
    """The same for a room that is loaded already."""
    # The author's own topic last: the position in their response is then that of the event which their page awaits.
    owner_id = message.answer.asker_id if message.answer else message.author_id
    for topic in sorted(topics(room), key=lambda topic: topic == events.user(owner_id or 0)):
        change.record(MessageEvent(topic=topic, action=action, message=message))


def request_work(change: Change, answer: Message, wanted: Literal["begin", "end"]) -> None:
    """Have the assistant start or cancel an answer. Record it before the events for pages, which they may wait for."""
    work = WorkRequest(kind="answer", id=answer.id, wanted=wanted, person_id=answer.asker_id)
    change.record(WorkEvent(topic=events.WORK, action="update", work=work))


async def message_out(connection: BaseDBAsyncClient, message: Message) -> MessageOut:
    """A message as it is returned."""
    (out,) = await message_outs(connection, [message])
    return out


async def message_outs(connection: BaseDBAsyncClient, messages: Sequence[Message]) -> list[MessageOut]:
    """The messages with their users and the messages they reply to: in two queries however many there are."""
    quoted = await _quoted(connection, messages)
    ids = {user_id for message in messages for user_id in (message.author_id, message.recipient_id)}
    people = await by_id(connection, ids | {row["author_id"] for row in quoted.values()})
    return [shown_message(message, people, quoted) for message in messages]


async def messages_for(
    connection: BaseDBAsyncClient, reader_id: int | None, messages: Sequence[Message]
) -> list[MessageOut]:
    """The messages for a reader: the users of a reaction include the reader, however many have given it.

    At most one query more than `message_outs`.
    """
    outs = await message_outs(connection, messages)
    incomplete = [out.id for out in outs if any(_may_lack(one, reader_id) for one in out.reactions)]
    if not incomplete or reader_id is None:
        return outs
    mine = Reaction.filter(user_id=reader_id, message_id__in=incomplete).using_db(connection)
    own = {(one.message_id, one.emoji) for one in await mine}
    return [_with_own(out, reader_id, own) if out.id in incomplete else out for out in outs]


def _may_lack(reaction: ReactionOut, user_id: int | None) -> bool:
    """Whether a user may have given a reaction without being in its list, which is not whole."""
    return reaction["count"] > len(reaction["user_ids"]) and user_id not in reaction["user_ids"]


def _with_own(message: MessageOut, reader_id: int, own: Set[tuple[int, str]]) -> MessageOut:
    reactions = [
        ReactionOut(emoji=one["emoji"], count=one["count"], user_ids=[*one["user_ids"][:-1], reader_id])
        if _may_lack(one, reader_id) and (message.id, one["emoji"]) in own
        else one
        for one in message.reactions
    ]
    return message.model_copy(update={"reactions": reactions})


async def _quoted(connection: BaseDBAsyncClient, messages: Sequence[Message]) -> dict[int, dict[str, Any]]:
    """The rows of the messages that some reply to, by id, without those that are deleted."""
    ids = {message.reply_to_id for message in messages if message.reply_to_id is not None}
    if not ids:
        return {}
    found = Message.filter(id__in=list(ids), deleted_at__isnull=True).using_db(connection)
    return {row["id"]: row for row in await found.values(*QUOTED_COLUMNS)}


async def require_quotable(connection: BaseDBAsyncClient, room_id: int, message_id: int | None) -> Message | None:
    """The message that a new one in a room replies to; ValidationFailedError unless it is in that room."""
    if message_id is None:
        return None
    quoted = await Message.get_or_none(id=message_id, room_id=room_id, deleted_at__isnull=True, using_db=connection)
    if quoted is None:  # the same when it is in another room, so that nobody learns of it
        raise ValidationFailedError.of_field("reply_to", f"There is no message {message_id} in this room.")
    return quoted


def shown_message(
    message: Message, people: Mapping[int, UserOut], quoted: Mapping[int, Mapping[str, Any]] = MappingProxyType({})
) -> MessageOut:
    """A message as it is returned.

    people   contains its author, its recipient, and the author of the message that it replies to
    quoted   contains the QUOTED_COLUMNS of that message, unless it is deleted
    """
    return MessageOut.model_construct(
        id=message.id,
        room_id=message.room_id,
        note_id=message.note_id,
        content=message.content,
        formatted=message.formatted,
        author_id=message.author_id,
        author=people.get(message.author_id or 0),
        guest=message.guest,
        recipient_id=message.recipient_id,
        recipient=people.get(message.recipient_id or 0),
        client_key=message.client_key,
        version=message.version,
        date=message.date,
        edited_at=message.edited_at,
        answer=_answer(message),
        reply_to=None if message.reply_to_id is None else _quote(message.reply_to_id, people, quoted),
        reactions=message.reactions,
    )


def _quote(message_id: int, people: Mapping[int, UserOut], quoted: Mapping[int, Mapping[str, Any]]) -> QuoteOut:
    row = quoted.get(message_id)
    if row is None:
        return QuoteOut.model_construct(id=message_id, **QUOTE)
    formatted = row["formatted_json"]
    return QuoteOut.model_construct(
        id=message_id,
        version=row["version"],
        author_id=row["author_id"],
        author=people.get(row["author_id"] or 0),
        guest=row["guest"],
        snippet=opening(row["content"], formatted and json.loads(formatted)),
        deleted=False,
    )


def _answer(message: Message) -> AnswerOut | None:
    if message.answer_state is None:
        return None
    state: Any = message.answer_state
    return AnswerOut.model_construct(
        question_id=message.question_id, asker_id=message.asker_id, state=state, error=message.answer_error
    )
