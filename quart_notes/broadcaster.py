"""In-memory fan-out: encoded messages from one publisher to many readers, bounded and ordered.

Standard library only; knows nothing of HTTP, of rows or of what a message says.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

MAX_WAITING = 256  # messages a reader may be behind
MAX_WAITING_BYTES = 1 << 20  # bytes a reader may be behind, 1 MiB
ANSWER_FIRST = 8  # turns of the loop from publish to the first write: the writer's own answer leaves before them
SWEEP = 256  # outlets written to before the loop gets a turn
HEARTBEAT = 20.0  # seconds of silence before a keep-alive; home routers and proxies often drop at 60
DEAF = 40.0  # seconds a peer may leave keep-alives unanswered: with HEARTBEAT, gone after at most 60

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: `data` is the encoded event; `number` its place in the log, None when it is volatile."""

    topic: str
    number: int | None
    event_id: str
    data: bytes


Framing = Callable[[Message], bytes]


class Outlet(Protocol):
    """A connection that takes framed bytes without waiting."""

    def write(self, data: bytes) -> None:
        """Hand over bytes; they leave in order."""

    def waiting(self) -> int:
        """Bytes handed over that the kernel has not taken yet."""

    def closed(self) -> bool:
        """Whether the connection has gone, or is going."""

    def abort(self) -> None:
        """Drop the connection and what waits for it."""

    def beat(self, now: float) -> None:
        """Send a keep-alive, or abort a peer that answers nothing (`now`: loop time, seconds)."""


class Channel:
    """The recent messages of one choice of topics, shared by all readers of that choice.

    1. Messages are numbered by `end`, which only grows; the ring holds the newest `end - start` of them.
    2. The ring holds at most MAX_WAITING messages and MAX_WAITING_BYTES (but always the newest message).
    3. A reader at cursor c has had every message below c; below `start` it has missed some.
    4. What outlets have not had is never pushed out of the ring: `overflows` says when to write first.
    """

    def __init__(self, topics: frozenset[str], now: float) -> None:
        self.topics = topics
        self.readers: set[Reader] = set()
        self.end = 0
        self.last_write = now
        self._ring: deque[Message] = deque()
        self._ring_bytes = 0
        self._total_bytes = 0
        self._flushed = 0
        self._flushed_bytes = 0
        self._frames: dict[tuple[Framing, int], bytes] = {}

    @property
    def start(self) -> int:
        """The number of the oldest message in the ring."""
        return self.end - len(self._ring)

    def append(self, message: Message) -> None:
        """Take a message; the oldest leave when there is no room."""
        size = len(message.data)
        self._ring.append(message)
        self._ring_bytes += size
        self._total_bytes += size
        self.end += 1
        self._frames.clear()
        while len(self._ring) > 1 and (len(self._ring) > MAX_WAITING or self._ring_bytes > MAX_WAITING_BYTES):
            self._ring_bytes -= len(self._ring.popleft().data)

    def overflows(self, size: int) -> bool:
        """Whether a message of `size` bytes would push out one that outlets have not had."""
        return (
            self.end - self._flushed >= MAX_WAITING
            or self._total_bytes - self._flushed_bytes + size > MAX_WAITING_BYTES
        )

    def mark(self) -> tuple[int, int]:
        """Where the channel stands, for `flushed`."""
        return self.end, self._total_bytes

    def flushed(self, mark: tuple[int, int]) -> None:
        """Every outlet has had the messages below `mark`."""
        self._flushed, self._flushed_bytes = max(mark, (self._flushed, self._flushed_bytes))

    def since(self, cursor: int) -> list[Message]:
        """The messages from `cursor` on, oldest first."""
        return list(islice(self._ring, max(cursor - self.start, 0), None))

    def framed(self, framing: Framing, cursor: int) -> bytes:
        """Those messages as the bytes of one write; made once for all who stand at the same place."""
        key = (framing, cursor)
        data = self._frames.get(key)
        if data is None:
            data = self._frames[key] = b"".join(map(framing, self.since(cursor)))
        return data


