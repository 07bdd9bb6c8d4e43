"""The first step of every request and websocket: it gets an id, and is refused if it is ambiguous.

Also the response headers that depend on how the request came.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from quart import Quart

from quart_notes.errors import BadRequestError
from quart_notes.web.raw_headers import SCOPE_FIELDS, Fields, Header, contradicting_header, fields_of
from quart_notes.web.request_ids import RequestIds
from quart_notes.web.security.forwarded_headers import apply_forwarded_headers
from quart_notes.web.security.headers import REQUEST_IDS

Send = Callable[[Any], Awaitable[None]]
PROXY_HOPS, HSTS = "PROXY_HOPS", "HSTS"  # of the application's configuration
BEGINNINGS = frozenset({"http.response.start", "websocket.http.response.start", "websocket.accept"})
NO_PATH = BadRequestError("The address has no path.")
AMBIGUOUS_LENGTH = BadRequestError(
    "A request has a Content-Length or a Transfer-Encoding, not both.", headers={"Connection": "close"}
)


def admit(app: Quart, scope: Any) -> tuple[bytes, BadRequestError | None]:
    """Normalise a scope for all readers; returns its id, and why it cannot be served, if it cannot."""
    absolute = not scope["path"].startswith("/")
    where = _absolute(scope["path"]) if absolute else None
    if where is not None:  # the address counts, not the header. RFC 9112, 3.2.2
        scope["path"] = where.path or "/"
        scope["headers"] = _with_host(scope["headers"], where.netloc.encode("utf-8", "replace"))
    name = _assign_request_id(app, scope)
    if scope["path"] == scope.get("root_path"):
        scope["path"] += "/"  # users often leave it out
    if absolute and where is None:
        return name, NO_PATH
    headers = scope["headers"]
    fields = scope[SCOPE_FIELDS] = fields_of(headers)
    doubtful = len(fields) < len(headers) or b"transfer-encoding" in fields
    return name, _contradiction(headers, fields) if doubtful else None


def with_hsts(app: Quart, scope: Any, send: Send) -> Send:
    """The `send` of an admitted request: it adds Strict-Transport-Security to https responses, if configured.

    source   RFC 6797, 7.2: never over http
    """
    seconds = app.config.get(HSTS, 0) if scope["scheme"] in {"https", "wss"} else 0
    if not seconds:
        return send
    header = (b"strict-transport-security", b"max-age=%d" % seconds)

    async def send_strictly(message: Any) -> None:
        if message["type"] in BEGINNINGS:
            message = {**message, "headers": [header, *message.get("headers", ())]}
        await send(message)

    return send_strictly


def _assign_request_id(app: Quart, scope: Any) -> bytes:
    """Apply the headers of trusted proxies; returns the request's id."""
    hops = app.config.get(PROXY_HOPS, 0)
    ids: RequestIds = app.extensions[REQUEST_IDS]
    if hops:
        apply_forwarded_headers(scope, hops)
        return ids.given(scope["headers"])
    return ids.new()


def _absolute(target: str) -> SplitResult | None:
    """The parts of http://host/path; None for anything else, such as `GET ?x` and `GET http://[x`."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.netloc else None


def _with_host(headers: Sequence[Header], host: bytes) -> list[Header]:
    return [*((name, value) for name, value in headers if name != b"host"), (b"host", host)]


def _contradiction(headers: Sequence[Header], fields: Fields) -> BadRequestError | None:
    """Why a proxy and this server may read these headers differently; None when they do not.

    A length together with chunks gives a request two ends, which allows request smuggling. RFC 9112, 6.3
    """
    if b"transfer-encoding" in fields and b"content-length" in fields:
        return AMBIGUOUS_LENGTH
    twice = contradicting_header(headers)
    return None if twice is None else BadRequestError(f"There are two of the header {twice.decode().title()}.")
