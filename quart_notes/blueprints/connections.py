"""How Quart meets a connection: kept answers first, nonsense refused, websocket input bounded."""

import asyncio
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, WebsocketScope
from quart import Quart, Response
from quart.asgi import ASGIHTTPConnection, ASGIWebsocketConnection, _handle_exception
from quart.typing import ResponseTypes
from quart.utils import cancel_tasks, encode_headers, raise_task_exceptions
from quart.wrappers.response import DataBody
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadHost

from quart_notes.blueprints.brief import BRIEF, Reply
from quart_notes.blueprints.conditional import none_match
from quart_notes.blueprints.errors import PROBLEM_TYPE
from quart_notes.blueprints.headers import RAW_SECURITY, REQUEST_ID, REQUEST_IDS
from quart_notes.blueprints.identity import known_pass
from quart_notes.blueprints.proxies import trust
from quart_notes.core import Core
from quart_notes.errors import BadRequestError, problem
from quart_notes.jsonio import dump
from quart_notes.request_id import CURRENT, HEADER, NAME, RequestIds
from quart_notes.response_cache import CachedResponse

NO_PATH = "The address has no path."
BAD_HOST = "The Host header names no host."
TWO_LENGTHS = "A request has a Content-Length or a Transfer-Encoding, not both."
WHOLE = "quart_notes.whole"  # extension of a scope, from `transport.plain`: the first message brings the whole body
PROXY_HOPS = "PROXY_HOPS"  # of the application's configuration
PROBES = {"/healthz", "/readyz", "/db/alive"}
MAX_INBOUND = 16  # websocket messages between hypercorn and a route; a further one makes the client wait


