"""One subscriber: its position in a channel, its buffer, and its end. Standard library only."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from quart_notes.live.channel import Channel, Encoder, FeedMessage
from quart_notes.live.compact_event import CompactEvent

log = logging.getLogger(__name__)


class Outlet(Protocol):
    """A connection that accepts encoded bytes without waiting."""

    def write_now(self, data: bytes) -> int:
        """Write bytes immediately if the buffer is empty; returns the number accepted: the caller writes the rest."""

    def write(self, data: bytes | memoryview) -> None:
        """Write bytes, in order."""

    def buffered_bytes(self) -> int:
        """Bytes written that the kernel has not accepted yet."""

    async def drained(self) -> None:
        """Wait until the buffer is empty; OSError when the connection is closed."""

    def closed(self) -> bool:
        """Whether the connection is closed or closing."""

    def abort(self) -> None:
        """Close the connection and drop its buffer."""

    def heartbeat(self, now: float) -> None:
        """Send a keep-alive, or close the connection of a client that does not respond (`now`: loop time, seconds)."""


class Subscriber:
    """One subscriber's position in a channel.

    It either pulls (`wait` and `drain`) or, after `attach` has given it an outlet, the broadcaster writes to it. A
    subscriber that pulls is woken by the same flushes, and takes all buffered messages at once. `ended` is set when it
    was cut off (`lagged`) or the broadcaster closed (`closing`); `on_end` is called then, once, and must not raise.

    While it is held, it gets nothing from position `held_at` of the channel on. Its outlet waits in `held_outlet`, so a
    flush passes it by like one that pulls. What is published then stays in the channel, within the same bounds.
    """

    # With many subscribers, the cost of a delivery besides the kernel's is memory outside the processor's cache.
    __slots__ = (
        "channel",
        "closing",
        "cursor",
        "encoder",
        "ended",
        "held_at",
        "held_outlet",
        "lagged",
        "on_end",
        "outlet",
        "wake",
    )

    def __init__(self, channel: Channel, encoder: Encoder) -> None:
        self.channel = channel
        self.encoder = encoder
        self.cursor = channel.end
        self.outlet: Outlet | None = None
        self.held_at: int | None = None
        self.held_outlet: Outlet | None = None
        self.lagged = False
        self.closing = False
        self.ended = CompactEvent()
        self.on_end: Callable[[], None] | None = None
        self.wake: asyncio.Future[None] | None = None

    def skip_pending(self) -> None:
        """Skip the buffered messages: only later ones are new."""
        self.cursor = self.channel.end
        self.lagged = False

    def has_missed(self) -> bool:
        """Whether it missed messages that the ring no longer holds."""
        return self.cursor < self.channel.start

    def has_pending(self) -> bool:
        """Whether `drain` has something to return."""
        return self.cursor < (self.channel.end if self.held_at is None else self.held_at)

    def hold(self) -> None:
        """Hold back what is published from now on, until `Broadcaster.release`; first write what was before."""
        if self.held_at is None:
            self.push()
            self.held_at = self.channel.end
            self.outlet, self.held_outlet = None, self.outlet

    def drain(self) -> list[FeedMessage]:
        """The messages since the last call; none, and cut off, if some of them are dropped already."""
        if self.has_missed():
            self.cut_off()
            return []
        messages = self.channel.since(self.cursor)
        if self.held_at is not None:
            messages = messages[: self.held_at - self.cursor]
        self.cursor += len(messages)
        return messages

    def drain_bytes(self) -> bytes:
        """The same as the bytes of one write, encoded once for all subscribers at the same position."""
        if self.held_at is not None:
            return b"".join(map(self.encoder, self.drain()))
        if self.has_missed():
            self.cut_off()
            return b""
        data, self.cursor = self.channel.encoded_batch(self.encoder, self.cursor)
        return data

    def push(self, most: int | None = None) -> bool:
        """Write the buffered messages to the outlet, or cut off a subscriber that has missed some; wake one that pulls.

        most      bytes at which to stop, or just after; None: at the end
        returns   whether the connection may be written to again before it is drained
        """
        if self.outlet is None:
            self.wake_up()
        elif self.outlet.closed():
            self.end()
        elif self.has_missed():
            self.cut_off()
        elif self.cursor < self.channel.end:
            return self.push_shared(*self.channel.encoded_batch(self.encoder, self.cursor, most))
        return True

    def push_shared(self, data: bytes, end: int) -> bool:
        """Write `data`, the buffered messages up to `end`, to the outlet: in few steps if all is accepted at once.

        It is for a subscriber at the same position as the one before it, as nearly all of many are. With `push` alone a
        subscriber costs 4 µs besides the kernel's 6, and all later ones wait.

        returns   whether the connection may be written to again before it is drained
        """
        outlet = self.outlet
        if outlet is None:
            self.wake_up()
            return True
        # A connection that fails ends its own subscriber, never the flush that all subscribers share.
        try:
            taken = outlet.write_now(data)
            if taken < len(data):
                return self._detach(outlet, data, taken, end)
        except Exception:
            self._fail()
            return True
        self.cursor = end
        return True

    def _detach(self, outlet: Outlet, data: bytes, taken: int, end: int) -> bool:
        """Give the transport the rest that the kernel has not accepted; a transport with a full buffer gets nothing."""
        if outlet.closed():
            self.end()
            return True
        if taken or not outlet.buffered_bytes():
            outlet.write(memoryview(data)[taken:])
            self.cursor = end
        return False

    async def drained(self) -> None:
        """Wait until its connection has accepted all written bytes, or it has ended."""
        try:
            if self.outlet is not None:
                await self.outlet.drained()
        except OSError:
            self.end()
        except Exception:
            self._fail()

    def heartbeat(self, now: float) -> None:
        """Keep its connection alive; end when that is closed. Without an outlet, it is woken and sends a keep-alive."""
        outlet = self.outlet or self.held_outlet
        try:
            if outlet is None:
                self.wake_up()
            elif outlet.closed():
                self.end()
            else:
                outlet.heartbeat(now)
        except Exception:
            self._fail()

    def _fail(self) -> None:
        log.exception("A reader's connection failed")
        self.end()

    def cut_off(self) -> None:
        """Stop writing: the client reconnects and resumes by id."""
        self.lagged = True
        self.end()

    def end(self) -> None:
        """Stop writing and wake the code that waits for the end."""
        self.outlet = self.held_outlet = None
        self.ended.set()
        self.wake_up()
        if self.on_end is not None:
            act, self.on_end = self.on_end, None
            act()

    def wake_up(self) -> None:
        """Wake it if it waits in `Broadcaster.wait` or `wait_released`."""
        if self.wake is not None and not self.wake.done():
            self.wake.set_result(None)
