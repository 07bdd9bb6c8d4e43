"""In-memory fan-out: encoded messages from one publisher to many subscribers, bounded and ordered.

Standard library only, like its two parts `channel` and `subscriber`. It knows nothing of HTTP, of rows or of the
content of a message.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from typing import Any

from quart_notes.live.channel import Channel, Encoder, FeedMessage, wildcard_of
from quart_notes.live.subscriber import Outlet, Subscriber

# Turns of the loop from publish to the first write: the writer's own response leaves in two or three.
RESPONSE_TURNS = 4
WRITE_SLICE = 256  # outlets written to before the loop gets a turn
CATCH_UP_BYTES = 64 << 10  # bytes in one write for a subscriber that catches up
CUT_OFF_INTERVAL = 0.002  # seconds between two cut-offs: closing takes 0.3 ms, and hundreds may stall at once
HEARTBEAT = 20.0  # seconds between keep-alives at most; home routers and proxies often drop silence at 60
PONG_TIMEOUT = 40.0  # seconds that a client may leave keep-alives unanswered: with HEARTBEAT, dropped after at most 60


class Audience(Channel):
    """A channel and all of its subscribers.

    Subscribers whose connections are full stand aside, and cost nothing when something is published. The first of them
    is the one that has accepted nothing for the longest time.
    """

    def __init__(self, topics: frozenset[str]) -> None:
        super().__init__(topics)
        self.readers: set[Subscriber] = set()
        self.aside: OrderedDict[Subscriber, None] = OrderedDict()
        self.cutting_off = False

    def ready(self) -> list[Subscriber]:
        """The subscribers whose connections are not full."""
        return list(self.readers - self.aside.keys() if self.aside else self.readers)

    def straggler(self) -> Subscriber | None:
        """A subscriber that stands aside and has missed messages, or None."""
        first = next(iter(self.aside), None)
        return first if first is not None and first.has_missed() else None


class Broadcaster:
    """Sends messages from the follower to every subscriber of their topic.

    1. `publish` never awaits and never fails because of a subscriber.
    2. A subscriber gets the messages of its topics in publish order, each once, or is cut off: it never misses one.
    3. MAX_WAITING and MAX_WAITING_BYTES limit what waits for a subscriber. All subscribers share one encoded copy.
    4. A subscriber whose connection is full stands aside until the connection has accepted all that was written to it.
    5. A subscriber that is held gets nothing that was published after `Subscriber.hold`, until it is released.
    6. Flushes follow each other immediately while they are short. After a long flush the broadcaster pauses for as long
       as it took, so requests get their share and batches grow under load.
    """

    def __init__(self) -> None:
        self.newest = 0  # number of the newest durable message that was published
        self.positions: dict[str, int] = {}  # topic → number of its newest durable message
        self._wildcard_positions: dict[str, int] = {}  # the same for each wildcard topic
        self._pruned: int | None = None  # number of the newest event deleted before this process started
        self.published = {"durable": 0, "volatile": 0}  # messages, by kind
        self.deliveries = 0  # messages, counted once for each subscriber
        self.cut_off = 0  # subscribers that were too slow
        self.closing = False
        self.separate_topics: set[str] = set()  # topics that their wildcard topic does not include
        self._channels: dict[frozenset[str], Audience] = {}
        self._by_topic: dict[str, set[Audience]] = {}
        self._listeners: dict[str, list[Callable[[FeedMessage], None]]] = {}
        self._dirty: dict[Audience, None] = {}
        self._flush_task: asyncio.Task[None] | None = None
        self._heartbeat_task: asyncio.Task[None] | None = None
        self._straggler_task: set[asyncio.Task[None]] = set()
        self._yield_until = 0.0
        self._published = asyncio.Event()
        self._left = asyncio.Event()

    def subscribe(self, topics: Collection[str], encoder: Encoder) -> Subscriber:
        """Subscribe to `topics` from now on; the caller has authorised them."""
        channel = self._channel(frozenset(topics))
        reader = Subscriber(channel, encoder)
        channel.readers.add(reader)
        if self.closing:
            reader.closing = True
            reader.end()
        elif self._heartbeat_task is None:
            self._heartbeat_task = asyncio.get_running_loop().create_task(self._send_heartbeats())
        return reader

    def _channel(self, topics: frozenset[str]) -> Audience:
        channel = self._channels.get(topics)
        if channel is None:
            channel = self._channels[topics] = Audience(topics)
            for topic in topics:
                self._by_topic.setdefault(topic, set()).add(channel)
        return channel

    def unsubscribe(self, reader: Subscriber) -> None:
        """Remove a subscriber; nothing is written to its outlet afterwards."""
        reader.end()
        channel = self._channels.get(reader.channel.topics)
        if channel is None or channel is not reader.channel:
            return
        if reader in channel.readers:
            channel.readers.discard(reader)
            channel.aside.pop(reader, None)
            self.cut_off += reader.lagged
        if channel.readers:
            return
        del self._channels[channel.topics]
        self._left.set()
        self._dirty.pop(channel, None)
        for topic in channel.topics:
            self._by_topic[topic].discard(channel)
            if not self._by_topic[topic]:
                del self._by_topic[topic]

    def attach(self, reader: Subscriber, outlet: Outlet) -> None:
        """Write to the outlet from now on, or from its release on if it is held; buffered messages go first."""
        if reader.ended.is_set():
            return
        if reader.held_at is not None:
            reader.held_outlet = outlet
            return
        reader.outlet = outlet
        if not reader.push():
            self._add_straggler(self._channels[reader.channel.topics], reader)

    def release(self, reader: Subscriber) -> None:
        """Deliver to a held subscriber again, first what it was not given; one that has ended stays held."""
        if reader.ended.is_set():
            return
        reader.held_at = None
        if reader.held_outlet is None:
            reader.wake_up()
        else:
            outlet, reader.held_outlet = reader.held_outlet, None
            self.attach(reader, outlet)

    def add_listener(self, topic: str, act: Callable[[FeedMessage], None]) -> None:
        """Call `act` with each message of an internal topic, within `publish`."""
        self._listeners.setdefault(topic, []).append(act)

    def encoder_counts(self) -> "Counter[Encoder]":
        """Number of subscribers by message encoding."""
        return Counter(reader.encoder for channel in self._channels.values() for reader in channel.readers)

    def publish(self, messages: Iterable[FeedMessage]) -> None:
        """Publish messages, in order. They leave a moment later, together."""
        for message in messages:
            if message.number is None:
                self.published["volatile"] += 1
            else:
                self.published["durable"] += 1
                self.newest = message.number
                self._note_position(message.topic, message.number)
            for act in self._listeners.get(message.topic, ()):
                act(message)
            for channel in self._audiences(message):
                if channel.overflows(len(message.data)):
                    self._flush_now(channel)
                channel.append(message)
                self.deliveries += len(channel.readers)
                self._dirty[channel] = None
        self._published.set()
        self._published = asyncio.Event()
        if self._dirty and self._flush_task is None and not self.closing:
            self._flush_task = asyncio.get_running_loop().create_task(self._flush())

    def resume(self, pruned: int, ends: Mapping[str, int]) -> None:
        """Set the newest number deleted from the log and the newest number of each topic, once `newest` is known."""
        self._pruned = pruned
        for topic, number in ends.items():
            self._note_position(topic, max(number, self.positions.get(topic, 0)))

    def _note_position(self, topic: str, number: int) -> None:
        self.positions[topic] = number
        if topic in self.separate_topics:
            return
        family = wildcard_of(topic)
        self._wildcard_positions[family] = max(number, self._wildcard_positions.get(family, 0))

    def newest_of(self, topics: Iterable[str]) -> int:
        """A number after which nothing was published on these topics; "room:*" stands for all of a kind.

        It is the number of their newest durable message, but at least that of the newest event that the log had deleted
        before this process started, because its topic is unknown. Before `resume` it is the newest number of all.
        """
        if self._pruned is None:
            return self.newest
        newest = self._pruned
        for topic in topics:
            newest = max(newest, self.positions.get(topic) or self._wildcard_positions.get(topic, 0))
        return newest

    def concerns(self, topics: Collection[str], message: FeedMessage) -> bool:
        """Whether a durable message belongs to a subscriber of these topics."""
        topic = message.topic
        return topic in topics or (topic not in self.separate_topics and wildcard_of(topic) in topics)

    def mark_published(self, number: int) -> None:
        """Mark everything up to that number as published, or deleted from the log."""
        if number > self.newest:
            self.newest = number
            self._published.set()
            self._published = asyncio.Event()

    def _audiences(self, message: FeedMessage) -> Collection[Audience]:
        """The channels of a message: those that name its topic and, for a durable message, its wildcard topic.

        A topic that stands apart goes only to channels that name it.
        """
        named = self._by_topic.get(message.topic, ())
        if message.number is None:
            return named
        family = () if message.topic in self.separate_topics else self._by_topic.get(wildcard_of(message.topic), ())
        return {*named, *family} if named and family else named or family

    async def wait_published(self, number: int) -> None:
        """Wait until the message of that number is published. It is committed already, so the wait is short."""
        while self.newest < number and not self.closing:
            await self._published.wait()

    async def wait_empty(self) -> None:
        """Wait until there is no subscriber left."""
        while self._channels:
            self._left.clear()
            await self._left.wait()

    async def wait(self, reader: Subscriber) -> None:
        """Wait until something is buffered for a subscriber that pulls, a heartbeat is due, or it has ended."""
        if not reader.has_pending() and not reader.ended.is_set():
            await self._wait_woken(reader)

    async def wait_released(self, reader: Subscriber) -> None:
        """Wait until a subscriber is not held, or has ended."""
        while reader.held_at is not None and not reader.ended.is_set():
            await self._wait_woken(reader)

    @staticmethod
    async def _wait_woken(reader: Subscriber) -> None:
        reader.wake = asyncio.get_running_loop().create_future()
        try:
            await reader.wake
        finally:
            reader.wake = None

    def close(self) -> None:
        """End every subscriber: the server is stopping."""
        self.closing = True
        self._published.set()
        for channel in list(self._channels.values()):
            for reader in list(channel.readers):
                reader.closing = True
                reader.push()
                reader.end()
        if self._heartbeat_task is not None:
            self._heartbeat_task.cancel()
            self._heartbeat_task = None

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._dirty:
                await self._yield_to_requests(self._yield_until - loop.time())
                began = loop.time()
                dirty, self._dirty = self._dirty, {}
                for channel in dirty:
                    await self._flush_channel(channel)
                self._yield_until = 2 * loop.time() - began
        finally:
            self._flush_task = None

    @staticmethod
    async def _yield_to_requests(seconds: float) -> None:
        if seconds > 0:
            await asyncio.sleep(seconds)
        for _ in range(RESPONSE_TURNS):
            await asyncio.sleep(0)

    async def _flush_channel(self, channel: Audience) -> None:
        mark = channel.position()
        readers = channel.ready()
        for begin in range(0, len(readers), WRITE_SLICE):
            if begin:
                await asyncio.sleep(0)
            self._push(channel, readers[begin : begin + WRITE_SLICE])
        channel.flushed(mark)
        if channel.straggler() is not None and not channel.cutting_off:
            channel.cutting_off = True
            self._serve_straggler(self._cut_off_stragglers(channel))

    def _push(self, channel: Audience, readers: Iterable[Subscriber]) -> None:
        """Write to each subscriber. Those at the same position get the same bytes, which are encoded once."""
        cursor, encoder = -1, None
        data, start, end = b"", channel.start, channel.end
        for reader in readers:
            if reader.cursor == cursor and reader.encoder is encoder:
                ready = reader.push_shared(data, end)
            elif reader.outlet is None or not start <= reader.cursor < end:
                ready = reader.push()
            else:
                cursor, encoder = reader.cursor, reader.encoder
                data, end = channel.encoded_batch(encoder, cursor)
                ready = reader.push_shared(data, end)
            if not ready:
                self._add_straggler(channel, reader)

    def _flush_now(self, channel: Audience) -> None:
        for reader in channel.ready():
            if not reader.push():
                self._add_straggler(channel, reader)
        channel.flushed(channel.position())

    def _add_straggler(self, channel: Audience, reader: Subscriber) -> None:
        if reader not in channel.aside:
            channel.aside[reader] = None
            self._serve_straggler(self._catch_up(channel, reader))

    async def _catch_up(self, channel: Audience, reader: Subscriber) -> None:
        """Send a subscriber what it has not had, as fast as its connection accepts it, until there is nothing more."""
        while reader in channel.aside:
            await reader.drained()
            while reader.push(CATCH_UP_BYTES):
                if reader.outlet is None or reader.cursor == channel.end:
                    channel.aside.pop(reader, None)
                    return
            if reader in channel.aside:
                channel.aside.move_to_end(reader)

    async def _cut_off_stragglers(self, channel: Audience) -> None:
        while (reader := channel.straggler()) is not None:
            del channel.aside[reader]
            reader.cut_off()
            await asyncio.sleep(CUT_OFF_INTERVAL)
        channel.cutting_off = False

    def _serve_straggler(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._straggler_task.add(task)
        task.add_done_callback(self._straggler_task.discard)

    async def _send_heartbeats(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(HEARTBEAT * 3 / 4)
            # Busy subscribers too: only a ping shows that a websocket does not respond.
            readers = [reader for channel in self._channels.values() for reader in channel.readers]
            for count, reader in enumerate(readers, 1):
                reader.heartbeat(loop.time())
                if count % WRITE_SLICE == 0:
                    await asyncio.sleep(0)
