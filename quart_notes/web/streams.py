"""Connects a subscription to a client: the body of an event stream, the conversation of a websocket."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from random import randint
from types import TracebackType
from typing import Any

from quart import websocket
from quart.wrappers.response import ResponseBody

from quart_notes.live import frames, outlets
from quart_notes.live.channel import Encoder, FeedMessage
from quart_notes.live.feed import Subscription
from quart_notes.live.subscriber import Subscriber
from quart_notes.web.context import core

RETRY_MS = 1000, 4000  # random pause of a browser's EventSource, so that not all reconnect at once
CHUNK_BYTES = 64 * 1024  # bytes of history that are sent at once
CLOSE_GRACE = 20.0  # seconds for a reader that was cut off to read the rest and the close; then it is dropped
RESTARTING, TOO_SLOW, FAILED, DENIED = 1012, 1013, 1011, 1008  # RFC 6455, 7.4 and IANA's registry
NO_MORE = "no more"  # reason of a cancelled `receive`: further messages of the client are ignored
log = logging.getLogger(__name__)

Leave = Callable[[], None]  # to call when the client leaves
Join = Callable[[], list[Leave]]  # makes the client present
Watch = Callable[[Subscription, Callable[[], None]], Leave]  # calls a function when the access is revoked


def joined(join: Join, stack: ExitStack) -> list[Leave]:
    """Make the client present until the stack is closed; returns what ends its presence."""
    leaves = join()
    for go in leaves:
        stack.callback(go)
    return leaves


def direct_peer(scope: Any) -> outlets.OutletConnection | None:
    """The connection to write to directly, where there is one and the settings want it."""
    return outlets.connection_of(scope) if core().settings.stream_road == "direct" else None


class LiveStream(ABC):
    """What streams of both kinds share: a subscription that may outlive its route.

    While the route waits for the end, its tasks stay in memory, and its coroutines, contexts and queues: 10 KB of an
    event stream, 20 KB of a websocket. So where the connection can keep the stream alone, the route returns.
    """

    _peer: outlets.OutletConnection | None
    _subscription: Subscription
    _detached = False
    _over = False  # a detached stream has ended, or its client has left
    _leaves: Sequence[Leave] = ()  # to call then

    def _detach(self, leaves: Sequence[Leave]) -> bool:
        """Let the connection keep the stream; False when the route has to wait for its end."""
        reader = self._subscription.reader
        if self._peer is None or reader.ended.is_set() or not self._peer.detach(self):
            return False
        self._detached, self._leaves = True, leaves
        reader.on_end = self._on_end
        return True

    @abstractmethod
    def received(self) -> None:
        """The client of a detached websocket has sent a message."""

    def left(self) -> None:
        """The client of a detached stream has left."""
        self._over = True
        self._subscription.reader.on_end = None
        self._subscription.close()
        leaves, self._leaves = self._leaves, ()
        for go in leaves:
            go()

    def _on_end(self) -> None:
        assert self._peer is not None  # noqa: S101 - it was detached
        self._peer.spawn(self._end)

    async def _end(self) -> None:
        """End a detached stream that was cut off, revoked or refused, or because the server stops."""
        if self._over:
            return
        self.left()
        assert self._peer is not None  # noqa: S101 - as above
        if not self._peer.closing:
            await self._send_end(self._peer)

    @abstractmethod
    async def _send_end(self, peer: outlets.OutletConnection) -> None:
        """Send the end of a detached stream."""


class EventStream(LiveStream, ResponseBody):
    """The body of an event stream; it closes its subscription however the response ends."""

    def __init__(
        self, subscription: Subscription, peer: outlets.OutletConnection | None, join: Join, watch: Watch
    ) -> None:
        self._subscription = subscription
        self._peer = peer
        self._join = join
        self._unwatch = watch(subscription, subscription.close)
        self._events: AsyncGenerator[bytes, None] | None = self._run()

    async def __aenter__(self) -> AsyncGenerator[bytes, None]:
        assert self._events is not None  # noqa: S101 - a response is sent once
        return self._events

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        events, self._events = self._events, None
        if not self._detached:
            self._unwatch()
            self._subscription.close()
        if events is not None:
            await events.aclose()

    def received(self) -> None:
        """Nothing, because the client of an event stream sends no messages."""

    async def _send_end(self, peer: outlets.OutletConnection) -> None:
        if self._subscription.reader.lagged:
            _abort_after_grace(peer)
        await peer.end(0)

    async def _run(self) -> AsyncGenerator[bytes, None]:
        subscription = self._subscription
        yield b"retry: %d\n:\n\n" % randint(*RETRY_MS)  # noqa: S311 - no secret
        async for page in subscription.history():
            for portion in _chunks(page, frames.sse):
                yield portion
        # Present only now: what is volatile would be lost among the history.
        with ExitStack() as present:
            leaves = joined(self._join, present)
            if self._peer is not None:
                subscription.attach(outlets.EventStreamOutlet(self._peer))
                if self._detach((self._unwatch, *leaves)):
                    present.pop_all()
                    return
                await subscription.reader.ended.wait()
                if subscription.reader.lagged:
                    _abort_after_grace(self._peer)
                return
            while not subscription.reader.ended.is_set():
                await subscription.wait()
                data = subscription.reader.drain_bytes()
                if data or not subscription.reader.ended.is_set():
                    yield data or frames.COMMENT  # woken without data: a heartbeat


def _chunks(page: list[FeedMessage], framing: Encoder) -> Iterator[bytes]:
    """A page of history in pieces of about CHUNK_BYTES bytes: copied on their way, and held by a slow reader."""
    portion: list[bytes] = []
    size = 0
    for message in page:
        portion.append(framing(message))
        size += len(portion[-1])
        if size >= CHUNK_BYTES:
            yield b"".join(portion)
            portion, size = [], 0
    if portion:
        yield b"".join(portion)


def _abort_after_grace(peer: outlets.OutletConnection) -> None:
    """Drop the connection if the reader does not read the rest in time."""

    def drop() -> None:
        if peer.transport.get_write_buffer_size():
            peer.transport.abort()

    asyncio.get_running_loop().call_later(CLOSE_GRACE, drop)


class Conversation(LiveStream, ABC):
    """Owns the accepted websocket of this context: sends a subscription, receives from the client, and closes it.

    It ends when either side does, and is closed with the code of the reason. When the access is revoked,
    `receive` is cancelled with NO_MORE.

    only_counts   of what the client sends, `received` counts the messages: no task has to read them
    """

    only_counts = False

    def __init__(self, subscription: Subscription, join: Join, watch: Watch) -> None:
        self._subscription = subscription
        self._join = join
        self._watch = watch
        self._peer = direct_peer(websocket.scope)
        self._code: int | None = None  # to close with, when it may not go on

    @abstractmethod
    async def receive(self) -> int:
        """Read what the client sends; returns the code to close with when it must not go on."""

    def received(self) -> None:
        """Count a message of the client, where that is all that is done with it."""

    @abstractmethod
    def text_of(self, message: FeedMessage) -> str | None:
        """A message as a text frame, where it cannot be written directly; None for nothing."""

    async def run(self) -> None:
        """Return when the websocket is closed."""
        self._receiving = asyncio.ensure_future(self.receive())
        self._receiving.add_done_callback(self._on_received)
        self._unwatch = self._watch(self._subscription, self._deny)
        try:
            code = await self._until_end()
            if self._detached:
                return
            self._subscription.close()  # nothing is written after the closing frame
            if self._peer is not None:
                _abort_after_grace(self._peer)
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_GRACE):
                    await websocket.close(code)
        finally:
            if not self._detached:
                self._unwatch()
                self._subscription.close()
            self._receiving.cancel()
            if self._detached:
                del self._receiving, self._join, self._watch, self._unwatch

    def _on_received(self, _: object) -> None:
        if not self._detached:
            self._subscription.close()

    def _deny(self) -> None:
        self._refuse(DENIED)
        if not self._detached:
            self._receiving.cancel(NO_MORE)

    def _refuse(self, code: int) -> None:
        """End it with this code."""
        self._code = code
        self._subscription.close()

    async def _send_end(self, peer: outlets.OutletConnection) -> None:
        _abort_after_grace(peer)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_GRACE):
                await peer.end(self._usual_code() if self._code is None else self._code)

    def _usual_code(self) -> int:
        return TOO_SLOW if self._subscription.reader.lagged else RESTARTING

    async def _until_end(self) -> int:
        """Send and receive until either ends; returns the code to close with."""
        reader = self._subscription.reader
        try:
            await self._send_all(reader)
            if self._detached:
                return RESTARTING
            if not (reader.lagged or reader.closing or self._code is not None):
                # The client has left, unless receiving has ended it: what it sent before is still on its way.
                await asyncio.wait([self._receiving], timeout=CLOSE_GRACE)
            if self._code is not None:
                return self._code
            if self._receiving.done() and not self._receiving.cancelled():
                return self._receiving.result()
        except Exception:
            log.exception("A websocket failed")
            return FAILED
        return self._usual_code()

    async def _send_all(self, reader: Subscriber) -> None:
        """Send the history, then live events, until the reader has ended or the connection keeps the stream."""
        async for page in self._subscription.history():
            if self._peer is None:
                await self._send(page)
            else:
                await _write(page, reader, self._peer)
        # Present only now: what is volatile would be lost among the history.
        with ExitStack() as present:
            leaves = joined(self._join, present)
            if self._peer is not None:
                self._subscription.attach(outlets.WebsocketOutlet(self._peer))
                if self.only_counts and self._detach((self._unwatch, *leaves)):
                    present.pop_all()
                    return
                await reader.ended.wait()
            while not reader.ended.is_set():
                await self._subscription.wait()
                await self._send(reader.drain())

    async def _send(self, messages: list[FeedMessage]) -> None:
        for message in messages:
            text = self.text_of(message)
            if text is not None:
                await websocket.send(text)


async def _write(page: list[FeedMessage], reader: Subscriber, peer: outlets.OutletConnection) -> None:
    """Write a page of history straight to the connection, as fast as the client reads.

    Message by message, through the framework, each costs 80 µs, and many readers may come back at once.
    """
    with suppress(OSError):  # it is closed, which its own reader notices
        for portion in _chunks(page, reader.encoder):
            if reader.ended.is_set() or peer.closing:
                return
            await peer.write(portion)
