"""Whom the text of a note concerns."""

from collections.abc import Collection, Sequence

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.notifications.audience import audience_of_board
from quart_notes.domain.notifications.mentions import Mentions, find_mentions
from quart_notes.domain.notifications.recording import notify
from quart_notes.domain.text.markdown import Formatted
from quart_notes.domain.text.mentions import MARK
from quart_notes.live.writer import Change
from quart_notes.models import Notification
from quart_notes.schemas import ContentNode, NotificationKind


async def mentions_on_board(
    connection: BaseDBAsyncClient,
    board_id: int,
    description: Formatted,
    before: Sequence[ContentNode] | None = None,
) -> Mentions:
    """The mentions in a description of a note; `before` is its tree before the change."""
    audience = audience_of_board(connection, board_id)
    return await find_mentions(connection, description, audience, "description", before=before)


async def mentioned_in_title(connection: BaseDBAsyncClient, board_id: int, title: str | None) -> frozenset[int]:
    """The ids of the users whom a title mentions. It stays plain text, so it shows the nickname of that time."""
    if title is None or MARK not in title:
        return frozenset()
    text = Formatted(None, [], [{"type": "text", "text": title}])
    return (await find_mentions(connection, text, audience_of_board(connection, board_id), "title")).user_ids


async def notify_of_note(change: Change, note_id: int, user_ids: Collection[int]) -> None:
    """Notify users whom a note newly mentions, unless they have had a notification of it."""
    if not user_ids:
        return
    told = Notification.filter(note_id=note_id, kind="mention", user_id__in=list(user_ids)).using_db(change.connection)
    already = {row["user_id"] for row in await told.values("user_id")}
    kinds: dict[int, NotificationKind] = {user_id: "mention" for user_id in user_ids if user_id not in already}
    await notify(change, kinds, change.by, note_id=note_id)
