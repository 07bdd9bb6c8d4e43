"""Writes notifications in the change that causes them, and records one event for each user.

Record them before the events of their cause: the position in the response is then that of the event which the author's
page awaits.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q

from quart_notes.domain.access import Caller
from quart_notes.domain.notifications.audience import caller_of, visible_notifications
from quart_notes.live import events
from quart_notes.live.events import InboxEvent
from quart_notes.live.writer import Change
from quart_notes.models import Notification, User
from quart_notes.schemas import InboxOut, NotificationKind

TELLING_OF_IT = ("mention", "reply")  # kinds of which a user gets one for a message, however it is edited

OF_MEMBERSHIP = ("invited", "owner")  # kinds that are about a place of which a user is a member


async def notify(
    change: Change, kinds: Mapping[int, NotificationKind], actor_id: int | None, count: int = 1, **about: int | None
) -> None:
    """Notify users, by id; nobody of what they did themselves.

    about   the columns of what it is about: message_id, note_id, room_id, board_id
    """
    now = datetime.now(UTC)
    rows = [
        Notification(user_id=user_id, kind=kind, actor_id=actor_id, count=count, created_at=now, **about)
        for user_id, kind in kinds.items()
        if user_id != actor_id
    ]
    if rows:
        await Notification.bulk_create(rows, using_db=change.connection)  # `@room` may concern a thousand
    await record_inboxes(change, [row.user_id for row in rows])


async def replace_row(
    change: Change,
    user_id: int,
    kind: NotificationKind,
    former: Mapping[str, int],
    **columns: int | None,
) -> None:
    """Notify a user by the one row that they have for many things of a kind: it becomes the newest, and unread.

    former    the columns by which that row is found, and which stay
    columns   actor_id, count, and further ones
    It records no event.
    """
    await Notification.filter(user_id=user_id, kind=kind, **former).using_db(change.connection).delete()
    row = Notification(user_id=user_id, kind=kind, created_at=datetime.now(UTC), **former, **columns)
    await row.save(using_db=change.connection, force_create=True)


async def already_notified(connection: BaseDBAsyncClient, message_id: int, user_ids: Collection[int]) -> set[int]:
    """Those of the users who were notified of a message that concerns them."""
    rows = Notification.filter(message_id=message_id, user_id__in=list(user_ids), kind__in=TELLING_OF_IT)
    found: Any = await rows.using_db(connection).values_list("user_id", flat=True)
    return set(found)


async def record_inboxes(change: Change, user_ids: Iterable[int]) -> None:
    """Record the state of the notifications of users, each on their own topic."""
    ids = sorted(set(user_ids))
    if not ids:
        return
    for user in await User.filter(id__in=ids).using_db(change.connection).order_by("id"):
        await record_inbox(change, caller_of(change.connection, user))


async def record_inbox(change: Change, caller: Caller) -> InboxOut:
    """The same for one of them; returns the state."""
    inbox = await inbox_of(change.connection, caller)
    change.record(InboxEvent(topic=events.user(caller.id or 0), action="update", inbox=inbox))
    return inbox


async def inbox_of(connection: BaseDBAsyncClient, caller: Caller) -> InboxOut:
    """The state of a user's notifications."""
    mine = Notification.filter(visible_notifications(caller)).using_db(connection)
    newest: Any = await mine.order_by("-id").first().values_list("id", flat=True)
    return InboxOut(unread=await mine.filter(read_at__isnull=True).count(), newest_id=newest or 0)


async def record_inboxes_with(change: Change, **about: Any) -> None:
    """Record the state of all who have an unread notification about a thing, after it was hidden or shown again.

    about   filters of the notifications, such as message_id
    """
    unread = Notification.filter(read_at__isnull=True, **about).using_db(change.connection)
    found: Any = await unread.distinct().values_list("user_id", flat=True)
    await record_inboxes(change, found)


async def record_inboxes_of_board(change: Change, board_id: int) -> None:
    """The same for a board, with the notes on it and what is said about them."""
    about = Q(board_id=board_id) | Q(note__board_id=board_id) | Q(room__board_id=board_id)
    unread = Notification.filter(about, read_at__isnull=True)
    found: Any = await unread.using_db(change.connection).distinct().values_list("user_id", flat=True)
    await record_inboxes(change, found)


async def withdraw_membership(change: Change, user_id: int, **about: int) -> None:
    """Delete what notified a user of a membership that has ended; what they do not see now is in no list.

    about   board_id, or room_id
    """
    mine = Notification.filter(user_id=user_id, kind__in=OF_MEMBERSHIP, **about)
    await mine.using_db(change.connection).delete()
    await record_inboxes_with(change, user_id=user_id)
