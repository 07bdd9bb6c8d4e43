"""The live feed over websockets and event streams, both from the same subscription."""

import asyncio

from quart import Blueprint, Response, request, websocket
from quart_schema import tag_blueprint, validate_querystring

from quart_notes.errors import (
    BadRequestError,
    ForbiddenError,
    InvalidEventIdError,
    NotFoundError,
    UnknownTopicError,
)
from quart_notes.live import frames
from quart_notes.live.channel import FeedMessage
from quart_notes.schemas import FeedQuery
from quart_notes.schemas.event_ids import EventId
from quart_notes.web.context import core
from quart_notes.web.openapi.document import ResponseDoc, responds
from quart_notes.web.security.subscriptions import FeedAccess, authorise_feed, feed_query
from quart_notes.web.streams import Conversation, EventStream, Join, direct_peer

blueprint = Blueprint("live", __name__)
tag_blueprint(blueprint, ["feed"])

FLOOD = 256  # messages that a client may send within FLOOD_WINDOW; the feed needs none
FLOOD_WINDOW = 10.0  # seconds
MISBEHAVED = 1008  # RFC 6455, 7.4.1


def _after(header: str | None, query: str | None) -> EventId | None:
    """The event to resume after; the header, which a browser sends at a reconnect, is newer than the address."""
    text = header if header is not None else query
    return None if text is None else EventId.parse(text)


@blueprint.get("/events")
@validate_querystring(FeedQuery)
@responds(
    ResponseDoc(
        200,
        "Events without end; see /asyncapi.json.",
        content={"text/event-stream": str},
        headers={"Last-Event-ID": "The newest event of these topics when the answer began."},
    ),
    problems=(InvalidEventIdError, BadRequestError, UnknownTopicError, ForbiddenError, NotFoundError),
)
async def stream_events(query_args: FeedQuery) -> Response:
    """Follow every change as server-sent events.

    Each event is one JSON object, its id in the `id:` line. `after` (or the header `Last-Event-ID`) resumes after an
    event; when the log does not know it any more, the first event is a reset. `topics` narrows the subscription.
    A HEAD request shows whether events are missing: its `Last-Event-ID` is the newest event of the topics.
    """
    after = _after(request.headers.get("Last-Event-ID"), query_args.after)
    await core().database.ping()
    who = await authorise_feed(query_args)
    response = Response(b"", content_type="text/event-stream; charset=utf-8")
    response.headers.pop("Content-Length", None)
    response.headers["Last-Event-ID"] = str(EventId(core().log.epoch, core().broadcaster.newest_of(who.topics)))
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    if request.method != "HEAD":
        peer = direct_peer(request.scope)
        framing = frames.sse if peer is None else frames.sse_chunk
        response.response = EventStream(
            core().feed.subscribe(who.topics, after, framing, who.starts), peer, _joining(who), who.on_revoked
        )
        response.timeout = None
    return response


@blueprint.websocket("/ws")
async def follow() -> None:
    """Follow every change on a websocket: one text frame is one event."""
    query = feed_query(websocket.args)
    after = _after(None, query.after)
    await core().database.ping()
    who = await authorise_feed(query)
    await websocket.accept()
    subscription = core().feed.subscribe(who.topics, after, frames.websocket_frame, who.starts)
    await _FeedConversation(subscription, _joining(who), who.on_revoked).run()


class _FeedConversation(Conversation):
    only_counts = True
    _window, _count = 0.0, 0  # loop time of its beginning, seconds; messages in it

    async def receive(self) -> int:
        """Read and ignore what the client sends, until it is too much."""
        while True:
            await websocket.receive()
            if self._floods():
                return MISBEHAVED

    def received(self) -> None:
        """The client of a detached stream has sent a message: end it when it is too much."""
        if self._floods():
            self._refuse(MISBEHAVED)

    def _floods(self) -> bool:
        """Count a message; whether there were too many."""
        now = asyncio.get_running_loop().time()
        if now - self._window > FLOOD_WINDOW:
            self._window, self._count = now, 0
        self._count += 1
        return self._count >= FLOOD

    def text_of(self, message: FeedMessage) -> str:
        """The event as it is."""
        return message.data.decode()


def _joining(who: FeedAccess) -> Join:
    """Makes the listener present in the rooms and boards that were named."""
    presence = core().presence
    return lambda: [presence.follow(topic, who.user) for topic in who.places]
