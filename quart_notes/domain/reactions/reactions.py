"""Adds and removes reactions, and records their events."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller, act_as
from quart_notes.domain.message_queries import UNFINISHED, messages_for, require_visible_message, save
from quart_notes.domain.notifications.of_messages import notify_of_reaction
from quart_notes.domain.notifications.recording import record_inboxes
from quart_notes.domain.reactions.emoji import one_emoji
from quart_notes.domain.rooms.access import require_room_of, require_unarchived, require_writer
from quart_notes.domain.service import DELETE_CHUNK, Service, transactional
from quart_notes.domain.users import require_users
from quart_notes.errors import NotNowError, ValidationFailedError
from quart_notes.live.writer import Change
from quart_notes.models import Message, Reaction
from quart_notes.schemas import REACTING_MAX, REACTIONS_MAX, MessageOut, ReactionOut

COLUMNS = ("reactions_json", "reactions_unsent", "reactions_by")
# Plain SQL, with the condition as in its index: with a parameter, the index would not be used.
UNSENT = "SELECT id, version FROM message WHERE reactions_unsent ORDER BY id LIMIT ?1"


@dataclass(eq=False)
class Reactions(Service):
    """All reactions.

    1. A reaction is in the row of its message, and on the disk, when its request is answered.
    2. Its event follows, by `send`: `on_unsent` is called with the message after the commit, once for each event.
       Until then the message is in `unsent`, also after the process has ended.
    """

    on_unsent: Callable[[int], None] = field(default=lambda _: None)

    @transactional
    async def add(self, change: Change, caller: Caller, message_id: int, author_id: int, emoji: str) -> MessageOut:
        """Put an emoji on a message; one that is there already changes nothing.

        raises   ValidationFailedError for a text that is not one emoji, and for one kind more than REACTIONS_MAX
        """
        kind = _require_emoji(emoji)
        message = await self._message(change, caller, message_id, author_id)
        reactions = message.reactions
        if len(reactions) >= REACTIONS_MAX and all(one["emoji"] != kind for one in reactions):
            raise ValidationFailedError.of_field("emoji", f"A message has at most {REACTIONS_MAX} different reactions.")
        _, new = await Reaction.get_or_create(
            using_db=change.connection, message_id=message_id, user_id=author_id, emoji=kind
        )
        if new:
            await notify_of_reaction(change, message, author_id, added=True)
            await self._save(change, message, author_id, kind)
        (out,) = await messages_for(change.connection, author_id, [message])
        return out

    @transactional
    async def remove(self, change: Change, caller: Caller, message_id: int, author_id: int, emoji: str) -> MessageOut:
        """Remove an emoji from a message; one that is not there changes nothing."""
        kind = _require_emoji(emoji)
        message = await self._message(change, caller, message_id, author_id)
        own = Reaction.filter(message_id=message_id, user_id=author_id, emoji=kind).using_db(change.connection)
        if await own.delete():
            await notify_of_reaction(change, message, author_id, added=False)
            await self._save(change, message, author_id, kind)
        (out,) = await messages_for(change.connection, author_id, [message])
        return out

    async def _message(self, change: Change, caller: Caller, message_id: int, author_id: int) -> Message:
        """The message, in a room where the author of the reaction takes part; NotNowError while it is being written."""
        act_as(change, caller, author_id)
        await require_users(change.connection, author_id=author_id)
        message = await require_visible_message(change.connection, caller, message_id)
        room = await require_room_of(change.connection, caller, message.room_id, author_id)
        await require_writer(change.connection, caller, room)
        require_unarchived(archived=room.archived_at is not None)
        if message.answer_state in UNFINISHED:
            raise NotNowError("This answer is being written.")
        return message

    async def _save(self, change: Change, message: Message, author_id: int, emoji: str) -> None:
        """Update the message after a change of its reactions with that emoji."""
        reactions = await _with_current(change.connection, message, emoji)
        message.reactions_json = json.dumps(reactions, ensure_ascii=False) if reactions else None
        if not message.reactions_unsent:
            change.when_committed(lambda: self.on_unsent(message.id))
        message.reactions_unsent, message.reactions_by = True, author_id
        await message.save(using_db=change.connection, update_fields=COLUMNS)

    @transactional
    async def send(self, change: Change, message_id: int, version: int | None = None) -> None:
        """Record the event of a message whose reactions have changed, unless that was done.

        version   that of the message when its event was missing; another one has had an event
        """
        message = await Message.get_or_none(id=message_id, reactions_unsent=True, using_db=change.connection)
        if message is None or version not in {None, message.version}:
            return
        if message.author_id is not None and message.reactions_by != message.author_id:
            await record_inboxes(change, [message.author_id])
        change.by, message.reactions_unsent, message.reactions_by = message.reactions_by, False, None
        # A deleted message has its event when it is restored, an answer that is asked for again when it has grown.
        if message.deleted_at is None and message.answer_state not in UNFINISHED:
            await save(change, "update", message, *COLUMNS)
        else:
            await message.save(using_db=change.connection, update_fields=COLUMNS)

    async def unsent(self) -> dict[int, int]:
        """The first messages whose reactions have changed since their last event: their versions, by id."""
        async with self._database.snapshot() as connection:
            _, rows = await connection.execute_query(UNSENT, [DELETE_CHUNK])
        return {row["id"]: row["version"] for row in rows}


def _require_emoji(text: str) -> str:
    emoji = one_emoji(text)
    if emoji is None:
        raise ValidationFailedError.of_field("emoji", "This is not an emoji.")
    return emoji


async def _with_current(connection: BaseDBAsyncClient, message: Message, emoji: str) -> list[ReactionOut]:
    """The message's reactions, those with that emoji read again; a new kind comes last."""
    found = Reaction.filter(message_id=message.id, emoji=emoji).using_db(connection)
    first: Any = await found.order_by("id").limit(REACTING_MAX).values_list("user_id", flat=True)
    count = len(first) if len(first) < REACTING_MAX else await found.count()
    current = ReactionOut(emoji=emoji, count=count, user_ids=list(first))
    kinds = {one["emoji"]: one for one in message.reactions} | {emoji: current}
    return [one for one in kinds.values() if one["count"]]
