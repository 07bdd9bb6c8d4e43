"""How a subscription is brought to a connection: an event stream's body, a websocket's conversation."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from random import randint
from types import TracebackType
from typing import Any

from quart import websocket
from quart.wrappers.response import ResponseBody

from quart_notes.live import frames, outlets
from quart_notes.live.channel import Framing, Message
from quart_notes.live.feed import Subscription
from quart_notes.live.subscriber import Reader
from quart_notes.web.context import core

RETRY_MS = 1000, 4000  # what a browser's own EventSource waits, by chance, so that not all come back at once
PORTION = 64 * 1024  # bytes of history that are sent at once
GRACE = 20.0  # seconds a reader that was cut off has to read what waits and the close; then it is dropped
RESTARTING, TOO_SLOW, FAILED, DENIED = 1012, 1013, 1011, 1008  # RFC 6455, 7.4 and IANA's registry
NO_MORE = "no more"  # why hearing is cancelled: what the client has said is not to be taken any more
log = logging.getLogger(__name__)

Leave = Callable[[], None]  # what to call when somebody goes
Join = Callable[[], list[Leave]]  # makes somebody present
Watch = Callable[[Callable[[], None]], Leave]  # has something called when somebody may listen no longer


@contextmanager
def present(join: Join) -> Iterator[None]:
    """Somebody is here while the block runs."""
    leave = join()
    try:
        yield
    finally:
        for go in leave:
            go()


def direct_peer(scope: Any) -> outlets.Peer | None:
    """The connection to write to directly, where there is one and the settings want it."""
    return outlets.peer_of(scope) if core().settings.stream_road == "direct" else None


class EventStream(ResponseBody):
    """The body of an event stream; lets go of its subscription however the response ends."""

    def __init__(self, subscription: Subscription, peer: outlets.Peer | None, join: Join, watch: Watch) -> None:
        self._subscription = subscription
        self._peer = peer
        self._join = join
        self._unwatch = watch(subscription.close)
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
            for portion in _portions(page, frames.sse):
                yield portion
        # Present only now: what is volatile would be lost among the history.
        with present(self._join):
            if self._peer is not None:
                subscription.attach(outlets.EventStreamOutlet(self._peer))
                await subscription.reader.ended.wait()
                if subscription.reader.lagged:
                    _drop_later(self._peer)
                return
            while not subscription.reader.ended.is_set():
                await subscription.wait()
                data = subscription.reader.take_framed()
                if data or not subscription.reader.ended.is_set():
                    yield data or frames.COMMENT  # woken without data: a heartbeat


def _portions(page: list[Message], framing: Framing) -> Iterator[bytes]:
    """A page of history in pieces of about PORTION bytes: copied on their way, and held by a slow reader."""
    portion: list[bytes] = []
    size = 0
    for message in page:
        portion.append(framing(message))
        size += len(portion[-1])
        if size >= PORTION:
            yield b"".join(portion)
            portion, size = [], 0
    if portion:
        yield b"".join(portion)


def _drop_later(peer: outlets.Peer) -> None:
    """The end of a stream waits behind what its reader has not read, but not for ever."""

    def drop() -> None:
        if peer.transport.get_write_buffer_size():
            peer.transport.abort()

    asyncio.get_running_loop().call_later(GRACE, drop)


async def converse(
    subscription: Subscription,
    hear: Coroutine[Any, Any, int],
    text_of: Callable[[Message], str | None],
    join: Join,
    watch: Watch,
) -> None:
    """Bring a subscription to the accepted websocket of this context, and hear what it says, until either ends.

    hear      reads what the client sends; returns the code to close with when it must not go on. Cancelled with NO_MORE
              when the client may not speak any longer
    text_of   what a message is as a text frame, where it cannot be written directly; None for nothing
    """
    peer = direct_peer(websocket.scope)
    denied = False
    listening = asyncio.ensure_future(hear)
    listening.add_done_callback(lambda _: subscription.close())

    def deny() -> None:
        nonlocal denied
        denied = True
        listening.cancel(NO_MORE)
        subscription.close()

    unwatch = watch(deny)
    try:
        try:
            await _tell(subscription, peer, text_of, join)
            reader = subscription.reader
            if not (reader.lagged or reader.closing or denied):
                # The client has left, unless hearing has ended it: what it said before is still on its way.
                await asyncio.wait([listening], timeout=GRACE)
            code = TOO_SLOW if reader.lagged else RESTARTING
            if denied:
                code = DENIED
            elif listening.done() and not listening.cancelled():
                code = listening.result()
        except Exception:
            log.exception("A websocket failed")
            code = FAILED
        subscription.close()  # nothing is written after the closing frame
        if peer is not None:
            _drop_later(peer)
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await websocket.close(code)
    finally:
        unwatch()
        subscription.close()
        listening.cancel()


async def _tell(
    subscription: Subscription, peer: outlets.Peer | None, text_of: Callable[[Message], str | None], join: Join
) -> None:
    """Bring the history, then what happens, until the reader has ended."""
    reader = subscription.reader
    async for page in subscription.history():
        if peer is None:
            await _send(page, text_of)
        else:
            await _write(page, reader, peer)
    # Present only now: what is volatile would be lost among the history.
    with present(join):
        if peer is not None:
            subscription.attach(outlets.WebsocketOutlet(peer))
            await reader.ended.wait()
        while not reader.ended.is_set():
            await subscription.wait()
            await _send(reader.take(), text_of)


async def _write(page: list[Message], reader: Reader, peer: outlets.Peer) -> None:
    """Write a page of history straight to the connection, as fast as it is taken.

    Message by message, through the framework, each costs 80 µs, and many readers may come back at once.
    """
    with suppress(OSError):  # it has gone: the reader of the line finds out
        for portion in _portions(page, reader.framing):
            if reader.ended.is_set() or peer.closing:
                return
            await peer.write(portion)


async def _send(messages: list[Message], text_of: Callable[[Message], str | None]) -> None:
    for message in messages:
        text = text_of(message)
        if text is not None:
            await websocket.send(text)
