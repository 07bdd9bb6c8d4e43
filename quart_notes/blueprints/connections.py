"""How Quart meets a connection: kept answers first, nonsense refused, websocket input bounded."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, WebsocketScope
from quart import Quart
from quart.asgi import ASGIHTTPConnection, ASGIWebsocketConnection

from quart_notes.blueprints.conditional import none_match
from quart_notes.blueprints.errors import PROBLEM_TYPE
from quart_notes.blueprints.headers import RAW_SECURITY
from quart_notes.core import Core
from quart_notes.errors import BadRequestError, problem
from quart_notes.jsonio import dump
from quart_notes.response_cache import CachedResponse

MAX_INBOUND = 16  # websocket messages between hypercorn and a route; a further one makes the client wait


class HTTPConnection(ASGIHTTPConnection):
    """Answers from the cache before Quart's routing, and addresses that Quart cannot take."""

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one request."""
        scope: Any = self.scope
        if not _is_address(scope["path"]):
            await _refuse(send, "http.response")
            return
        if scope["method"] == "GET":
            core: Core = self.app.extensions["quart_notes"]
            cached = core.cache.get(scope["path"], scope["query_string"])
            if cached is not None:
                await self._answer(send, cached, f"{core.log.epoch}-{core.cache.newest()}")
                return
        await super().__call__(receive, send)

    async def _answer(self, send: ASGISendCallable, cached: CachedResponse, newest: str) -> None:
        headers = [
            (b"etag", cached.etag.encode()),
            (b"last-event-id", newest.encode()),
            (b"cache-control", b"no-cache"),
            *RAW_SECURITY,
        ]
        known = next((value for name, value in self.scope["headers"] if name.lower() == b"if-none-match"), None)
        if known is not None and none_match(known.decode("latin-1"), cached.etag):
            await _send(send, 304, headers, None)
        else:
            await _send(send, 200, [*cached.headers, *headers], cached.body)


def _is_address(target: str) -> bool:
    """Whether Quart can take it: `GET ?x` has no path at all, and of `GET http://[x` it cannot find one."""
    if target.startswith("/"):
        return True
    try:
        return urlsplit(target).scheme in {"http", "https"}
    except ValueError:
        return False


async def _refuse(send: ASGISendCallable, kind: str) -> None:
    body = problem(400, BadRequestError.code, "The address has no path.")
    await _send(send, 400, [(b"content-type", PROBLEM_TYPE.encode()), *RAW_SECURITY], dump(body), kind)


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
        if _is_address(self.scope["path"]):
            await super().__call__(receive, send)
        else:
            await _refuse(send, "websocket.http.response")
