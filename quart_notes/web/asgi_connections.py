"""Quart's connections: they serve cached responses first, refuse invalid requests, and limit websocket input."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, WebsocketScope
from quart import Quart, Response
from quart.asgi import ASGIHTTPConnection, ASGIWebsocketConnection, _handle_exception
from quart.typing import ResponseTypes
from quart.utils import cancel_tasks, encode_headers, raise_task_exceptions
from quart.wrappers.response import DataBody
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadHost

from quart_notes.core import Core
from quart_notes.domain.access_cache import Grant
from quart_notes.errors import ProblemError, problem
from quart_notes.live.response_cache import CachedResponse
from quart_notes.schemas.event_ids import EventId
from quart_notes.schemas.strict_json import dump
from quart_notes.web.compression import VARY, coding_for, codings_of, compressed
from quart_notes.web.content_codings import IDENTITY, MIN_BYTES
from quart_notes.web.error_handlers import PROBLEM_TYPE
from quart_notes.web.etags import known_tag
from quart_notes.web.fast_routes import METHODS, FastResponse, find_fast_route, try_fast
from quart_notes.web.raw_headers import SCOPE_FIELDS, Header, field_text, fields_in
from quart_notes.web.request_ids import CURRENT, HEADER, SCOPE_NAME
from quart_notes.web.security.allowed_hosts import is_served, not_served
from quart_notes.web.security.authentication import cached_grant
from quart_notes.web.security.headers import RAW_SECURITY, REQUEST_ID
from quart_notes.web.security.request_admission import admit, with_hsts
from quart_notes.web.security.shared_reads import SCOPE_CURRENT, join

EXCHANGE = "quart_notes.exchange"  # extension of a scope, from a transport that has the whole request
REVALIDATED = (b"cache-control", b"no-cache")  # header of a cached response
Respond = Callable[[int, Sequence[Header], bytes | None], Awaitable[None]]
PROBES = {"/healthz", "/readyz", "/db/alive"}
MAX_INBOUND = 16  # websocket messages between hypercorn and a route; further ones make the client wait


class WholeRequest(Protocol):
    """A whole request from the transport, and its response, without messages."""

    def take_body(self) -> bytes:
        """The body of the request, once."""

    async def respond(self, status: int, headers: Sequence[Header], body: bytes | None) -> None:
        """Send a whole response; None: it has no body. The transport adds its length and the security headers."""


class HTTPConnection(ASGIHTTPConnection):
    """Serves cached responses before Quart's routing, and refuses addresses that Quart cannot handle."""

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one request."""
        scope: Any = self.scope
        name, trouble = admit(self.app, scope)
        given, send = send, with_hsts(self.app, scope, send)
        if trouble is not None:
            await _refuse(send, name, trouble)
            return
        exchange: WholeRequest | None = (scope.get("extensions") or {}).get(EXCHANGE)
        respond = partial(_send, send) if exchange is None or send is not given else exchange.respond
        core: Core = self.app.extensions["quart_notes"]
        current = not core.follower.may_be_behind() or self._needs_no_data() or await core.follower.catch_up()
        self._host_is_served = is_served(self.app, scope[SCOPE_FIELDS])
        short = scope["method"] == "GET" and current and self._host_is_served
        scope[SCOPE_CURRENT] = current
        cached = (try_fast(self._cached_response, core) or await self._joined_response(core)) if short else None
        if cached is not None:
            await self._send_cached(respond, name, *cached)
            return
        scope[SCOPE_NAME] = name
        CURRENT.set(name.decode())
        try:
            if exchange is None:
                await self._through_quart(super().__call__(receive, send), name, send)
                return
            body = exchange.take_body()
            reply = await self._fast_response(body) if scope["method"] in METHODS else None
            if reply is None:
                await self._through_quart(self._serve(body, receive, send), name, send)
            else:
                await respond(reply.status, [*reply.headers, (HEADER, name)], reply.body)
        finally:
            CURRENT.set("")  # the next request of the connection may run in the same context

    def _needs_no_data(self) -> bool:
        """Whether the response does not depend on any commit, as for a probe, which must not wait for one."""
        path = self.scope["path"].removeprefix(self.scope.get("root_path") or "")
        return path in PROBES or path.startswith("/static/")

    async def handle_messages(self, request: Any, receive: ASGIReceiveCallable) -> None:
        """Read the request's body as there is room for it; return when the client has left."""
        while (message := await receive())["type"] != "http.disconnect":
            if message["type"] == "http.request":
                request.body.append(message.get("body", b""))
                if not message.get("more_body", False):
                    request.body.set_complete()
                await request.body.room()

    def _cached_response(self, core: Core) -> tuple[CachedResponse, str] | None:
        """The cached response and the newest event of its caller, if the caller may see it.

        The caller is checked first, so that nothing reveals what is cached.
        """
        scope: Any = self.scope
        grant = cached_grant(core, scope[SCOPE_FIELDS], scope["root_path"], secure=scope["scheme"] == "https")
        if grant is None or self._is_other_page(core):
            return None
        cached = core.response_cache.get(scope["path"], scope["query_string"])
        if cached is None or not grant.may_subscribe(cached.topic):
            return None
        return cached, _visible(core, grant, EventId(core.log.epoch, core.broadcaster.newest))

    async def _joined_response(self, core: Core) -> tuple[CachedResponse, str] | None:
        """The response that is being read for others, if the caller may see it."""
        scope: Any = self.scope
        running = core.response_cache.running_read(scope["path"], scope["query_string"])
        if running is None or self._is_other_page(core):
            return None
        try:
            found = await join(core, scope, running)
        except Exception:  # who started the read reports it; who joined it reads for themselves
            return None
        return None if found is None else (found.response, _visible(core, found.grant, found.position))

    def _is_other_page(self, core: Core) -> bool:
        """Whether a page of another server, which the setting `origins` may allow, needs headers of Quart's routes."""
        scope: Any = self.scope
        return b"origin" in scope[SCOPE_FIELDS] and bool(core.settings.origins)

    async def _fast_response(self, body: bytes) -> FastResponse | None:
        scope: Any = self.scope
        root = scope["root_path"]
        if not (scope["path"].startswith(root) and self._host_is_served):
            return None
        found = find_fast_route(self.app, scope["method"], scope["path"].removeprefix(root))
        if found is None:
            return None
        route, ids = found
        core: Core = self.app.extensions["quart_notes"]
        return await route.respond(core, root, scope[SCOPE_FIELDS], body, ids, secure=scope["scheme"] == "https")

    async def _through_quart(self, serving: Awaitable[None], name: bytes, send: ASGISendCallable) -> None:
        try:
            await serving
        except BadHost:  # before Quart can handle errors
            await _refuse(send, name, not_served(self.app, fields_in(self.scope)))

    async def _serve(self, body: bytes, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Have Quart respond, without the two tasks that it makes for each request (50 µs) where they have no work.

        One reads the body, and cancels the other when the client leaves: that is needed for a body that is not here yet
        and for a stream, not for a response that takes a moment.
        """
        request = self._create_request_from_scope(send)
        request.body.append(body)
        request.body.set_complete()
        try:
            response = await self.app.handle_request(request)
        except Exception as error:
            response = await _handle_exception(self.app, error)
        if isinstance(response, Response) and isinstance(response.response, DataBody):
            await self._send_whole(send, response, response.response)
        else:
            await self._stream(request, response, receive, send)

    async def _send_whole(self, send: Any, response: Response, body: DataBody) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.app.config["RESPONSE_TIMEOUT"]):
                status, headers = response.status_code, encode_headers(response.headers)
                await send({"type": "http.response.start", "status": status, "headers": headers})
                data = body.data[body.begin : body.end]
                await send({"type": "http.response.body", "body": data, "more_body": False})

    async def _stream(
        self, request: Any, response: ResponseTypes, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        timeout = getattr(response, "timeout", ...)
        seconds = self.app.config["RESPONSE_TIMEOUT"] if timeout is ... else timeout

        async def stream() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._send_response(send, response)

        sending = asyncio.ensure_future(stream())
        leaving = asyncio.ensure_future(self.handle_messages(request, receive))
        try:
            done, _ = await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel_tasks({task for task in (sending, leaving) if not task.done()})
        raise_task_exceptions(done)

    async def _send_cached(self, respond: Respond, name: bytes, cached: CachedResponse, newest: str) -> None:
        scope: Any = self.scope
        core: Core = self.app.extensions["quart_notes"]
        fields = fields_in(scope)
        tag = None
        if b"if-none-match" in fields:
            tag = known_tag(field_text(fields, b"if-none-match"), cached.etag, codings_of(fields).accepts)
        own = cached.headers
        if tag is not None:
            own = ((b"etag", tag.encode()), *((VARY,) if len(cached.body) >= MIN_BYTES else ()))
        elif b"accept-encoding" in fields and (coding := coding_for(fields, len(cached.body))) != IDENTITY:
            address = (scope["path"], scope["query_string"])
            cached = await core.response_cache.in_coding(*address, cached, coding, compressed)
            own = cached.headers
        headers = [*own, (b"last-event-id", newest.encode()), (HEADER, name), REVALIDATED]
        if core.settings.origins:
            varies = b"Accept-Encoding, Origin" if VARY in headers else b"Origin"
            headers = [*(header for header in headers if header != VARY), (b"vary", varies)]
        await (respond(200, headers, cached.body) if tag is None else respond(304, headers, None))


def _visible(core: Core, grant: Grant, position: EventId) -> str:
    """The newest event up to a position in the log that the caller may receive."""
    feed = core.broadcaster
    return str(position if grant.caller.trusted else position.at_most(feed.newest_of(grant.topics)))


async def _refuse(send: ASGISendCallable, name: bytes, trouble: ProblemError, kind: str = "http.response") -> None:
    body = problem(trouble.status, trouble.code, trouble.detail)
    further = [(key.lower().encode(), value.encode()) for key, value in trouble.headers.items()]
    headers = [
        (b"content-type", PROBLEM_TYPE.encode()),
        (b"cache-control", b"no-store"),
        (HEADER, name),
        *further,
    ]
    await _send(send, trouble.status, headers, dump(body), kind)


async def _send(
    send: Any, status: int, headers: Sequence[Header], body: bytes | None, kind: str = "http.response"
) -> None:
    length = [] if body is None else [(b"content-length", b"%d" % len(body))]
    whole = [*headers, *length, *RAW_SECURITY]
    await send({"type": f"{kind}.start", "status": status, "headers": whole, "trailers": False})
    await send({"type": f"{kind}.body", "body": body or b"", "more_body": False})


class WebsocketConnection(ASGIWebsocketConnection):
    """A websocket whose unread messages are limited: Quart's own queue is not."""

    def __init__(self, app: Quart, scope: WebsocketScope) -> None:
        super().__init__(app, scope)
        self.queue = asyncio.Queue(MAX_INBOUND)

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one websocket."""
        name, trouble = admit(self.app, self.scope)
        send = with_hsts(self.app, self.scope, send)
        if trouble is not None:
            await _refuse(send, name, trouble, "websocket.http.response")
            return
        core: Core = self.app.extensions["quart_notes"]
        if core.follower.may_be_behind():
            await core.follower.catch_up()
        scope: Any = self.scope
        scope[SCOPE_NAME] = name
        CURRENT.set(name.decode())
        try:
            await super().__call__(receive, send)
        except BadHost:
            await _refuse(send, name, not_served(self.app, fields_in(self.scope)), "websocket.http.response")
        finally:
            CURRENT.set("")

    async def accept_connection(self, send: ASGISendCallable, headers: Headers, subprotocol: str | None) -> None:
        """Accept the websocket."""
        headers.add(REQUEST_ID, CURRENT.get())
        await super().accept_connection(send, headers, subprotocol)
