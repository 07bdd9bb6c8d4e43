"""Caches whole responses as bytes; events of their topic make them stale."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.shared_tasks import SharedTask, SharedTasks

MAX_BYTES = 32 << 20  # of all responses, their codings and their addresses
ENTRY_OVERHEAD = 1024  # bytes of an entry besides its body and address, rounded up
MAX_BODY_BYTES = 4 << 20  # a larger response is not cached


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A 200 response: its body, its entity tag, and its headers as sent (lower-case names), with the tag.

    topic    a caller who may subscribe to it may see the response; each of its events makes the response stale
    coded    the same response by content coding
    update   makes the response after further events of the topic, which are encoded; None: it has to be read again
    """

    topic: str
    body: bytes
    etag: str
    headers: tuple[tuple[bytes, bytes], ...]
    coded: dict[str, "CachedResponse"] = field(default_factory=dict, compare=False)
    update: "Update | None" = field(default=None, compare=False)


Update = Callable[[CachedResponse, Sequence[bytes]], CachedResponse | None]
# The encoded events of a topic after a number, in order; None unless all of them are in memory.
Recent = Callable[[str, int], Sequence[bytes] | None]


def nothing_recent(topic: str, number: int) -> None:
    """No events are in memory."""


class ReadState(NamedTuple):
    """A topic, and its position when a read of its rows started."""

    topic: str
    position: int


class ReadResponse(NamedTuple):
    """A response, and the number of the newest event that its rows include."""

    response: CachedResponse
    number: int


RunningRead = SharedTask[ReadState, ReadResponse]
Read = Callable[[], Awaitable[ReadResponse]]
Encode = Callable[[CachedResponse, str], Awaitable[CachedResponse]]  # a response in a content coding


class ResponseCache:
    """Responses to GET requests, by path and query.

    1. A response is valid while no event of its topic was published that its rows do not include. One that can be
       updated by events is, when it is asked for again, if they are still in memory.
    2. A response is the same for all who may subscribe to its topic: never cache one that depends on the caller.
    3. A response is read once, and encoded once in each content coding, however many clients wait for it, and kept with
       its codings. A read is joined only while no event of its topic was published since it started.
    """

    def __init__(self, broadcaster: Broadcaster, max_bytes: int = MAX_BYTES, recent: Recent = nothing_recent) -> None:
        self._broadcaster, self._max_bytes, self._recent = broadcaster, max_bytes, recent
        self._entries: OrderedDict[tuple[str, bytes], tuple[CachedResponse, int]] = OrderedDict()
        self._reading: SharedTasks[ReadState, ReadResponse] = SharedTasks()  # by path and query
        self._encoding: SharedTasks[None, CachedResponse] = SharedTasks()  # by the id of the object, and coding
        self._bytes = 0

    def position(self, topic: str) -> int:
        """The current position of a topic: the number of its newest event that was published here."""
        return self._broadcaster.positions.get(topic, 0)

    def get(self, path: str, query: bytes) -> CachedResponse | None:
        """The valid response, or None."""
        entry = self._entries.get((path, query))
        if entry is None:
            return None
        response, number = entry
        newest = self.position(response.topic)
        if newest > number:
            self._drop((path, query))
            updated = self._updated(response, number)
            if updated is not None:
                self.put(path, query, newest, updated)
            return updated
        self._entries.move_to_end((path, query))
        return response

    def _updated(self, response: CachedResponse, number: int) -> CachedResponse | None:
        """The response after the events of its topic after that number; None when it has to be read again."""
        events = None if response.update is None else self._recent(response.topic, number)
        return None if response.update is None or events is None else response.update(response, events)

    def put(self, path: str, query: bytes, number: int, response: CachedResponse) -> None:
        """Cache a response whose rows include the events of its topic up to that number."""
        key = (path, query)
        if len(response.body) > MAX_BODY_BYTES or self.position(response.topic) > number:
            return
        self._drop(key)
        self._entries[key] = response, number
        self._bytes += _size_of(key, response)
        self._shrink()

    def running_read(self, path: str, query: bytes) -> RunningRead | None:
        """The read of this address that a caller may join: its rows include every event of its topic up to now."""
        running = self._reading.get((path, query))
        if running is None or running.state.position != self.position(running.state.topic):
            return None
        return running

    def start_read(self, path: str, query: bytes, topic: str, read: Read) -> RunningRead:
        """Start a read of this address, whose response is cached."""

        async def work() -> ReadResponse:
            found = await read()
            self.put(path, query, found.number, found.response)
            return found

        return self._reading.start((path, query), ReadState(topic, self.position(topic)), work())

    async def in_coding(
        self, path: str, query: bytes, response: CachedResponse, coding: str, encode: Encode
    ) -> CachedResponse:
        """The response of this address in a content coding; `encode` makes it, unless it is there already."""
        if (found := response.coded.get(coding)) is not None:
            return found
        key = (id(response), coding)
        running = self._encoding.get(key)
        if running is None:
            running = self._encoding.start(key, None, self._encode((path, query), response, coding, encode))
        return await running.result()

    async def _encode(
        self, key: tuple[str, bytes], response: CachedResponse, coding: str, encode: Encode
    ) -> CachedResponse:
        coded = await encode(response, coding)
        entry = self._entries.get(key)
        is_cached = entry is not None and entry[0] is response
        if is_cached:
            self._bytes -= _size_of(key, response)
        response.coded[coding] = coded
        if is_cached:
            self._bytes += _size_of(key, response)
            self._shrink()
        return coded

    def _shrink(self) -> None:
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: tuple[str, bytes]) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= _size_of(key, entry[0])


def _size_of(key: tuple[str, bytes], response: CachedResponse) -> int:
    # The address counts: the caller chooses it, and many long ones with empty responses would fill the memory.
    coded = sum(len(other.body) for other in response.coded.values())
    body = len(response.body) * (1 if response.update is None else 2)  # the parts of one that can be updated
    return ENTRY_OVERHEAD + len(key[0]) + len(key[1]) + body + coded
