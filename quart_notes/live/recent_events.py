"""Caches the newest events as they were sent: most clients that reconnect were away for a moment only."""

from collections import deque
from collections.abc import Collection
from itertools import islice, takewhile

from quart_notes.live.channel import FeedMessage, wildcard_of
from quart_notes.schemas.deleted_text import blanked, deletes_a_message, renames_a_label, subject_of

MAX_EVENTS = 4096  # events
MAX_BYTES = 8 << 20  # bytes of them, 8 MiB
MAX_NEWER = 512  # events that `newer` looks through


class RecentEvents:
    """The end of the log.

    1. It is complete: its events have consecutive numbers, up to the newest one cached here.
    2. It returns the same as the log: no text of deleted objects, no former name of a label. If it does not reach far
       enough, it returns None, and the log has to be read.
    """

    def __init__(self) -> None:
        self._events: deque[tuple[FeedMessage, str | None]] = deque()  # with the object with text that each is about
        self._numbers: dict[str, list[int]] = {}  # of the cached events, by the object with text that they are about
        self._bytes = 0

    def append(self, messages: Collection[FeedMessage]) -> None:
        """Add newly committed events, in order; start over if others were committed between them, or changed before."""
        for message in messages:
            subject, deletes = subject_of(message.data)
            has_gap = self._events and message.number != self._number_at(-1) + 1
            # The log has other names in earlier events then, and no text of the message in quotes.
            is_relabelled = subject is None and renames_a_label(message.data)
            if has_gap or is_relabelled or (deletes and deletes_a_message(message.data)):
                self._events.clear()
                self._numbers.clear()
                self._bytes = 0
            self._events.append((message, subject))
            self._bytes += len(message.data)
            if subject is not None:
                self._numbers.setdefault(subject, []).append(message.number or 0)
                if deletes:
                    self._remove_text(subject)
        while len(self._events) > MAX_EVENTS or self._bytes > MAX_BYTES:
            self._drop()

    def _remove_text(self, subject: str) -> None:
        """Remove the text from the events of a deleted object."""
        first = self._number_at(0)
        for number in self._numbers[subject]:
            message, _ = self._events[number - first]
            blank = message._replace(data=blanked(message.data))
            self._events[number - first] = blank, subject
            self._bytes += len(blank.data) - len(message.data)

    def _number_at(self, index: int) -> int:
        return self._events[index][0].number or 0

    def _drop(self) -> None:
        """Drop the oldest event."""
        message, subject = self._events.popleft()
        self._bytes -= len(message.data)
        if subject is not None:
            self._numbers[subject].pop(0)
            if not self._numbers[subject]:
                del self._numbers[subject]

    def prune(self, up_to: int) -> None:
        """Drop the events up to that number: the log does not keep all of them any more."""
        while self._events and self._number_at(0) <= up_to:
            self._drop()

    def since(self, topics: Collection[str], after: int, up_to: int, limit: int) -> list[FeedMessage] | None:
        """Events of `topics` numbered above `after`, not above `up_to`, oldest first, `limit` at most.

        returns   None when some of them may not be cached
        """
        if not self._events:
            return None
        first = self._number_at(0)
        if not first - 1 <= after < first + len(self._events):
            return None
        wanted = islice(self._events, after + 1 - first, max(after, up_to) + 1 - first)
        theirs = (message for message, _ in wanted if message.topic in topics or wildcard_of(message.topic) in topics)
        return list(islice(theirs, limit))

    def newer(self, topic: str, after: int) -> list[bytes] | None:
        """The events of a topic numbered above `after`, as they were sent, oldest first.

        returns   None when some of them may not be cached, or so many are newer that it takes time to look through them
        """
        if not self._events or not self._number_at(0) - 1 <= after or self._number_at(-1) - after > MAX_NEWER:
            return None
        newest_first = takewhile(lambda one: (one[0].number or 0) > after, reversed(self._events))
        return [message.data for message, _ in newest_first if message.topic == topic][::-1]
