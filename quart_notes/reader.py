"""One subscriber: its place in a channel, what waits for it, and its end. Knows as little as `broadcaster`."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

from quart_notes.channel import MAX_WAITING, MAX_WAITING_BYTES, Channel, Framing, Message
from quart_notes.lean_event import LeanEvent

log = logging.getLogger(__name__)


class Outlet(Protocol):
    """A connection that takes framed bytes without waiting."""

    def offer(self, data: bytes) -> int:
        """Hand over bytes at once, if nothing waits; returns how many the kernel took: the rest is to be written."""

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


class Reader:
    """One subscriber's place in a channel.

    It either pulls (`wait` and `take`) or, once `attach` has given it an outlet, is written to by the broadcaster.
    Those that pull are woken by the same sweeps, and take all that has gathered at once. `ended` is set when it was
    cut off (`lagged`) or the broadcaster closed (`closing`).
    """

    # With many readers, what a delivery costs beside the kernel is memory that is not in the processor's cache.
    __slots__ = ("_unsent", "_written", "channel", "closing", "cursor", "ended", "framing", "lagged", "outlet", "wake")

    def __init__(self, channel: Channel, framing: Framing) -> None:
        self.channel = channel
        self.framing = framing
        self.cursor = channel.end
        self.outlet: Outlet | None = None
        self.lagged = False
        self.closing = False
        self.ended = LeanEvent()
        self.wake: asyncio.Future[None] | None = None
        self._unsent: deque[tuple[int, int]] | None = None  # (bytes written in all, messages in that write)
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

    def push(self, taken: int = 0) -> None:
        """Write what has gathered to the outlet, or cut off a reader with too much waiting; wake one that pulls.

        taken   bytes of it that have left already
        """
        if self.outlet is None:
            self.rouse()
        else:
            self._guarded(lambda outlet: self._push(outlet, taken), self.outlet)

    def push_same(self, data: bytes, end: int) -> None:
        """Write `data`, all that has gathered up to `end`, to the outlet: in few steps if it is taken at once.

        For a reader that stands where another stood that has just been written to, as nearly all of many do. With
        `push` alone a reader costs 4 µs beside the kernel's 6, and all who come after it wait.
        """
        outlet = self.outlet
        if outlet is None:
            self.rouse()
            return
        try:
            taken = outlet.offer(data)
        except Exception:
            log.exception("A reader's connection failed")
            self.end()
            return
        if taken < len(data):
            self.push(taken)
        else:
            self.cursor = end
            self._unsent = None

    def _guarded(self, act: Callable[[Outlet], None], outlet: Outlet) -> None:
        # A connection that fails ends its own reader, never the sweep or the heart that all readers share.
        try:
            if outlet.closed():
                self.end()
            else:
                act(outlet)
        except Exception:
            log.exception("A reader's connection failed")
            self.end()

    def _push(self, outlet: Outlet, taken: int) -> None:
        channel = self.channel
        if self.cursor < channel.start:
            self.cut_off()
        elif self.cursor < channel.end:
            data = channel.framed(self.framing, self.cursor)
            waiting = outlet.waiting()
            if waiting and self._overfull(waiting, len(data)):
                self.cut_off()
                return
            if self._unsent is None or not waiting:
                self._unsent = deque()
            self._written += len(data)
            self._unsent.append((self._written, channel.end - self.cursor))
            self.cursor = channel.end
            taken = taken or outlet.offer(data)
            if taken < len(data):
                outlet.write(data[taken:])

    def _overfull(self, waiting: int, more: int) -> bool:
        unsent = self._unsent or deque()
        while unsent and unsent[0][0] <= self._written - waiting:
            unsent.popleft()
        messages = sum(count for _, count in unsent) + self.channel.end - self.cursor
        return waiting + more > MAX_WAITING_BYTES or messages > MAX_WAITING

    def beat(self, now: float) -> None:
        """Keep the outlet's connection alive; end when it has gone."""
        if self.outlet is not None:
            self._guarded(lambda outlet: outlet.beat(now), self.outlet)

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
