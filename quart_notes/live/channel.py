"""A bounded ring of recent messages, shared by all subscribers of the same topics. Standard library only."""

from collections import deque
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate, islice
from typing import NamedTuple

MAX_WAITING = 256  # messages that a subscriber may be behind
MAX_WAITING_BYTES = 1 << 20  # bytes that a subscriber may be behind, 1 MiB
CACHED_WILDCARDS = 1024  # topics whose wildcard is cached
CACHED_WRITES = 8  # encoded writes that are cached for the next subscriber at the same position; slow ones all differ


class FeedMessage(NamedTuple):
    """A message of the feed.

    number   its position in the log; None when it is volatile
    data     the encoded event
    """

    topic: str
    number: int | None
    event_id: str
    data: bytes


Encoder = Callable[[FeedMessage], bytes]


@lru_cache(CACHED_WILDCARDS)
def wildcard_of(topic: str) -> str:
    """The wildcard topic of a topic, for durable messages: `room:*` for `room:5`."""
    return topic.partition(":")[0] + ":*"


class Channel:
    """The recent messages of one set of topics, shared by all subscribers of that set.

    1. Messages are numbered by `end`, which only grows; the ring holds the newest `end - start` of them.
    2. The ring holds at most MAX_WAITING messages and MAX_WAITING_BYTES (but always the newest message).
    3. A subscriber at cursor c has had every message below c; below `start` it has missed some.
    4. A message that an outlet with room has not had is never pushed out of the ring: `overflows` says when to write
       first.
    """

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self.end = 0
        self._ring: deque[FeedMessage] = deque()
        self._ring_bytes = 0
        self._total_bytes = 0
        self._flushed = 0
        self._flushed_bytes = 0
        self._encoded_writes: dict[tuple[Encoder, int, int | None], tuple[bytes, int]] = {}

    @property
    def start(self) -> int:
        """Number of the oldest message in the ring."""
        return self.end - len(self._ring)

    def append(self, message: FeedMessage) -> None:
        """Add a message; the oldest are dropped when there is no room."""
        size = len(message.data)
        self._ring.append(message)
        self._ring_bytes += size
        self._total_bytes += size
        self.end += 1
        self._encoded_writes.clear()
        while len(self._ring) > 1 and (len(self._ring) > MAX_WAITING or self._ring_bytes > MAX_WAITING_BYTES):
            self._ring_bytes -= len(self._ring.popleft().data)

    def overflows(self, size: int) -> bool:
        """Whether a message of `size` bytes would push out one that outlets have not had."""
        return (
            self.end - self._flushed >= MAX_WAITING
            or self._total_bytes - self._flushed_bytes + size > MAX_WAITING_BYTES
        )

    def position(self) -> tuple[int, int]:
        """The current end of the channel, for `flushed`."""
        return self.end, self._total_bytes

    def flushed(self, mark: tuple[int, int]) -> None:
        """Record that every outlet has had the messages below `mark`."""
        self._flushed, self._flushed_bytes = max(mark, (self._flushed, self._flushed_bytes))

    def since(self, cursor: int) -> list[FeedMessage]:
        """The messages from `cursor` on, oldest first."""
        return list(islice(self._ring, max(cursor - self.start, 0), None))

    def encoded_batch(self, encoder: Encoder, cursor: int, most: int | None = None) -> tuple[bytes, int]:
        """The messages from `cursor` on as the bytes of one write, and the cursor after them.

        The bytes are encoded once for all subscribers at the same position.

        most   bytes of data at which to stop, or just after; None: at the end
        """
        key = (encoder, cursor, most)
        found = self._encoded_writes.get(key)
        if found is None:
            messages = self.since(cursor)
            if most is not None:
                before = accumulate((len(message.data) for message in messages), initial=0)
                messages = [message for message, size in zip(messages, before, strict=False) if size < most]
            if len(self._encoded_writes) >= CACHED_WRITES:
                self._encoded_writes.clear()
            found = self._encoded_writes[key] = b"".join(map(encoder, messages)), cursor + len(messages)
        return found