class Reader:
    """One subscriber's place in a channel.

    It either pulls (`wait` and `take`) or, once `attach` has given it an outlet, is written to by the broadcaster.
    Those that pull are woken by the same sweeps, and take all that has gathered at once. `ended` is set when it was
    cut off (`lagged`) or the broadcaster closed (`closing`).
    """

    def __init__(self, channel: Channel, framing: Framing) -> None:
        self.channel = channel
        self.framing = framing
        self.cursor = channel.end
        self.outlet: Outlet | None = None
        self.lagged = False
        self.closing = False
        self.ended = asyncio.Event()
        self.wake: asyncio.Future[None] | None = None
        self._unsent: deque[tuple[int, int]] = deque()  # (bytes written in all, messages in that write)
        self._written = 0

    def skip_to_now(self) -> None:
        """Forget what has gathered: what comes from now on is new."""
        self.cursor = self.channel.end
        self.lagged = False

    def behind(self) -> bool:
        """Whether it missed messages that the ring no longer holds."""
        return self.cursor < self.channel.start

    def take(self) -> list[Message]:
        """What has gathered since the last time; nothing, and cut off, when some of it is gone."""
        if self.behind():
            self.cut_off()
            return []
        messages = self.channel.since(self.cursor)
        self.cursor = self.channel.end
        return messages

    def take_framed(self) -> bytes:
        """The same as the bytes of one write, made once for all readers at the same place."""
        if self.behind():
            self.cut_off()
            return b""
        data = self.channel.framed(self.framing, self.cursor)
        self.cursor = self.channel.end
        return data

    def push(self) -> None:
        """Write what has gathered to the outlet, or cut off a reader with too much waiting; wake one that pulls."""
        if self.outlet is None:
            self.rouse()
            return
        try:
            self._push(self.outlet)
        except Exception:
            log.exception("A reader's connection failed")
            self.end()

    def _push(self, outlet: Outlet) -> None:
        channel = self.channel
        if outlet.closed():
            self.end()
        elif self.cursor < channel.start:
            self.cut_off()
        elif self.cursor < channel.end:
            data = channel.framed(self.framing, self.cursor)
            waiting = outlet.waiting()
            if waiting and self._overfull(waiting, len(data)):
                self.cut_off()
                return
            if not waiting:
                self._unsent.clear()
            self._written += len(data)
            self._unsent.append((self._written, channel.end - self.cursor))
            self.cursor = channel.end
            outlet.write(data)

    def _overfull(self, waiting: int, more: int) -> bool:
        while self._unsent and self._unsent[0][0] <= self._written - waiting:
            self._unsent.popleft()
        messages = sum(count for _, count in self._unsent) + self.channel.end - self.cursor
        return waiting + more > MAX_WAITING_BYTES or messages > MAX_WAITING

    def beat(self, now: float) -> None:
        """Keep the outlet's connection alive; end when it has gone."""
        if self.outlet is None:
            return
        if self.outlet.closed():
            self.end()
        else:
            self.outlet.beat(now)

    def cut_off(self) -> None:
        """Write no more: the reader comes back and resumes by id."""
        self.lagged = True
        self.end()

    def end(self) -> None:
        """Write no more and let whoever waits for the end go on."""
        self.outlet = None
        self.ended.set()
        self.rouse()

    def rouse(self) -> None:
        """Wake it if it sleeps in `Broadcaster.wait`."""
        if self.wake is not None and not self.wake.done():
            self.wake.set_result(None)


