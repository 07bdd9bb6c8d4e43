"""Log then live, gap-free or reset: what both edges of the feed, websocket and event stream, read from."""

from collections.abc import AsyncIterator, Collection, Mapping
from types import MappingProxyType

from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import Framing, Message
from quart_notes.live.event_log import PAGE, EventLog
from quart_notes.live.events import SHARED_BOARD
from quart_notes.live.subscriber import Outlet
from quart_notes.schemas.event_ids import EventId

NO_STARTS: Mapping[str, int] = MappingProxyType({})  # the whole log may be replayed


class Subscription:
    """One reader of the feed, from the place where it left off.

    1. Subscribe first, then read the log: whatever is published from then on is in the reader's channel, whatever was
       published before is in the log up to that very number. Nothing is missed and nothing comes twice.
    2. Read `history` to its end, then either `attach` an outlet or read `live`.
    3. `close` it, whatever happens.
    """

    def __init__(
        self,
        broadcaster: Broadcaster,
        log: EventLog,
        topics: Collection[str],
        after: EventId | None,
        framing: Framing,
        *,
        starts: Mapping[str, int],
    ) -> None:
        self._broadcaster = broadcaster
        self._log = log
        self._after = after
        self._starts = starts
        self.reader = broadcaster.subscribe(topics, framing)

    async def history(self) -> AsyncIterator[list[Message]]:
        """What happened after the place it left off, in pages, oldest first; or a reset when the log does not know."""
        place = self._after
        while place is not None and not self.reader.ended.is_set():
            self.reader.skip_to_now()
            up_to = self._broadcaster.newest
            page = (
                [] if self._is_here(place, up_to) else await self._log.since(self.reader.channel.topics, place, up_to)
            )
            if page is None:
                yield [self._log.reset(up_to)]
                place = EventId(self._log.epoch, up_to)
            elif place.number > up_to:  # committed, and published in a moment
                await self._broadcaster.reached(place.number)
                continue
            else:
                theirs = [message for message in page if self._is_theirs(message)]
                if theirs:
                    yield theirs
                place = EventId(self._log.epoch, page[-1].number or 0 if len(page) == PAGE else up_to)
            # When so much came while a page was on its way that the channel let go of some, the log has to bring it.
            if place.number >= up_to and not self.reader.behind():
                return

    def _is_theirs(self, message: Message) -> bool:
        """Whether a message of the log is for this reader: who came to a board today hears nothing of before."""
        start = self._starts.get(message.topic, self._starts.get(SHARED_BOARD, 0))
        return (message.number or 0) > start and self._broadcaster.concerns(self.reader.channel.topics, message)

    def _is_here(self, place: EventId, up_to: int) -> bool:
        """Whether nothing has been published on its topics after a place: then the log need not be asked."""
        newest = self._broadcaster.newest_of(self.reader.channel.topics)
        return place.epoch == self._log.epoch and newest <= place.number <= up_to

    def attach(self, outlet: Outlet) -> None:
        """Let the broadcaster write to the outlet from now on."""
        self._broadcaster.attach(self.reader, outlet)

    async def wait(self) -> None:
        """Return when `take` would bring something, or the reader has ended."""
        await self._broadcaster.wait(self.reader)

    def close(self) -> None:
        """Hear no more."""
        self._broadcaster.unsubscribe(self.reader)


class Feed:
    """Opens subscriptions."""

    def __init__(self, broadcaster: Broadcaster, log: EventLog) -> None:
        self._broadcaster = broadcaster
        self._log = log

    def subscribe(
        self, topics: Collection[str], after: EventId | None, framing: Framing, starts: Mapping[str, int] = NO_STARTS
    ) -> Subscription:
        """A subscription to `topics`, already authorised by the caller, that begins after the event `after`.

        starts   after which event the log may be replayed, by topic; for topics not in it, that of everybody's board
        """
        return Subscription(self._broadcaster, self._log, topics, after, framing, starts=starts)
