"""The newest events, kept in memory as they were sent: most who come back were away for a moment only."""

from collections import deque
from collections.abc import Collection
from itertools import islice

from quart_notes.channel import Message, family_of

MAX_KEPT = 4096  # events
MAX_KEPT_BYTES = 8 << 20  # bytes of them, 8 MiB


class Recent:
    """The end of the log.

    1. It is whole: the events in it are numbered one after another, up to the newest that was kept here.
    2. What it brings is what the log would bring. Where it does not reach, it says so, and the log has to be asked.
    """

    def __init__(self) -> None:
        self._kept: deque[Message] = deque()
        self._bytes = 0

    def keep(self, messages: Collection[Message]) -> None:
        """Take newly committed events, in order; when others were committed between them, begin anew."""
        for message in messages:
            if self._kept and message.number != (self._kept[-1].number or 0) + 1:
                self._kept.clear()
                self._bytes = 0
            self._kept.append(message)
            self._bytes += len(message.data)
        while len(self._kept) > MAX_KEPT or self._bytes > MAX_KEPT_BYTES:
            self._bytes -= len(self._kept.popleft().data)

    def forget(self, up_to: int) -> None:
        """Let go of the events up to that number: the log does not keep all of them any more."""
        while self._kept and (self._kept[0].number or 0) <= up_to:
            self._bytes -= len(self._kept.popleft().data)

    def since(self, topics: Collection[str], after: int, up_to: int, limit: int) -> list[Message] | None:
        """Events of `topics` numbered above `after`, not above `up_to`, oldest first, `limit` at most.

        returns   None when some of them may not be here
        """
        if not self._kept:
            return None
        first = self._kept[0].number or 0
        if not first - 1 <= after < first + len(self._kept):
            return None
        wanted = islice(self._kept, after + 1 - first, max(after, up_to) + 1 - first)
        theirs = (message for message in wanted if message.topic in topics or family_of(message.topic) in topics)
        return list(islice(theirs, limit))