class Broadcaster:
    """Takes messages from the writer and brings them to every reader of their topic.

    1. `publish` never awaits and never fails because of a reader.
    2. A reader gets the messages of its topics in publish order, each once, or is cut off: it never misses one.
    3. What waits for a reader is bounded by MAX_WAITING and MAX_WAITING_BYTES, and all readers share one encoded copy.
    4. Flushes follow each other at once while there is time; after a long one they rest as long as it took, so that
       requests get their share and batches grow by themselves.
    """

    def __init__(self) -> None:
        self.newest = 0  # number of the newest durable message that was published
        self.positions: dict[str, int] = {}  # topic → number of its newest durable message
        self.closing = False
        self._channels: dict[frozenset[str], Channel] = {}
        self._by_topic: dict[str, set[Channel]] = {}
        self._dirty: dict[Channel, None] = {}
        self._flush_task: asyncio.Task[None] | None = None
        self._heart: asyncio.Task[None] | None = None
        self._rest_until = 0.0
        self._published = asyncio.Event()
        self._left = asyncio.Event()

    def subscribe(self, topics: Collection[str], framing: Framing) -> Reader:
        """A reader of `topics` from this moment on; already authorised by the caller."""
        channel = self._channel(frozenset(topics))
        reader = Reader(channel, framing)
        channel.readers.add(reader)
        if self.closing:
            reader.closing = True
            reader.end()
        elif self._heart is None:
            self._heart = asyncio.get_running_loop().create_task(self._beat())
        return reader

    def _channel(self, topics: frozenset[str]) -> Channel:
        channel = self._channels.get(topics)
        if channel is None:
            channel = self._channels[topics] = Channel(topics, asyncio.get_running_loop().time())
            for topic in topics:
                self._by_topic.setdefault(topic, set()).add(channel)
        return channel

    def unsubscribe(self, reader: Reader) -> None:
        """Forget a reader; nothing is written to its outlet afterwards."""
        reader.end()
        channel = reader.channel
        channel.readers.discard(reader)
        if channel.readers or self._channels.get(channel.topics) is not channel:
            return
        del self._channels[channel.topics]
        self._left.set()
        self._dirty.pop(channel, None)
        for topic in channel.topics:
            self._by_topic[topic].discard(channel)
            if not self._by_topic[topic]:
                del self._by_topic[topic]

    def attach(self, reader: Reader, outlet: Outlet) -> None:
        """From now on write to the outlet; what has gathered goes first."""
        if not reader.ended.is_set():
            reader.outlet = outlet
            reader.push()

    def readers(self) -> int:
        """How many readers there are."""
        return sum(len(channel.readers) for channel in self._channels.values())

    def publish(self, messages: Iterable[Message]) -> None:
        """Hand out messages, in order. They leave a moment later, together."""
        for message in messages:
            if message.number is not None:
                self.newest = self.positions[message.topic] = message.number
            for channel in self._by_topic.get(message.topic, ()):
                if channel.overflows(len(message.data)):
                    self._sweep_at_once(channel)
                channel.append(message)
                self._dirty[channel] = None
        self._published.set()
        self._published = asyncio.Event()
        if self._dirty and self._flush_task is None and not self.closing:
            self._flush_task = asyncio.get_running_loop().create_task(self._flush())

    async def reached(self, number: int) -> None:
        """Return once the message of that number has been published; it is committed already, so this is soon."""
        while self.newest < number and not self.closing:
            await self._published.wait()

    async def emptied(self) -> None:
        """Return once no reader is left."""
        while self._channels:
            self._left.clear()
            await self._left.wait()

    async def wait(self, reader: Reader) -> None:
        """Return when something has gathered for a reader that pulls, or it has ended."""
        if reader.cursor == reader.channel.end and not reader.ended.is_set():
            reader.wake = asyncio.get_running_loop().create_future()
            try:
                await reader.wake
            finally:
                reader.wake = None

    def close(self) -> None:
        """End every reader: the server is going away."""
        self.closing = True
        self._published.set()
        for channel in list(self._channels.values()):
            for reader in list(channel.readers):
                reader.closing = True
                reader.push()
                reader.end()
        if self._heart is not None:
            self._heart.cancel()
            self._heart = None

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._dirty:
                await self._rest(self._rest_until - loop.time())
                began = loop.time()
                dirty, self._dirty = self._dirty, {}
                for channel in dirty:
                    channel.last_write = began
                    await self._sweep(channel)
                self._rest_until = 2 * loop.time() - began
        finally:
            self._flush_task = None

    @staticmethod
    async def _rest(seconds: float) -> None:
        if seconds > 0:
            await asyncio.sleep(seconds)
        for _ in range(ANSWER_FIRST):
            await asyncio.sleep(0)

    async def _sweep(self, channel: Channel) -> None:
        mark = channel.mark()
        for count, reader in enumerate(list(channel.readers), 1):
            reader.push()
            if count % SWEEP == 0:
                await asyncio.sleep(0)
        channel.flushed(mark)

    @staticmethod
    def _sweep_at_once(channel: Channel) -> None:
        for reader in list(channel.readers):
            reader.push()
        channel.flushed(channel.mark())

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(HEARTBEAT / 4)
            now = loop.time()
            for channel in list(self._channels.values()):
                if now - channel.last_write >= HEARTBEAT * 3 / 4:
                    channel.last_write = now
                    for reader in list(channel.readers):
                        reader.beat(now)
