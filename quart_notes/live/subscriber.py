"""One subscriber: its place in a channel, what waits for it, and its end. Knows as little as `broadcaster`."""

import asyncio
import logging
from typing import Protocol

from quart_notes.live.channel import Channel, Framing, Message
from quart_notes.live.compact_event import LeanEvent

log = logging.getLogger(__name__)


class Outlet(Protocol):
    """A connection that takes framed bytes without waiting."""

    def offer(self, data: bytes) -> int:
        """Hand over bytes at once, if nothing waits; returns how many were taken: the rest is to be written."""

    def write(self, data: bytes | memoryview) -> None:
        """Hand over bytes; they leave in order."""

    def waiting(self) -> int:
        """Bytes handed over that the kernel has not taken yet."""

    async def drained(self) -> None:
        """Return when it has taken them all; OSError when the connection has gone."""

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
    __slots__ = ("channel", "closing", "cursor", "ended", "framing", "lagged", "outlet", "wake")

    def __init__(self, channel: Channel, framing: Framing) -> None:
        self.channel = channel
        self.framing = framing
        self.cursor = channel.end
        self.outlet: Outlet | None = None
        self.lagged = False
        self.closing = False
        self.ended = LeanEvent()
        self.wake: asyncio.Future[None] | None = None

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
        data, self.cursor = self.channel.framed(self.framing, self.cursor)
        return data

    def push(self, most: int | None = None) -> bool:
        """Write what has gathered to the outlet, or cut off a reader that has missed some; wake one that pulls.

        most      bytes at which to stop, or just behind; None: at the end
        returns   whether the connection may be written to again before it is drained
        """
        if self.outlet is None:
            self.rouse()
        elif self.outlet.closed():
            self.end()
        elif self.behind():
            self.cut_off()
        elif self.cursor < self.channel.end:
            return self.push_same(*self.channel.framed(self.framing, self.cursor, most))
        return True

    def push_same(self, data: bytes, end: int) -> bool:
        """Write `data`, what has gathered up to `end`, to the outlet: in few steps if it is taken at once.

        For a reader that stands where another stood that has just been written to, as nearly all of many do. With
        `push` alone a reader costs 4 µs beside the kernel's 6, and all who come after it wait.

        returns   whether the connection may be written to again before it is drained
        """
        outlet = self.outlet
        if outlet is None:
            self.rouse()
            return True
        # A connection that fails ends its own reader, never the sweep that all readers share.
        try:
            taken = outlet.offer(data)
            if taken < len(data):
                return self._leave(outlet, data, taken, end)
        except Exception:
            self._fail()
            return True
        self.cursor = end
        return True

    def _leave(self, outlet: Outlet, data: bytes, taken: int, end: int) -> bool:
        """Leave to the transport what the kernel has not taken; to a transport that has something already, nothing."""
        if outlet.closed():
            self.end()
            return True
        if taken or not outlet.waiting():
            outlet.write(memoryview(data)[taken:])
            self.cursor = end
        return False

    async def drained(self) -> None:
        """Return when its connection has taken all that was written, or it has ended."""
        try:
            if self.outlet is not None:
                await self.outlet.drained()
        except OSError:
            self.end()
        except Exception:
            self._fail()

    def beat(self, now: float) -> None:
        """Keep the outlet's connection alive; end when it has gone."""
        outlet = self.outlet
        try:
            if outlet is not None and outlet.closed():
                self.end()
            elif outlet is not None:
                outlet.beat(now)
        except Exception:
            self._fail()

    def _fail(self) -> None:
        log.exception("A reader's connection failed")
        self.end()

    def cut_off(self) -> None:
        """Write no more: the reader comes back and resumes by id."""
        self.lagged = True
        self.end()

    def end(self) -> None:
        """Write no more and let the code that waits for the end go on."""
        self.outlet = None
        self.ended.set()
        self.rouse()

    def rouse(self) -> None:
        """Wake it if it sleeps in `Broadcaster.wait`."""
        if self.wake is not None and not self.wake.done():
            self.wake.set_result(None)