class HTTPConnection(ASGIHTTPConnection):
    """Answers from the cache before Quart's routing, and addresses that Quart cannot take."""

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one request."""
        scope: Any = self.scope
        name = _named(self.app, scope)
        if scope["path"] and scope["path"] == scope.get("root_path"):
            scope["path"] += "/"  # people leave it out
        if not _is_address(scope["path"]):
            await _refuse(send, name, NO_PATH)
            return
        if _has_two_lengths(scope["headers"]):
            await _refuse(send, name, TWO_LENGTHS, headers=[(b"connection", b"close")])
            return
        core: Core = self.app.extensions["quart_notes"]
        current = not core.follower.behind() or self._needs_no_data() or await core.follower.caught_up()
        if scope["method"] == "GET":
            cached = core.cache.get(scope["path"], scope["query_string"]) if current else None
            if cached is not None and self._may_see(core, cached):
                await self._answer(send, name, cached, f"{core.log.epoch}-{core.cache.newest()}")
                return
        scope[NAME] = name
        CURRENT.set(name.decode())
        try:
            await self._take(name, receive, send)
        finally:
            CURRENT.set("")  # the next request of the connection may come in the same context

    def _needs_no_data(self) -> bool:
        """Whether the answer is the same whatever was committed, as that of a probe, which must not wait for it."""
        path = self.scope["path"].removeprefix(self.scope.get("root_path") or "")
        return path in PROBES or path.startswith("/static/")

    async def _take(self, name: bytes, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer what is not kept."""
        if WHOLE not in (self.scope.get("extensions") or ()):
            await self._through_quart(super().__call__(receive, send), name, send)
            return
        first: Any = await receive()
        reply = await self._brief(first["body"])
        if reply is not None:
            await _send(send, reply.status, [*reply.raw_headers(), (HEADER, name), *RAW_SECURITY], reply.body)
            return
        await self._through_quart(self._serve(first["body"], receive, send), name, send)

    async def handle_messages(self, request: Any, receive: ASGIReceiveCallable) -> None:
        """Take in the request's body as there is room for it; return when the client has left."""
        while (message := await receive())["type"] != "http.disconnect":
            if message["type"] == "http.request":
                request.body.append(message.get("body", b""))
                if not message.get("more_body", False):
                    request.body.set_complete()
                await request.body.room()

    def _may_see(self, core: Core, cached: CachedResponse) -> bool:
        """Whether whoever asks is known to see what is kept; if it is not known, Quart's route finds out."""
        if core.settings.access == "open":
            return True
        passed = known_pass(core, self.scope["headers"], secure=self.scope["scheme"] == "https")
        return passed is not None and cached.topic in passed.topics

    async def _brief(self, body: bytes) -> Reply | None:
        scope: Any = self.scope
        root = scope["root_path"]
        way = self.app.extensions.get(BRIEF, {}).get((scope["method"], scope["path"].removeprefix(root)))
        if way is None or not scope["path"].startswith(root):
            return None
        secure = scope["scheme"] == "https"
        reply: Reply | None = await way.answer(
            self.app.extensions["quart_notes"], root, scope["headers"], body, secure=secure
        )
        return reply

    @staticmethod
    async def _through_quart(serving: Awaitable[None], name: bytes, send: ASGISendCallable) -> None:
        try:
            await serving
        except BadHost:  # before Quart can handle errors
            await _refuse(send, name, BAD_HOST)

    async def _serve(self, body: bytes, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Have Quart answer, without the two tasks that it makes for each request (50 µs) where they have no work.

        One takes in the body, and cancels the other when the client leaves: worth it for a body that is not here
        yet and for a stream, not for what is answered in a moment.
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
        done, pending = await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
        await cancel_tasks(pending)
        raise_task_exceptions(done)

    async def _answer(self, send: ASGISendCallable, name: bytes, cached: CachedResponse, newest: str) -> None:
        headers = [
            (b"etag", cached.etag.encode()),
            (b"last-event-id", newest.encode()),
            (b"cache-control", b"no-cache"),
            (HEADER, name),
            *RAW_SECURITY,
        ]
        known = next((value for name, value in self.scope["headers"] if name.lower() == b"if-none-match"), None)
        if known is not None and none_match(known.decode("latin-1"), cached.etag):
            await _send(send, 304, headers, None)
        else:
            await _send(send, 200, [*cached.headers, *headers], cached.body)


def _named(app: Quart, scope: Any) -> bytes:
    """Take over what trusted proxies say of a request; gives its name."""
    hops = app.config.get(PROXY_HOPS, 0)
    ids: RequestIds = app.extensions[REQUEST_IDS]
    if hops:
        trust(scope, hops)
        return ids.given(scope["headers"])
    return ids.new()


def _is_address(target: str) -> bool:
    """Whether Quart can take it: `GET ?x` has no path at all, and of `GET http://[x` it cannot find one."""
    if target.startswith("/"):
        return True
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _has_two_lengths(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a proxy may see another end of the request than we do: how a request is smuggled in.

    source   RFC 9112, 6.3
    """
    names = {name for name, _ in headers}
    return b"transfer-encoding" in names and b"content-length" in names


async def _refuse(
    send: ASGISendCallable,
    name: bytes,
    why: str,
    kind: str = "http.response",
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    body = problem(400, BadRequestError.code, why)
    own = [(b"content-type", PROBLEM_TYPE.encode()), (b"cache-control", b"no-store"), (HEADER, name)]
    headers = [*own, *headers, *RAW_SECURITY]
    await _send(send, 400, headers, dump(body), kind)


async def _send(
    send: Any, status: int, headers: list[tuple[bytes, bytes]], body: bytes | None, kind: str = "http.response"
) -> None:
    if body is not None:
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": f"{kind}.start", "status": status, "headers": headers, "trailers": False})
    await send({"type": f"{kind}.body", "body": body or b"", "more_body": False})


class WebsocketConnection(ASGIWebsocketConnection):
    """A websocket whose unread messages are bounded: Quart's own queue is not."""

    def __init__(self, app: Quart, scope: WebsocketScope) -> None:
        super().__init__(app, scope)
        self.queue = asyncio.Queue(MAX_INBOUND)

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one websocket."""
        name = _named(self.app, self.scope)
        if not _is_address(self.scope["path"]):
            await _refuse(send, name, NO_PATH, "websocket.http.response")
            return
        core: Core = self.app.extensions["quart_notes"]
        if core.follower.behind():
            await core.follower.caught_up()
        scope: Any = self.scope
        scope[NAME] = name
        CURRENT.set(name.decode())
        try:
            await super().__call__(receive, send)
        except BadHost:
            await _refuse(send, name, BAD_HOST, "websocket.http.response")
        finally:
            CURRENT.set("")

    async def accept_connection(self, send: ASGISendCallable, headers: Headers, subprotocol: str | None) -> None:
        """Say that the websocket is open."""
        headers.add(REQUEST_ID, CURRENT.get())
        await super().accept_connection(send, headers, subprotocol)
