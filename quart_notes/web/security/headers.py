"""Headers of every response."""

from quart import Quart, Response, request
from quart.typing import ResponseTypes

from quart_notes.web.request_ids import CURRENT, RequestIds

CSP = (
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; object-src 'none'; frame-ancestors 'none';"
    " form-action 'self'"
)
# Swagger UI sets inline styles; nothing else on the server may.
DOCS_CSP = CSP + "; style-src 'self' 'unsafe-inline'"
SECURITY = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# The default: after sign-out, the browser's cache contains no pages or secrets.
NO_STORE = {"Cache-Control": "private, no-store"}
REQUEST_ID = "X-Request-Id"
REQUEST_IDS = "quart_notes.request_ids"  # extension of the application: makes request ids
RAW_SECURITY = tuple((name.lower().encode(), value.encode()) for name, value in SECURITY.items())
RAW_NO_STORE = tuple((name.lower().encode(), value.encode()) for name, value in NO_STORE.items())
BY_LOWER_NAME = tuple((name.lower(), name, value) for name, value in {**SECURITY, **NO_STORE}.items())


def register(app: Quart) -> None:
    """Add the headers to every response of the application."""
    app.extensions[REQUEST_IDS] = RequestIds()
    app.after_request(_name)
    app.after_request(_secure)
    app.after_websocket(_secure_refusal)


async def _name(response: Response) -> Response:
    if name := CURRENT.get():
        response.headers.add(REQUEST_ID, name)
    return response


async def _secure(response: Response) -> Response:
    # Not with `setdefault`, which searches all headers twice for each name: 11 µs instead of 2.
    present = {name.lower() for name, _ in response.headers}
    for lower, name, value in BY_LOWER_NAME:
        if lower not in present:
            response.headers.add(name, value)
    if request.endpoint == "system.docs":
        response.headers["Content-Security-Policy"] = DOCS_CSP
    return response


async def _secure_refusal(response: ResponseTypes | None) -> ResponseTypes | None:
    if response is not None:  # the handshake was refused
        response.headers.update({**SECURITY, **NO_STORE, REQUEST_ID: CURRENT.get()})
    return response
