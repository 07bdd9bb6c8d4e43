"""Who may do what, judged before a route runs."""

from quart import Quart, request, websocket

from quart_notes.errors import CrossOriginError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})  # none: the person typed the address or opened a bookmark


def register(app: Quart) -> None:
    """Judge every request and websocket of the application."""
    app.before_request(_same_origin_request)
    app.before_websocket(_same_origin_websocket)


async def _same_origin_request() -> None:
    if request.method not in SAFE_METHODS:
        _refuse_foreign(request.headers)


async def _same_origin_websocket() -> None:
    _refuse_foreign(websocket.headers)


def _refuse_foreign(headers: object) -> None:
    """A page of another origin may neither change anything nor listen; programs send no Origin and pass.

    source   https://www.w3.org/TR/fetch-metadata/, RFC 6455, 10.2
    """
    get = getattr(headers, "get")  # noqa: B009 - Werkzeug's Headers are not typed as a mapping
    site, origin, host = get("Sec-Fetch-Site"), get("Origin"), get("Host")
    if site is not None and site.strip().lower() not in OWN_SITES:
        raise CrossOriginError("This was sent by a page of another site.")
    # An origin is scheme://host:port and nothing more, or the word null.
    if origin is not None and origin.partition("://")[2].lower() != (host or "null").lower():
        raise CrossOriginError("This was sent by a page of another origin.")
