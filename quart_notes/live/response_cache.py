"""Whole responses kept as bytes, made stale by the very events that go out."""

from collections import OrderedDict
from dataclasses import dataclass

from quart_notes.live.broadcaster import Broadcaster

MAX_BYTES = 32 << 20  # of answers and their addresses, all together
OVERHEAD = 1024  # bytes an entry costs beside its body and address, generously
MAX_BODY = 4 << 20  # a single larger one is not kept


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A 200 answer: its body, its entity tag, and its headers as they are sent (lower-case names), the tag among them.

    topic   a caller who may hear it may see the answer; each event of it makes the answer stale
    """

    topic: str
    body: bytes
    etag: str
    headers: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    response: CachedResponse
    position: int


class ResponseCache:
    """Answers to GET requests, by path and query.

    1. An answer is valid while no event of its topic has been published since before its rows were read.
    2. What is kept is the same for all who may hear its topic: never put in an answer that depends on who asks.
    """

    def __init__(self, broadcaster: Broadcaster) -> None:
        self._broadcaster = broadcaster
        self._entries: OrderedDict[tuple[str, bytes], _Entry] = OrderedDict()
        self._bytes = 0

    def position(self, topic: str) -> int:
        """Where a topic stands now: to be read before the rows, and given to `put`."""
        return self._broadcaster.positions.get(topic, 0)

    def get(self, path: str, query: bytes) -> CachedResponse | None:
        """The valid answer, or None."""
        entry = self._entries.get((path, query))
        if entry is None:
            return None
        if entry.position != self.position(entry.response.topic):
            self._drop((path, query))
            return None
        self._entries.move_to_end((path, query))
        return entry.response

    def put(self, path: str, query: bytes, position: int, response: CachedResponse) -> None:
        """Keep an answer whose rows were read after its topic stood at `position`."""
        key = (path, query)
        self._drop(key)
        if len(response.body) > MAX_BODY or position != self.position(response.topic):
            return
        self._entries[key] = _Entry(response, position)
        self._bytes += _weight(key, response)
        while self._bytes > MAX_BYTES:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: tuple[str, bytes]) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= _weight(key, entry.response)


def _weight(key: tuple[str, bytes], response: CachedResponse) -> int:
    # The address counts: the caller chooses it, and many long ones with empty answers would fill the memory.
    return OVERHEAD + len(key[0]) + len(key[1]) + len(response.body)
