"""Connects a subscription to a client: the body of an event stream, the conversation of a websocket."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager, suppress
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


@contextmanager
def joined(join: Join) -> Iterator[None]:
    """The client is present while the block runs."""
    leave = join()
    try:
        yield
    finally:
        for go in leave:
            go()


def direct_peer(scope: Any) -> outlets.OutletConnection | None:
    """The connection to write to directly, where there is one and the settings want it."""
    return outlets.connection_of(scope) if core().settings.stream_road == "direct" else None


class EventStream(ResponseBody):
    """The body of an event stream; it closes its subscription however the response ends."""

    def __init__(
        self, subscription: Subscription, peer: outlets.OutletConnection | None, join: Join, watch: Watch
    ) -> None:
        self._subscription = subscription
        self._peer = peer
        self._join = join
        self._unwatch = watch(subscription, subscription.close)
        self._events = self._run()

    async def __aenter__(self) -> AsyncGenerator[bytes, None]:
        return self._events

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unwatch()
        self._subscription.close()
        await self._events.aclose()

    async def _run(self) -> AsyncGenerator[bytes, None]:
        subscription = self._subscription
        yield b"retry: %d\n:\n\n" % randint(*RETRY_MS)  # noqa: S311 - no secret
        async for page in subscription.history():
            for portion in _chunks(page, frames.sse):
                yield portion
        # Present only now: what is volatile would be lost among the history.
        with joined(self._join):
            if self._peer is not None:
                subscription.attach(outlets.EventStreamOutlet(self._peer))
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


class Conversation(ABC):
    """Owns the accepted websocket of this context: sends a subscription, receives from the client, and closes it.

    It ends when either side does, and is closed with the code of the reason. When the access is revoked,
    `receive` is cancelled with NO_MORE.
    """

    def __init__(self, subscription: Subscription, join: Join, watch: Watch) -> None:
        self._subscription = subscription
        self._join = join
        self._watch = watch
        self._peer = direct_peer(websocket.scope)
        self._denied = False

    @abstractmethod
    async def receive(self) -> int:
        """Read what the client sends; returns the code to close with when it must not go on."""

    @abstractmethod
    def text_of(self, message: FeedMessage) -> str | None:
        """A message as a text frame, where it cannot be written directly; None for nothing."""

    async def run(self) -> None:
        """Return when the websocket is closed."""
        self._receiving = asyncio.ensure_future(self.receive())
        self._receiving.add_done_callback(lambda _: self._subscription.close())
        unwatch = self._watch(self._subscription, self._deny)
        try:
            code = await self._until_end()
            self._subscription.close()  # nothing is written after the closing frame
            if self._peer is not None:
                _abort_after_grace(self._peer)
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_GRACE):
                    await websocket.close(code)
        finally:
            unwatch()
            self._subscription.close()
            self._receiving.cancel()

    def _deny(self) -> None:
        self._denied = True
        self._receiving.cancel(NO_MORE)
        self._subscription.close()

    async def _until_end(self) -> int:
        """Send and receive until either ends; returns the code to close with."""
        reader = self._subscription.reader
        try:
            await self._send_all(reader)
            if not (reader.lagged or reader.closing or self._denied):
                # The client has left, unless receiving has ended it: what it sent before is still on its way.
                await asyncio.wait([self._receiving], timeout=CLOSE_GRACE)
            if self._denied:
                return DENIED
            if self._receiving.done() and not self._receiving.cancelled():
                return self._receiving.result()
        except Exception:
            log.exception("A websocket failed")
            return FAILED
        return TOO_SLOW if reader.lagged else RESTARTING

    async def _send_all(self, reader: Subscriber) -> None:
        """Send the history, then live events, until the reader has ended."""
        async for page in self._subscription.history():
            if self._peer is None:
                await self._send(page)
            else:
                await _write(page, reader, self._peer)
        # Present only now: what is volatile would be lost among the history.
        with joined(self._join):
            if self._peer is not None:
                self._subscription.attach(outlets.WebsocketOutlet(self._peer))
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
