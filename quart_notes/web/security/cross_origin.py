"""Pages of other origins: which are allowed, and their CORS headers."""

from quart import Quart, Response, request

from quart_notes.core import Core
from quart_notes.errors import CrossOriginError
from quart_notes.schemas.origins import PORTS, Origin, host_in, origin_in, origin_of
from quart_notes.web.context import core
from quart_notes.web.raw_headers import Fields, field_text, fields_in

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
MAY_SEND = "Authorization, Content-Type, If-Match, If-None-Match, Last-Event-ID"
MAY_READ = "ETag, Last-Event-ID, Link, Location, Retry-After, X-Request-Id"
OWN_SITES = frozenset({"same-origin", "none"})  # none: the address was typed or bookmarked
PREFLIGHT_SECONDS = "600"  # for which a browser caches the preflight


def is_own(parts: Core, fields: Fields, *, secure: bool) -> bool:
    """Whether the Origin header names this server, by the address of the request or by `public_url`.

    Scheme, host and port count, a default port as none. Behind a proxy that the settings do not mention, two things
    show that the request came by https: a port 443, or a browser that says same-origin.
    """
    sent, host = origin_in(field_text(fields, b"origin")), host_in(field_text(fields, b"host"))
    if sent is None:
        return False
    if sent == parts.settings.public_origin:
        return True
    if host is None:
        return False
    if sent == origin_of("https" if secure else "http", host):
        return True
    vouched = not parts.settings.proxy_hops and field_text(fields, b"sec-fetch-site").strip().lower() == "same-origin"
    return (vouched or host.port == PORTS["https"]) and sent == origin_of("https", host)


def listed(parts: Core, fields: Fields, *, secure: bool) -> Origin | None:
    """The origin of the request's page if it is in the setting `origins`."""
    if not parts.settings.origins:
        return None
    sent = origin_in(field_text(fields, b"origin"))
    return sent if str(sent) in parts.settings.origins and not is_own(parts, fields, secure=secure) else None


def reject_cross_origin(parts: Core, fields: Fields, *, secure: bool) -> None:
    """Refuse changes and streams for pages of another origin; programs send no Origin and pass.

    source   https://www.w3.org/TR/fetch-metadata/, RFC 6455, 10.2
    """
    if listed(parts, fields, secure=secure) is not None:
        return
    if b"sec-fetch-site" in fields and field_text(fields, b"sec-fetch-site").strip().lower() not in OWN_SITES:
        raise CrossOriginError("This was sent by a page of another site.")
    if b"origin" in fields and not is_own(parts, fields, secure=secure):
        raise CrossOriginError("This was sent by a page of another origin.")


def register(app: Quart) -> None:
    """Tell browsers what pages of the listed origins may send and read: never with a session's cookie.

    source   https://fetch.spec.whatwg.org/#http-cors-protocol
    """
    if app.extensions["quart_notes"].settings.origins:
        app.before_request(_preflight)
        app.after_request(_share)


def _asking() -> Origin | None:
    return listed(core(), fields_in(request.scope), secure=request.is_secure)


async def _preflight() -> Response | None:
    if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers or _asking() is None:
        return None
    allowed = {"Methods": METHODS, "Headers": MAY_SEND}
    headers = {f"Access-Control-Allow-{name}": value for name, value in allowed.items()}
    return Response(None, 204, {**headers, "Access-Control-Max-Age": PREFLIGHT_SECONDS})


async def _share(response: Response) -> Response:
    response.vary.add("Origin")
    if origin := _asking():
        response.headers["Access-Control-Allow-Origin"] = str(origin)
        response.headers["Access-Control-Expose-Headers"] = MAY_READ
    return response
