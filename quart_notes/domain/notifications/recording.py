"""Writes notifications in the change that causes them, and records one event for each user.

Record them before the events of their cause: the position in the response is then that of the event which the author's
page awaits.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q, RawSQL, Subquery

from quart_notes.domain.access import Caller
from quart_notes.domain.notifications.audience import each_alike, visible_notifications
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
    users = await User.filter(id__in=ids).using_db(change.connection)
    inboxes: dict[int, InboxOut] = {}
    for caller, some in each_alike(change.connection, users):
        inboxes |= await _inboxes(change.connection, caller, some)
    for user_id in sorted(inboxes):
        _record(change, user_id, inboxes[user_id])


async def record_inbox(change: Change, caller: Caller) -> InboxOut:
    """The same for one of them; returns the state."""
    inbox = await inbox_of(change.connection, caller)
    _record(change, caller.id or 0, inbox)
    return inbox


def _record(change: Change, user_id: int, inbox: InboxOut) -> None:
    change.record(InboxEvent(topic=events.user(user_id), action="update", inbox=inbox))


async def inbox_of(connection: BaseDBAsyncClient, caller: Caller) -> InboxOut:
    """The state of a user's notifications."""
    found = await _inboxes(connection, caller, [caller.id or 0])
    return found.get(caller.id or 0, InboxOut(unread=0, newest_id=0))


async def _inboxes(connection: BaseDBAsyncClient, caller: Caller, user_ids: Sequence[int]) -> dict[int, InboxOut]:
    """The same by user, for a caller or for those of `each_alike`; in one query."""
    visible = Notification.filter(visible_notifications(caller))
    newest = Subquery(visible.order_by("-id").limit(1).values("id"))
    unread = Subquery(visible.filter(read_at__isnull=True).annotate(number=RawSQL("count(*)")).values("number"))
    users = User.filter(id__in=user_ids).using_db(connection).annotate(newest=newest, unread=unread)
    rows = await users.values("id", "newest", "unread")
    return {row["id"]: InboxOut(unread=row["unread"], newest_id=row["newest"] or 0) for row in rows}


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
