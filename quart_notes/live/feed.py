"""The feed: the log, then live events, without a gap, or a reset. Websockets and event streams both read from it."""

from collections.abc import AsyncIterator, Collection, Mapping
from types import MappingProxyType

from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import Encoder, FeedMessage
from quart_notes.live.event_log import PAGE_EVENTS, EventLog
from quart_notes.live.events import SHARED_BOARD
from quart_notes.live.subscriber import Outlet
from quart_notes.schemas.event_ids import EventId

FROM_THE_BEGINNING: Mapping[str, int] = MappingProxyType({})  # the whole log may be replayed


class Subscription:
    """One client's use of the feed, from the position where it left off.

    1. It subscribes first and reads the log afterwards. Events published from then on are in the subscriber's channel,
       earlier events are in the log up to that number. Nothing is missed and nothing is sent twice.
    2. Read `history` to its end, then either `attach` an outlet or read `live`.
    3. While it is held, nothing that is published is delivered, and nothing further is read from the log.
    4. `close` it in any case.
    """

    def __init__(
        self,
        broadcaster: Broadcaster,
        log: EventLog,
        topics: Collection[str],
        after: EventId | None,
        encoder: Encoder,
        *,
        starts: Mapping[str, int],
    ) -> None:
        self._broadcaster = broadcaster
        self._log = log
        self._after = after
        self._starts = starts
        self.reader = broadcaster.subscribe(topics, encoder)

    async def history(self) -> AsyncIterator[list[FeedMessage]]:
        """The events after the client's position, in pages, oldest first; or a reset if the log does not know it."""
        position = self._after
        while position is not None:
            await self._broadcaster.wait_released(self.reader)
            if self.reader.ended.is_set():
                return
            self.reader.skip_pending()
            up_to = self._broadcaster.newest
            page = (
                []
                if self._was_sent(position, up_to)
                else await self._log.since(self.reader.channel.topics, position, up_to)
            )
            if page is None:
                yield [self._log.reset(up_to)]
                position = EventId(self._log.epoch, up_to)
            elif position.number > up_to:  # committed, and published soon
                await self._broadcaster.wait_published(position.number)
                continue
            else:
                theirs = [message for message in page if self._may_receive(message)]
                if theirs:
                    yield theirs
                position = EventId(self._log.epoch, page[-1].number or 0 if len(page) == PAGE_EVENTS else up_to)
            # The channel dropped events while a page was sent: read them from the log.
            if position.number >= up_to and not self.reader.has_missed():
                return

    def _may_receive(self, message: FeedMessage) -> bool:
        """Whether an event of the log is for this client: a new member of a board gets nothing from before."""
        start = self._starts.get(message.topic, self._starts.get(SHARED_BOARD, 0))
        return (message.number or 0) > start and self._broadcaster.concerns(self.reader.channel.topics, message)

    def _was_sent(self, position: EventId, up_to: int) -> bool:
        """Whether nothing was published on its topics after a position, so that the log need not be read."""
        newest = self._broadcaster.newest_of(self.reader.channel.topics)
        return position.epoch == self._log.epoch and newest <= position.number <= up_to

    def attach(self, outlet: Outlet) -> None:
        """Let the broadcaster write to the outlet from now on."""
        self._broadcaster.attach(self.reader, outlet)

    async def wait(self) -> None:
        """Wait until `drain` returns something, a heartbeat is due, or the subscriber has ended."""
        await self._broadcaster.wait(self.reader)

    def hold(self) -> None:
        """Hold back what is published from now on."""
        self.reader.hold()

    def release(self) -> None:
        """Deliver what was held back, and go on; nothing if it has ended."""
        self._broadcaster.release(self.reader)

    def close(self) -> None:
        """Unsubscribe."""
        self._broadcaster.unsubscribe(self.reader)


class Feed:
    """Opens subscriptions."""

    def __init__(self, broadcaster: Broadcaster, log: EventLog) -> None:
        self._broadcaster = broadcaster
        self._log = log

    def subscribe(
        self,
        topics: Collection[str],
        after: EventId | None,
        encoder: Encoder,
        starts: Mapping[str, int] = FROM_THE_BEGINNING,
    ) -> Subscription:
        """A subscription to `topics`, already authorised by the caller, that starts after the event `after`.

        starts   the event after which the log may be replayed, by topic; topics not in it: as for the shared board
        """
        return Subscription(self._broadcaster, self._log, topics, after, encoder, starts=starts)
