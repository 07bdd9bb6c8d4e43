"""Tells people who of those with whom they have direct messages is online: volatile, on their own topics."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress

from quart_notes.errors import ProblemError
from quart_notes.live import events
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import FeedMessage
from quart_notes.live.events import OnlineEvent
from quart_notes.live.presence import Presence
from quart_notes.schemas import OnlineOut

LoadPartners = Callable[[Collection[int]], Awaitable[Mapping[int, Collection[int]]]]


class Online:
    """Publishes who comes online and who leaves, to those who have direct messages with them.

    1. A user is online while a connection follows their own topic, at any process, and LEAVE_DELAY longer.
    2. All changes of a second are one query. Nobody else learns of them.

    load_partners   loads who has direct messages with these users, by their ids
    """

    def __init__(self, broadcaster: Broadcaster, presence: Presence, load_partners: LoadPartners) -> None:
        self._broadcaster = broadcaster
        self._presence = presence
        self._load_partners = load_partners
        self._published: frozenset[int] = frozenset()
        self._task: asyncio.Task[None] | None = None
        presence.on_online = self._changed

    async def partners(self, user_id: int) -> list[int]:
        """The ids of those who are online, of those with whom a user has direct messages."""
        found = await self._load_partners([user_id])
        return sorted(self._presence.online & set(found.get(user_id, ())))

    def close(self) -> None:
        """Publish nothing more."""
        if self._task is not None:
            self._task.cancel()

    def _changed(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._publish())

    async def _publish(self) -> None:
        """Publish until all is published: more may change during a query."""
        with suppress(ProblemError):  # the next change tries again
            while changed := self._published ^ (now := self._presence.online):
                partners = await self._load_partners(changed)
                self._published = now
                pairs = ((one, other) for one in sorted(changed) for other in partners.get(one, ()))
                self._broadcaster.publish([_message(other, one, one in now) for one, other in pairs if other in now])


def _message(reader_id: int, user_id: int, online: bool) -> FeedMessage:
    topic = events.user(reader_id)
    event = OnlineEvent(topic=topic, action="update", online=OnlineOut(user_id=user_id, online=online))
    return FeedMessage(topic, None, "", events.encode(event))
