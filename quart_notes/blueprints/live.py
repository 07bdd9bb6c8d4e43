"""The live feed's two edges: a websocket and an event stream, fed by the same subscription."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress
from types import TracebackType

from quart import Blueprint, Response, request, websocket
from quart.wrappers.response import ResponseBody
from quart_schema import tag_blueprint, validate_querystring

from quart_notes import outlets
from quart_notes.blueprints.context import core
from quart_notes.blueprints.guards import visible_topics
from quart_notes.blueprints.openapi import Answer, answers
from quart_notes.broadcaster import HEARTBEAT
from quart_notes.errors import DatabaseUnavailableError, InvalidEventIdError, UnknownTopicError
from quart_notes.events import EventId
from quart_notes.feed import Subscription
from quart_notes.schemas import FeedQuery

blueprint = Blueprint("live", __name__)
tag_blueprint(blueprint, ["feed"])

RETRY_MS = 2000  # what a browser's own EventSource waits before it comes back
GRACE = 20.0  # seconds a reader that was cut off has to read what waits and the close; then it is dropped
FLOOD = 256  # messages a client may send within FLOOD_WINDOW; the feed asks for none
FLOOD_WINDOW = 10.0  # seconds
log = logging.getLogger(__name__)

RESTARTING, TOO_SLOW, MISBEHAVED, FAILED = 1012, 1013, 1008, 1011  # RFC 6455, 7.4 and IANA's registry


def _after(header: str | None, query: str | None) -> EventId | None:
    """Where to resume; the header, which a browser sends by itself at a reconnect, is newer than the address."""
    text = header if header is not None else query
    return None if text is None else EventId.parse(text)


@blueprint.get("/events")
@validate_querystring(FeedQuery)
@answers(
    Answer(200, "Events without end; see /asyncapi.json.", media_type="text/event-stream"),
    problems=(InvalidEventIdError, UnknownTopicError, DatabaseUnavailableError),
)
async def stream_events(query_args: FeedQuery) -> Response:
    """Follow every change as server-sent events.

    Each event is one JSON object, its id in the `id:` line. `after` (or the header `Last-Event-ID`) resumes after an
    event; when the log no longer knows it, the first event is a reset. `topics` narrows what is heard.
    """
    topics = visible_topics(query_args.topics)
    after = _after(request.headers.get("Last-Event-ID"), query_args.after)
    await core().database.ping()
    peer = outlets.peer_of(request.scope) if core().settings.stream_road == "direct" else None
    if request.method == "HEAD":
        return _stream(Response(b""))
    framing = outlets.sse if peer is None else outlets.sse_chunk
    response = _stream(Response(b""))
    response.response = EventStream(core().feed.subscribe(topics, after, framing), peer)
    response.timeout = None
    return response


def _stream(response: Response) -> Response:
    response.content_type = "text/event-stream; charset=utf-8"
    response.headers.pop("Content-Length", None)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


class EventStream(ResponseBody):
    """The body of an event stream; lets go of its subscription however the response ends."""

    def __init__(self, subscription: Subscription, peer: outlets.Peer | None) -> None:
        self._subscription = subscription
        self._peer = peer
        self._events = self._run()

    async def __aenter__(self) -> AsyncGenerator[bytes, None]:
        return self._events

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._subscription.close()
        await self._events.aclose()

    async def _run(self) -> AsyncGenerator[bytes, None]:
        subscription = self._subscription
        yield b"retry: %d\n:\n\n" % RETRY_MS
        async for page in subscription.history():
            yield b"".join(map(outlets.sse, page))
        if self._peer is not None:
            subscription.attach(outlets.EventStreamOutlet(self._peer))
            await subscription.reader.ended.wait()
            if subscription.reader.lagged:
                _drop_later(self._peer)
            return
        while not subscription.reader.ended.is_set():
            try:
                async with asyncio.timeout(HEARTBEAT):  # wait_for of Python 3.11 can swallow a cancellation
                    await subscription.wait()
            except TimeoutError:
                yield outlets.COMMENT
            else:
                if data := subscription.reader.take_framed():
                    yield data


def _drop_later(peer: outlets.Peer) -> None:
    """The end of a stream waits behind what its reader has not read, but not for ever."""

    def drop() -> None:
        if peer.transport.get_write_buffer_size():
            peer.transport.abort()

    asyncio.get_running_loop().call_later(GRACE, drop)


@blueprint.websocket("/ws")
async def follow() -> None:
    """Follow every change on a websocket: one text frame is one event."""
    topics = visible_topics(websocket.args.get("topics"))
    after = _after(None, websocket.args.get("after"))
    peer = outlets.peer_of(websocket.scope) if core().settings.stream_road == "direct" else None
    await core().database.ping()
    await websocket.accept()
    subscription = core().feed.subscribe(topics, after, outlets.websocket_frame)
    listening = asyncio.ensure_future(_listen(subscription))
    try:
        try:
            await _tell(subscription, peer)
            code = MISBEHAVED if listening.done() else TOO_SLOW if subscription.reader.lagged else RESTARTING
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
        subscription.close()
        listening.cancel()


async def _listen(subscription: Subscription) -> None:
    """Drain what the client sends, which the feed has no use for; end the subscription when it is too much."""
    loop = asyncio.get_running_loop()
    window, count = loop.time(), 0
    while count < FLOOD:
        await websocket.receive()
        if loop.time() - window > FLOOD_WINDOW:
            window, count = loop.time(), 0
        count += 1
    subscription.close()


async def _tell(subscription: Subscription, peer: outlets.Peer | None) -> None:
    """Bring the history, then what happens, until the reader has ended."""
    async for page in subscription.history():
        for message in page:
            await websocket.send(message.data.decode())
    reader = subscription.reader
    if peer is not None:
        subscription.attach(outlets.WebsocketOutlet(peer))
        await reader.ended.wait()
    while not reader.ended.is_set():
        await subscription.wait()
        for message in reader.take():
            await websocket.send(message.data.decode())
