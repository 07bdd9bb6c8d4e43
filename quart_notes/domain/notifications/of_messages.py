"""Whom a message concerns, by the levels that users have chosen for its room."""

from collections.abc import Collection

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller
from quart_notes.domain.notifications.audience import audience_of_room
from quart_notes.domain.notifications.mentions import Mentions, find_mentions
from quart_notes.domain.notifications.recording import (
    already_notified,
    notify,
    record_inboxes,
    replace_row,
)
from quart_notes.domain.rooms.access import roles_in
from quart_notes.domain.text.markdown import parse_message
from quart_notes.domain.text.mentions import EVERYBODY, MARK
from quart_notes.live.writer import Change
from quart_notes.models import Message, Notification, Reaction, Reading, Room, RoomMembership, User
from quart_notes.schemas import Level, NotificationKind, RoomOut

REACTIONS_READ = 2_000  # of one message: nobody reads how many more they are
# Plain SQL, with the condition as in its index: each message runs it.
LEVELS = "SELECT user_id, level FROM reading WHERE room_id = ?1 AND level IS NOT NULL"


async def mentions_in(connection: BaseDBAsyncClient, caller: Caller | None, message: Message, text: str) -> Mentions:
    """The mentions in a new text of a message, which has the former one; the caller is its author, or None a guest."""
    parsed = parse_message(text)
    calls = parsed.tree is not None and MARK + EVERYBODY in text.casefold()
    return await find_mentions(
        connection,
        parsed,
        audience_of_room(connection, message.room_id),
        "content",
        before=message.formatted,
        room=calls and caller is not None and await _keeps_up(connection, caller, message.room_id),
    )


async def _keeps_up(connection: BaseDBAsyncClient, caller: Caller, room_id: int) -> bool:
    room = await Room.get(id=room_id, using_db=connection)
    return (await roles_in(connection, caller, [room]))[room_id] == "owner"


async def notify_of_message(
    change: Change, room: RoomOut, message: Message, mentions: Mentions, quoted: Message | None
) -> None:
    """Notify those whom a new message concerns, each once: of a mention, a reply, or a message."""
    if room.kind == "private":
        return
    levels = await _levels(change.connection, room.id)
    kinds: dict[int, NotificationKind] = {one: "message" for one, level in levels.items() if level == "everything"}
    if room.kind == "direct" and message.recipient_id is not None:
        kinds |= {} if message.recipient_id in levels else {message.recipient_id: "message"}
    if quoted is not None and quoted.author_id is not None:
        kinds[quoted.author_id] = "reply"
    kinds |= dict.fromkeys(await _mentioned(change.connection, room, mentions), "mention")
    kinds.pop(message.author_id or 0, None)
    kinds = {user_id: kind for user_id, kind in kinds.items() if levels.get(user_id) != "nothing"}
    if not kinds:
        return
    seeing = await _who_sees(change.connection, room, kinds)
    kinds = {user_id: kind for user_id, kind in kinds.items() if user_id in seeing}
    about = {"message_id": message.id, "room_id": room.id}
    posted = [user_id for user_id, kind in kinds.items() if kind == "message"]
    for user_id in posted:
        await _notify_of_posts(change, user_id, message)
    await record_inboxes(change, posted)
    await notify(change, {one: kind for one, kind in kinds.items() if kind != "message"}, message.author_id, **about)


async def _levels(connection: BaseDBAsyncClient, room_id: int) -> dict[int, Level]:
    _, rows = await connection.execute_query(LEVELS, [room_id])
    return {row["user_id"]: row["level"] for row in rows}


async def _mentioned(connection: BaseDBAsyncClient, room: RoomOut, mentions: Mentions) -> set[int]:
    """The users whom a message mentions; `@room` in a room of everybody: those who have been there."""
    mentioned = set(mentions.user_ids)
    if mentions.everybody:
        there = RoomMembership.filter(room_id=room.id) if room.closed else Reading.filter(room_id=room.id)
        mentioned.update(row["user_id"] for row in await there.using_db(connection).values("user_id"))
    return mentioned


async def _who_sees(connection: BaseDBAsyncClient, room: RoomOut, user_ids: Collection[int]) -> set[int]:
    users = await User.filter(id__in=list(user_ids), deactivated_at__isnull=True).using_db(connection)
    return await audience_of_room(connection, room.id)(users)


async def _notify_of_posts(change: Change, user_id: int, message: Message) -> None:
    """One row for all unread messages of a room; it leads to the newest."""
    rows = Notification.filter(user_id=user_id, kind="message", room_id=message.room_id, read_at__isnull=True)
    row = await rows.using_db(change.connection).first()
    count = 1 if row is None else row.count + 1
    former = {"room_id": message.room_id}
    about = {"actor_id": message.author_id, "message_id": message.id}
    await replace_row(change, user_id, "message", former, **about, count=count)


async def notify_of_edit(change: Change, message: Message, new: Collection[int]) -> None:
    """Notify the users whom an edit has added, unless they have had a notification of this message."""
    if not new:
        return
    levels = await _levels(change.connection, message.room_id)
    told = await already_notified(change.connection, message.id, new)
    wanted = {one for one in new if one not in told and levels.get(one) != "nothing"}
    kinds: dict[int, NotificationKind] = dict.fromkeys(wanted, "mention")
    await notify(change, kinds, message.author_id, message_id=message.id, room_id=message.room_id)


async def notify_of_reaction(change: Change, message: Message, actor_id: int, *, added: bool) -> None:
    """Keep the author's one row for all reactions on a message.

    Its event is recorded together with that of the message.
    """
    author_id, connection = message.author_id, change.connection
    if author_id is None or actor_id == author_id:
        return
    others = Reaction.filter(message_id=message.id).exclude(user_id=author_id).using_db(connection)
    rows = await others.order_by("-id").limit(REACTIONS_READ).values("user_id")
    reacting = list(dict.fromkeys(row["user_id"] for row in rows))
    mine = Notification.filter(user_id=author_id, kind="reaction", message_id=message.id).using_db(connection)
    if not reacting:
        await mine.delete()
    elif not added:
        await mine.update(count=len(reacting), actor_id=actor_id if actor_id in reacting else reacting[0])
    elif (await _levels(connection, message.room_id)).get(author_id) != "nothing":
        about = {"actor_id": actor_id, "room_id": message.room_id}
        await replace_row(change, author_id, "reaction", {"message_id": message.id}, **about, count=len(reacting))
