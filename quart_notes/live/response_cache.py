"""Caches whole responses as bytes; events of their topic make them stale."""

from collections import OrderedDict
from dataclasses import dataclass

from quart_notes.live.broadcaster import Broadcaster

MAX_BYTES = 32 << 20  # of all responses and their addresses
ENTRY_OVERHEAD = 1024  # bytes of an entry besides its body and address, rounded up
MAX_BODY_BYTES = 4 << 20  # a larger response is not cached


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A 200 response: its body, its entity tag, and its headers as sent (lower-case names), with the tag.

    topic   a caller who may subscribe to it may see the response; each of its events makes the response stale
    """

    topic: str
    body: bytes
    etag: str
    headers: tuple[tuple[bytes, bytes], ...]


class ResponseCache:
    """Responses to GET requests, by path and query.

    1. A response is valid while no event of its topic was published since before its rows were read.
    2. A response is the same for all who may subscribe to its topic: never cache one that depends on the caller.
    """

    def __init__(self, broadcaster: Broadcaster) -> None:
        self._broadcaster = broadcaster
        self._entries: OrderedDict[tuple[str, bytes], tuple[CachedResponse, int]] = OrderedDict()
        self._bytes = 0

    def position(self, topic: str) -> int:
        """The current position of a topic: read it before the rows, and pass it to `put`."""
        return self._broadcaster.positions.get(topic, 0)

    def get(self, path: str, query: bytes) -> CachedResponse | None:
        """The valid response, or None."""
        entry = self._entries.get((path, query))
        if entry is None:
            return None
        response, position = entry
        if position != self.position(response.topic):
            self._drop((path, query))
            return None
        self._entries.move_to_end((path, query))
        return response

    def put(self, path: str, query: bytes, position: int, response: CachedResponse) -> None:
        """Cache a response whose rows were read after its topic was at `position`."""
        key = (path, query)
        self._drop(key)
        if len(response.body) > MAX_BODY_BYTES or position != self.position(response.topic):
            return
        self._entries[key] = response, position
        self._bytes += _size_of(key, response)
        while self._bytes > MAX_BYTES:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: tuple[str, bytes]) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= _size_of(key, entry[0])


def _size_of(key: tuple[str, bytes], response: CachedResponse) -> int:
    # The address counts: the caller chooses it, and many long ones with empty responses would fill the memory.
    return ENTRY_OVERHEAD + len(key[0]) + len(key[1]) + len(response.body)
